"""Work that is nobody's: ``python -m tools.bench.pop_burn SECONDS SHARE EVERY`` uses the given
share of one processor, in bursts, at low priority. It stands for clients that run on this machine
only because the bench does."""

from __future__ import annotations

import os
import sys
import time


def burn(seconds: float, share: float, every: float) -> None:
    """A burst every ``every`` seconds of as much processor time as the share comes to."""
    end = time.monotonic() + seconds
    due, owed = time.monotonic(), 0.0
    while time.monotonic() < end:
        owed += share * every
        until = time.process_time() + owed
        while time.process_time() < until and time.monotonic() < end:
            pass
        owed = max(0.0, until - time.process_time())
        due += every
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    os.nice(19)
    burn(*(float(text) for text in sys.argv[1:4]))
