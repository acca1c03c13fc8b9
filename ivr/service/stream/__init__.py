"""One call's media stream, in the time of its own sound: what is played, keyed and said.

Pure: a byte of µ-law is an eighth of a millisecond, and nothing here asks a clock.
"""
