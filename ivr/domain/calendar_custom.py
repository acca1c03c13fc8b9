"""The optional days that the State's decree usually sets, for a year whose decree is not out yet.

Carnival, Ash Wednesday from 13:00, the eve of Good Friday, Corpus Christi and the day after it,
the Public Servant's day, the eves of Christmas and New Year, and a business day that stands alone
between a holiday of law and the weekend. They are a provisional proposal: the decree decides.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from ivr.domain.calendar import Calendar, DayKind, law_holidays

SOURCE = "Sem decreto: lei federal e estadual, data da Páscoa e o costume dos decretos"
GOOD_FRIDAY = "Sexta-feira Santa"
_FROM_EASTER = (
    (-48, "Carnaval"),
    (-47, "Carnaval"),
    (-3, "Véspera da Sexta-feira Santa"),
    (60, "Corpus Christi"),
    (61, "Ponto facultativo após Corpus Christi"),
)
_ASH_WEDNESDAY, _ASH_OPENS = -46, time(13)
_FIXED = (
    (10, 28, "Dia do Servidor Público"),
    (12, 24, "Véspera de Natal"),
    (12, 31, "Véspera de Ano-Novo"),
)


def customary_year(calendar: Calendar, year: int) -> dict[str, Any]:
    """The JSON value of a decreed year, provisional. Only days that are business days by law."""
    holidays = law_holidays(year)
    easter = next(day for day, name in holidays.items() if name == GOOD_FRIDAY) + timedelta(days=2)
    found = {easter + timedelta(days=n): name for n, name in _FROM_EASTER}
    found |= {date(year, month, day): name for month, day, name in _FIXED}
    for holiday, name in holidays.items():
        if holiday.weekday() == 1:
            found.setdefault(holiday - timedelta(days=1), f"Véspera: {name}")
        if holiday.weekday() == 3:
            found.setdefault(holiday + timedelta(days=1), f"Dia seguinte: {name}")
    days: list[dict[str, Any]] = [
        {"date": day.isoformat(), "kind": "optional", "name": name}
        for day, name in found.items()
        if day.year == year and calendar.day(day).kind is DayKind.BUSINESS
    ]
    days.append(
        {
            "date": (easter + timedelta(days=_ASH_WEDNESDAY)).isoformat(),
            "kind": "half",
            "name": "Quarta-feira de Cinzas",
            "opens": _ASH_OPENS.isoformat(),
        }
    )
    return {
        "provisional": True,
        "source": SOURCE,
        "days": sorted(days, key=lambda one: str(one["date"])),
    }
