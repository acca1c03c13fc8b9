"""Dates, times of day and waiting times in plain words.

A time is said in full ("sete horas e trinta minutos"): "sete e meia" sounds like the digits 7
and 6 to someone who has just heard "meia" for six.
"""

from __future__ import annotations

import re
from datetime import date

from ivr.domain.prompts.errors import Unspeakable
from ivr.domain.prompts.numbers import number_words, whole_number

LONGEST_WAIT = 23 * 60 + 59
"""Minutes."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAYS = (
    "segunda-feira",
    "terça-feira",
    "quarta-feira",
    "quinta-feira",
    "sexta-feira",
    "sábado",
    "domingo",
)
_MONTHS = (
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
)


def date_pieces(value: str) -> tuple[str, ...]:
    """An ISO 8601 date: weekday, day, month. The first of a month is "primeiro"."""
    if not _DATE.fullmatch(value):
        raise Unspeakable
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Unspeakable from None
    number = "v.day.1" if day.day == 1 else f"v.number.{day.day}"
    return (f"v.weekday.{day.weekday()}", number, f"v.month.{day.month}")


def time_pieces(value: str) -> tuple[str, ...]:
    """ "HH:MM" on a 24-hour clock. 00 is "meia-noite" and 12 is "meio-dia"."""
    parts = _TIME.fullmatch(value)
    if not parts:
        raise Unspeakable
    hour, minute = int(parts[1]), int(parts[2])
    start = f"v.clock.{hour}" if hour in (0, 12) else f"v.hour.{hour}"
    return (start, f"v.and_minutes.{minute}") if minute else (start,)


def minutes_pieces(value: str) -> tuple[str, ...]:
    """A length of time in whole minutes, 0 ("menos de um minuto") to 1439."""
    hours, minutes = divmod(whole_number(value, most=LONGEST_WAIT), 60)
    if not hours:
        return (f"v.minutes.{minutes}",)
    start = f"v.hour.{hours}"
    return (start, f"v.and_minutes.{minutes}") if minutes else (start,)


def _minutes(number: int) -> str:
    return "um minuto" if number == 1 else f"{number_words(number)} minutos"


def _hours(number: int) -> str:
    if number == 1:
        return "uma hora"
    words = re.sub(r"\bdois$", "duas", re.sub(r"\bum$", "uma", number_words(number)))
    return f"{words} horas"


def table() -> dict[str, str]:
    """All pieces of this file with their words."""
    weekdays = {f"v.weekday.{n}": word for n, word in enumerate(_WEEKDAYS)}
    months = {f"v.month.{n}": f"de {word}" for n, word in enumerate(_MONTHS, start=1)}
    hours = {f"v.hour.{n}": _hours(n) for n in range(1, 24)}
    waits = {f"v.minutes.{n}": _minutes(n) for n in range(1, 60)}
    after = {f"v.and_minutes.{n}": f"e {_minutes(n)}" for n in range(1, 60)}
    single = {
        "v.day.1": "primeiro",
        "v.clock.0": "meia-noite",
        "v.clock.12": "meio-dia",
        "v.minutes.0": "menos de um minuto",
    }
    return weekdays | months | hours | waits | after | single
