"""Fill the database with a history of invented calls: ``make history CALLS=100000``.

The same seed makes the same calls. The last ``--journal`` of them have a full journal; staff and
people are invented. Settings are those of ``make run``; ``DATABASE_URL`` and ``SECRET_KEY`` of the
environment win.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine, func, select

from ivr.adapters.db import migrate, tables
from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.store import SqlStore
from ivr.adapters.sealing import HmacHash
from ivr.bootstrap import build
from ivr.domain.metrics_events import BUCKET, bucket_of
from ivr.ports.staff import StaffRow
from ivr.service.metrics import Period, roll_up
from ivr.service.runtime import Runtime
from ivr.settings import read_settings
from tools.history.calls import Plan, days_of, last_sequences
from tools.history.fill import drop_indexes, fill, make_indexes, plain_indexes
from tools.run_local import local_env

AGENTS = 60
IN_BULK = 10_000
"""Calls from which it pays to make the indexes anew."""
SERVICES = ("email", "network", "vpn", "internet", "")
FIRST = ("Aline", "Breno", "Célia", "Dario", "Elza", "Fausto", "Gilda", "Heitor", "Irene", "Jonas")
LAST = ("Prova", "Ensaio", "Modelo", "Exemplo", "Amostra", "Teste")


def load(
    store: SqlStore,
    hashes: HmacHash,
    *,
    calls: int,
    days: int,
    journal: int,
    seed: int,
    until: datetime,
    revision: str = "historico",
    quiet: bool = False,
    told: Callable[[int], None] = lambda done: None,
) -> int:
    """Make the history in a migrated database; how many calls. ``told`` hears how many there are
    now. Raises ValueError when calls of this seed are there already."""
    engine = store.engine
    with engine.connect() as connection:
        facts = metadata.tables["call_facts"]
        prefix = f"CA{seed & 0xFFFF:04x}{0:020x}"
        there = connection.execute(
            select(func.count()).select_from(facts).where(facts.c.sid.startswith(prefix))
        ).scalar_one()
        if there:
            raise ValueError(f"{there} calls of seed {seed} are there already")
        query = select(tables.sequences.c.year, tables.sequences.c.last)
        sequences = {row.year: row.last for row in connection.execute(query)}
    plan = Plan(
        calls=calls,
        days=days,
        until=until,
        journal=journal,
        seed=seed,
        revision=revision,
        agents=_agents(store, until),
        services=SERVICES[:4],
        sequences=sequences,
    )
    with _progress("calls", calls, quiet) as shown:
        if calls >= IN_BULK:
            drop_indexes(engine)

        def both(done: int) -> None:
            shown(done)
            told(done)

        made = fill(engine, plan, days_of(plan), hashes, told=both)
    _keep_sequences(engine, {**sequences, **last_sequences(days_of(plan))})
    with _progress("indexes", len(plain_indexes()), quiet) as shown:
        make_indexes(engine, told=shown)
    return made


def keep_sums(
    rt: Runtime,
    *,
    days: int,
    until: datetime,
    quiet: bool = False,
) -> int:
    """Count the half hours of the last days for the reports; how many. The worker does the
    others, two days a minute."""
    last = bucket_of(until)
    buckets = Period(since=last - timedelta(days=days), until=last + BUCKET).buckets()
    with _progress("half hours", len(buckets), quiet) as told:
        for done, bucket in enumerate(buckets, start=1):
            roll_up(rt, [bucket])
            told(done)
    return len(buckets)


def _agents(store: SqlStore, at: datetime) -> tuple[str, ...]:
    """Invented staff without a password, so that nobody can log in as one of them."""
    names = []
    with store.begin() as tx:
        for number in range(AGENTS):
            name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST)]}"
            row = StaffRow(
                id=f"hist-{number:02d}",
                login=f"historico.{number:02d}",
                name=name,
                active=False,
                created_at=at,
            )
            tx.staff.add(row)
            names.append(row.id)
    return tuple(names)


def _keep_sequences(engine: Engine, sequences: dict[int, int]) -> None:
    with engine.begin() as connection:
        for year, last in sequences.items():
            connection.execute(tables.sequences.delete().where(tables.sequences.c.year == year))
            connection.execute(tables.sequences.insert().values(year=year, last=last))


@contextmanager
def _progress(what: str, total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=quiet) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=0, help="default: a day for 2,700 calls")
    parser.add_argument("--journal", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sums", type=int, default=30, help="days of which sums are kept")
    given = parser.parse_args()
    if given.calls < 1 or min(given.days, given.journal, given.sums) < 0:
        parser.error("numbers must be positive")
    settings = read_settings(local_env())
    migrate.upgrade(settings.database_url)
    rt = build(settings)
    store = rt.store
    assert isinstance(store, SqlStore)
    days = given.days or max(1, given.calls // 2_700)
    now = datetime.now(UTC)
    try:
        made = load(
            store,
            HmacHash(settings.key),
            calls=given.calls,
            days=days,
            journal=given.journal,
            seed=given.seed,
            until=now,
        )
        keep_sums(rt, days=min(days, given.sums), until=now)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        store.close()
    sys.stdout.write(f"{made} calls over {days} days\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
