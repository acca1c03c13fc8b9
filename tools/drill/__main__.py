"""``python -m tools.drill``: backup and restore under load, figures printed; 1 when one fails."""

from __future__ import annotations

import argparse
import sys

from tools.drill.run import Figures, drill


def lines(found: Figures) -> list[str]:
    """The figures, one a line."""
    return [
        f"tickets before the load      {found.before}",
        f"acked during it              {found.acked}",
        f"acked and lost               {found.lost}   (bar 0)",
        f"not acked (database away)    {found.unacked}",
        f"  replayed lines             {found.replayed}",
        f"  without a ticket at last   {found.missing}   (bar 0)",
        f"audit chain                  {'BROKEN' if found.audit_broken else 'whole'}",
        f"base backup                  {found.base_backup_s:.1f} s, "
        f"{found.base_backup_bytes / 1e6:.0f} MB",
        f"dump                         {found.dump_s:.1f} s, restored in "
        f"{found.dump_restore_s:.1f} s with {found.dumped} tickets",
        f"from disk lost to writes     {found.rto_s:.1f} s   (bar 300)",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.drill", description=__doc__)
    parser.add_argument("--tickets", type=int, default=2000, help="tickets before the load")
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=5.0, help="load before and after backup")
    given = parser.parse_args()
    found = drill(tickets=given.tickets, writers=given.writers, seconds=given.seconds)
    sys.stdout.write("\n".join(lines(found)) + "\n")
    return 0 if found.passed and found.rto_s < 300 else 1


if __name__ == "__main__":
    sys.exit(main())
