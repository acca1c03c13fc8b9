"""Use cases of the desk: presence, queue, offers, talks, wrap-up."""
