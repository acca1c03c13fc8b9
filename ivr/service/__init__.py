"""Use cases of the service desk: take a turn, run a request, do an effect, end a call."""
