"""``make soak``: print the table; exit code 1 when a figure that must be zero is not."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two kills")
    parser.add_argument("--at-once", type=int, default=300, help="lines busy at the same time")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from tools.soak.run import soak

    signal.signal(signal.SIGTERM, signal.default_int_handler)

    figures, _ = soak(calls=options.calls, every=options.every, at_once=options.at_once)
    sys.stdout.write("\n".join(figures.table()) + "\n")
    return 0 if figures.ok else 1


if __name__ == "__main__":
    sys.exit(main())
