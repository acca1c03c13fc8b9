"""What a person does with a telephone, as a page or a terminal sends it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr.carrier.call import Call, CallOver
from ivr.carrier.handset import Handset


class BadDeed(ValueError):
    """Not something that can be done with a telephone. Never quotes what was sent."""


class Deed(BaseModel):
    """``do`` and, with it, ``keys`` or ``text``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Literal["press", "speak", "hang_up", "pick_up", "decline", "cut"]
    keys: str = Field(default="", pattern=r"^[0-9A-D*#]{0,40}$")
    text: str = Field(default="", max_length=500)
    confidence: float = Field(default=0.9, ge=0, le=1)
    seconds: float | None = Field(default=None, gt=0, le=300)


def read_deed(data: Any) -> Deed:
    """Raises :class:`BadDeed`."""
    try:
        return Deed.model_validate(data)
    except ValidationError as error:
        names = ", ".join(
            sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]})
        )
        raise BadDeed(f"not understood: {names or 'all of it'}") from None


def perform(deed: Deed, call: Call) -> None:
    """Do it now. Raises :class:`BadDeed` for a deed without its keys or words."""
    handset: Handset = call.handset
    match deed.do:
        case "press":
            if not deed.keys:
                raise BadDeed("not understood: keys")
            handset.press(deed.keys)
        case "speak":
            if not deed.text.strip():
                raise BadDeed("not understood: text")
            handset.speak(deed.text.strip(), deed.confidence, seconds=deed.seconds)
        case "hang_up":
            handset.hang_up()
        case "pick_up":
            handset.pick_up()
        case "decline":
            handset.decline("busy")
        case "cut":
            call.interrupt(CallOver(by="carrier"))
