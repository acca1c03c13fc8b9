"""Many calls over real processes that are killed all the time, and a count of what came of it."""
