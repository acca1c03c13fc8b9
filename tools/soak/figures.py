"""Reconciling: what the database, the directory and the carrier's inbox say, held together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from ivr.adapters.db.tables import calls, outbox, resets, tickets
from ivr.adapters.directory.change_markers import hash_of_marker
from ivr.carrier.exchange import Exchange
from ivr.ports.store import Job
from ivr.service.effects.messages import tag_of
from ivr.service.runtime import Runtime
from tools.soak.callers import Callers
from tools.soak.directory import SoakDirectory

DEFECT = re.compile(r".*(?:webhook failed|job failed|page failed|fault not written|Traceback).*")

BARS = (
    "lost tickets",
    "duplicate tickets",
    "tickets of no call",
    "calls left open",
    "missing resets",
    "double resets",
    "resets not counted once",
    "missing messages",
    "duplicate messages",
    "told done before it was",
    "jobs left waiting",
    "answers of 5xx",
    "defects told in the logs",
)


@dataclass(kw_only=True)
class Figures:
    """``bars``: must all be zero. ``facts``: how the run went."""

    bars: dict[str, int]
    facts: dict[str, int | str]
    examples: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not any(self.bars.values())

    def table(self) -> list[str]:
        """Lines to print."""
        lines = [f"{name:<44} {value:>8}" for name, value in self.facts.items()]
        lines.append("-" * 53)
        lines += [
            f"{name:<44} {value:>8}  {'ok' if value == 0 else 'MUST BE 0'}"
            for name, value in self.bars.items()
        ]
        return lines + [f"  {example}" for example in self.examples[:10]]


@dataclass(kw_only=True)
class Evidence:
    """Everything that is compared. Rows as plain mappings."""

    calls: list[Mapping[str, Any]]
    tickets: list[Mapping[str, Any]]
    jobs: list[Mapping[str, Any]]
    resets: list[Mapping[str, Any]]
    changes: list[Mapping[str, Any]]
    accounts: list[Mapping[str, Any]]
    messages: list[tuple[str, str]]
    """Number and body, as the carrier took them."""
    answered: set[str]
    """Calls that got at least one answer."""
    placed: set[str]
    told: Mapping[str, tuple[str, ...]]
    """Prompts that a call heard."""
    statuses: Counter[int]
    logs: str = ""


def gather(
    rt: Runtime, exchange: Exchange, callers: Callers, *, directory: SoakDirectory, logs: str
) -> Evidence:
    """Read everything."""
    tables = (calls, tickets, outbox, resets)
    with rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = [[dict(r) for r in connection.execute(select(t)).mappings()] for t in tables]
    by_hash = {hash_of_marker(job["key"]): job["key"] for job in rows[2]}
    changes = directory.changes()
    return Evidence(
        calls=rows[0],
        tickets=rows[1],
        jobs=rows[2],
        resets=rows[3],
        changes=[{**c, "marker": by_hash.get(c["marker"], "of no job:")} for c in changes],
        accounts=directory.accounts(),
        messages=[(m.to, m.body) for m in exchange.inbox.messages.values()],
        answered=callers.seen.answered,
        placed=set(exchange.calls),
        told={told.sid: tuple(told.heard) for told in callers.told},
        statuses=callers.seen.statuses,
        logs=logs,
    )


def reconcile(seen: Evidence) -> Figures:
    """The figures that must be zero, with examples of what is not."""
    found: dict[str, list[str]] = {name: [] for name in BARS}
    _tickets(seen, found)
    _resets(seen, found)
    _messages(seen, found)
    _words(seen, found)
    found["answers of 5xx"] += [str(s) for s in seen.statuses.elements() if s >= 500]
    found["defects told in the logs"] += DEFECT.findall(seen.logs)
    bars = {name: len(cases) for name, cases in found.items()}
    examples = [f"{name}: {case}" for name, cases in found.items() for case in cases[:3]]
    return Figures(bars=bars, facts={}, examples=examples)


def _tickets(seen: Evidence, found: dict[str, list[str]]) -> None:
    by_call = Counter(t["call_sid"] for t in seen.tickets)
    protocols = Counter(t["protocol"] for t in seen.tickets)
    found["lost tickets"] += sorted(seen.answered - set(by_call))
    found["duplicate tickets"] += [sid for sid, n in by_call.items() if n > 1]
    found["duplicate tickets"] += [number for number, n in protocols.items() if n > 1]
    found["tickets of no call"] += sorted(set(by_call) - seen.placed)
    found["calls left open"] += [c["sid"] for c in seen.calls if c["ended_at"] is None]


def _resets(seen: Evidence, found: dict[str, list[str]]) -> None:
    done = {
        job["key"]: job for job in seen.jobs if job["kind"] == "directory.reset" and _is_done(job)
    }
    written = Counter(change["marker"] for change in seen.changes)
    by_person = Counter(change["uid"] for change in seen.changes)
    by_job = Counter(row["job"] for row in seen.resets)
    keys = {job["key"] for job in seen.jobs}
    for key, job in done.items():
        if job["payload"]["delivery"] != "link" and written[key] == 0:
            found["missing resets"].append(key)
        if by_job[key] != 1:
            found["resets not counted once"].append(key)
        if not {f"notice:{key}", f"link:{key}"} & keys:
            found["missing messages"].append(f"nothing ordered for {key}")
    found["double resets"] += [key for key, n in written.items() if n > 1 or key not in done]
    found["double resets"] += [uid for uid, n in by_person.items() if n > 1]
    found["double resets"] += [
        row["uid"] for row in seen.accounts if row["version"] != 1 + by_person[row["uid"]]
    ]


def _messages(seen: Evidence, found: dict[str, list[str]]) -> None:
    mobiles = {row["uid"]: row["mobile"] for row in seen.accounts}
    inbox = Counter((to, tag) for to, body in seen.messages for tag in [_tag_in(body)])
    ordered: set[tuple[str, str]] = set()
    for row in seen.jobs:
        if not row["kind"].startswith("sms."):
            continue
        job = Job(key=row["key"], kind=row["kind"], call_sid=row["call_sid"], payload={})
        place = (mobiles.get(row["payload"]["uid"]) or "", tag_of(job))
        ordered.add(place)
        if row["state"] in ("queued", "running"):
            found["jobs left waiting"].append(row["key"])
        if row["outcome"].get("outcome") == "sent" and inbox[place] == 0:
            found["missing messages"].append(row["key"])
    found["jobs left waiting"] += [
        row["key"]
        for row in seen.jobs
        if row["state"] in ("queued", "running") and not row["kind"].startswith("sms.")
    ]
    found["duplicate messages"] += [f"{tag}" for (_, tag), n in inbox.items() if n > 1]
    found["duplicate messages"] += [f"{tag} of no job" for _, tag in set(inbox) - ordered]


def _words(seen: Evidence, found: dict[str, list[str]]) -> None:
    """Nobody hears that it is done before it is."""
    written = {change["marker"].split(":")[1] for change in seen.changes}
    linked = {
        row["call_sid"]
        for row in seen.jobs
        if row["kind"] == "sms.link" and row["outcome"].get("outcome") == "sent"
    }
    found["told done before it was"] += [
        sid
        for sid, heard in seen.told.items()
        if ("reset.listen" in heard and sid not in written)
        or ("reset.link_sent" in heard and sid not in linked)
    ]


def _is_done(job: Mapping[str, Any]) -> bool:
    return job["state"] == "done" and job["outcome"].get("outcome") == "done"


def _tag_in(body: str) -> str:
    tags = re.findall(r"Ref [0-9a-f]{6}", body)
    return tags[-1] if tags else "?"
