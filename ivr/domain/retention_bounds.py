"""Between which ends a page may move how long a class of data stays, and what law sets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.retention import LABELS, ClassData, RetentionClass, RetentionPolicy
from ivr.domain.rule_faults import RuleFaultError

UNIT_WORDS: Mapping[str, str] = {
    "hours": "horas",
    "days": "dias",
    "months": "meses",
    "years": "anos",
}
_ANY_DAY = datetime(2026, 3, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepBound:
    """``least`` and ``most`` as the file writes them: ``90 days``."""

    least: str
    most: str
    why: str


KEEP_BOUNDS: Mapping[RetentionClass, KeepBound] = {
    "recordings": KeepBound(
        least="90 days", most="5 years", why="mínimo: Decreto 11.034/2022, art. 12, § 3º"
    ),
    "attendance": KeepBound(
        least="2 years", most="10 years", why="mínimo: Decreto 11.034/2022, art. 12, § 2º"
    ),
    "contacts": KeepBound(
        least="1 days", most="2 years", why="máximo: LGPD, art. 6º, III (necessidade)"
    ),
    "logins": KeepBound(least="6 months", most="2 years", why="mínimo: Lei 12.965/2014, art. 15"),
    "sessions": KeepBound(least="6 months", most="2 years", why="mínimo: Lei 12.965/2014, art. 15"),
    "secrets": KeepBound(
        least="1 days", most="90 days", why="máximo: LGPD, art. 6º, III (necessidade)"
    ),
    "jobs": KeepBound(
        least="7 days", most="1 years", why="máximo: LGPD, art. 6º, III (necessidade)"
    ),
    "owner_events": KeepBound(
        least="6 months", most="5 years", why="mínimo: Lei 12.965/2014, art. 15"
    ),
    "alarms": KeepBound(
        least="30 days", most="5 years", why="máximo: LGPD, art. 6º, III (necessidade)"
    ),
    "changes": KeepBound(
        least="1 hours", most="24 hours", why="mínimo: o que as telas abertas ainda leem"
    ),
    "requests": KeepBound(least="5 years", most="10 years", why="mínimo: Lei 9.873/1999, art. 1º"),
}


def with_keep(policy: RetentionPolicy, kind: str, keep: object) -> RetentionPolicy:
    """The rules with one class kept for another time. Raises :class:`RuleFaultError`."""
    if kind not in KEEP_BOUNDS or kind not in policy.classes:
        raise RuleFaultError((kind, "Esta classe de dados não existe."))
    known: RetentionClass = kind
    bound, was = KEEP_BOUNDS[known], policy.classes[known]
    words = (
        f"{LABELS[known]}: de {keep_words(bound.least)} a {keep_words(bound.most)} ({bound.why})."
    )
    try:
        new = ClassData(keep=str(keep), since=was.since, law=was.law)
        asked = new.before(_ANY_DAY)
    except (ValueError, OverflowError):
        raise RuleFaultError((kind, words)) from None
    if not _before(bound.most) <= asked <= _before(bound.least):
        raise RuleFaultError((kind, words))
    return RetentionPolicy(version=1, classes={**policy.classes, known: new})


def keep_words(keep: str) -> str:
    """``90 dias``."""
    amount, unit = keep.split()
    words = UNIT_WORDS[unit]
    if amount == "1":
        words = "mês" if unit == "months" else words.removesuffix("s")
    return f"{amount} {words}"


def _before(keep: str) -> datetime:
    return ClassData(keep=keep, since="---", law="---").before(_ANY_DAY)
