"""Rules of the desk changed by an administrator: checked like the files, audited, taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivr.domain.desk_rules import DeskRules, overlay, rule_value
from ivr.ports.kept_rules import KeptRule
from ivr.ports.staff import AuditLine, StaffRow
from ivr.service.rules_in_force import rules_of
from ivr.service.runtime import Runtime

CHANGED, STANDARD = "rule.changed", "rule.standard"
"""Actions of the audit lines."""
_LONGEST = 600
"""Characters of a value in an audit line; what was changed stands first."""


class ChangedMeanwhileError(Exception):
    """Somebody else changed the rule after the page was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Who changed a rule last, and when. ``changed``: it is not the standard now. ``why_not``:
    what was kept does not hold any more and has no effect."""

    revision: int = 0
    by: str = ""
    at: datetime | None = None
    changed: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesSeen:
    """``standard``: of the files. ``now``: in force. ``names``: of staff by id."""

    standard: DeskRules
    now: DeskRules
    marks: Mapping[str, Mark]
    names: Mapping[str, str]

    def mark(self, key: str) -> Mark:
        """The mark of a rule, an empty one for a rule that was never changed."""
        return self.marks.get(key, Mark())


def rules_seen(rt: Runtime) -> RulesSeen:
    """Both sides of every rule, read now. Raises StoreUnavailableError."""
    base = rules_of(rt.standard or rt)
    with rt.store.begin(write=False) as tx:
        rows = tx.kept_rules.all()
        names = {row.id: row.name for row in tx.staff.everyone()}
    laid = overlay(base, _values(rows))
    return RulesSeen(
        standard=base,
        now=laid.rules,
        marks={
            row.key: Mark(
                revision=row.revision,
                by=row.changed_by,
                at=row.changed_at,
                changed=row.value is not None,
                why_not=str(laid.faults.get(row.key, "")),
            )
            for row in rows
        },
        names=names,
    )


def tried(rt: Runtime, values: Mapping[str, Any]) -> DeskRules:
    """The rules as they would be with these values over what is in force; nothing is changed.

    Raises RuleFaultError and StoreUnavailableError.
    """
    base = rules_of(rt.standard or rt)
    with rt.store.begin(write=False) as tx:
        kept = _values(tx.kept_rules.all())
    return _checked(base, kept, values)


def change(rt: Runtime, values: Mapping[str, Any], *, was: Mapping[str, int], by: StaffRow) -> int:
    """Change rules together, all or none; None takes the standard back. How many are different.

    ``was``: by key, the revision that the page was made from. Raises RuleFaultError,
    :class:`ChangedMeanwhileError` and StoreUnavailableError.
    """
    base = rt.standard or rt
    standard = rules_of(base)
    done = 0
    with rt.store.begin() as tx:
        tx.kept_rules.lock()
        rows = {row.key: row for row in tx.kept_rules.all()}
        kept, now = _values(rows.values()), tx.now()
        before = overlay(standard, kept).rules
        after = _checked(standard, kept, values)
        for key, value in values.items():
            row = rows.get(key)
            there = None if row is None else row.value
            old, new = rule_value(before, key), rule_value(after, key)
            if there is None if value is None else new == old:
                continue
            if (0 if row is None else row.revision) != was.get(key, 0):
                raise ChangedMeanwhileError
            if not tx.kept_rules.put(key, value, was=was.get(key, 0), by=by.id, at=now):
                raise ChangedMeanwhileError
            tx.audit.add(
                AuditLine(
                    at=now,
                    actor=by.id,
                    action=STANDARD if value is None else CHANGED,
                    object=f"rule:{key}",
                    data=_difference(old, new),
                )
            )
            done += 1
    base.rules_kept.forget()
    return done


def _values(rows: Sequence[KeptRule] | Any) -> dict[str, Any]:
    return {row.key: row.value for row in rows if row.value is not None}


def _checked(standard: DeskRules, kept: Mapping[str, Any], values: Mapping[str, Any]) -> DeskRules:
    """Neither the new values nor, by them, one that was kept may be at fault."""
    laid = overlay(standard, {k: v for k, v in {**kept, **values}.items() if v is not None})
    known = overlay(standard, kept).faults
    for key, error in laid.faults.items():
        if key in values or key not in known:
            raise error
    return laid.rules


def _difference(old: Any, new: Any) -> dict[str, str]:
    """``antes`` and ``depois``, only what differs of them."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
        pairs = {key: _parts(old.get(key), new.get(key)) for key in keys}
        old = {key: pair[0] for key, pair in pairs.items()}
        new = {key: pair[1] for key, pair in pairs.items()}
    return {"antes": _text(old), "depois": _text(new)}


def _parts(old: Any, new: Any) -> tuple[Any, Any]:
    if isinstance(old, list) and isinstance(new, list):
        gone, come = [o for o in old if o not in new], [n for n in new if n not in old]
        return (gone, come) if gone or come else (old, new)
    return old, new


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
