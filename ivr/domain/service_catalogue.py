"""Public facts of the service and the table of what callers may ask for, by code.

The facts stand once, in ``callflows/service.toml`` (Lei 13.460/2017, art. 7: steps, deadline,
channels and how to complain); prompts, pages and tickets take them from here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.domain.data_faults import DataFaultError
from ivr.domain.phone_number import normalise_phone
from ivr.domain.spoken_name import plain_words, says

Action = Literal["reset", "unlock"]
Delivery = Literal["link", "spoken"]
Text = Annotated[str, Field(min_length=1)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_SHAPE = ConfigDict(frozen=True, extra="forbid", strict=True)


class ServiceFacts(BaseModel):
    """What the public page says of the service."""

    model_config = _SHAPE

    name: Text
    phone: Text
    chatbot_phone: Text
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    free_of_charge: bool
    audience: Text
    deadline_business_days: int = Field(ge=1, le=60)
    deadline_calendar_days: int = Field(ge=1, le=90)
    steps: tuple[Text, ...] = Field(min_length=1, strict=False)
    complaint: Text

    @model_validator(mode="after")
    def _numbers_can_be_dialled(self) -> Self:
        for key in ("phone", "chatbot_phone"):
            if normalise_phone(getattr(self, key)) is None:
                raise ValueError(f"{key}: not a telephone number")
        return self

    @property
    def phone_e164(self) -> str:
        """The desk's number as the carrier writes it."""
        return normalise_phone(self.phone) or self.phone


class Service(BaseModel):
    """A system or service that callers name by code or by voice."""

    model_config = _SHAPE

    code: str = Field(pattern=r"^[0-9]{3,6}$")
    key: Slug
    name: Text
    prompt: Text
    directory: Slug | None = None
    sms_name: str = Field(default="", pattern=r"^[A-Za-z0-9 -]{0,9}$")
    """Its name in text messages; empty: its code."""
    actions: tuple[Action, ...] = Field(default=(), strict=False)
    self_service: bool
    delivery: tuple[Delivery, ...] = Field(default=(), strict=False)
    synonyms: tuple[Text, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        for key in ("actions", "delivery"):
            values = getattr(self, key)
            if len(set(values)) != len(values):
                raise ValueError(f"{key}: the same word is there twice")
        if self.prompt != f"service.{self.key}":
            raise ValueError(f"prompt: must be service.{self.key}")
        if self.self_service != bool(self.actions):
            raise ValueError("self_service: true exactly when there are actions")
        if bool(self.actions) != (self.directory is not None):
            raise ValueError("directory: needed exactly when there are actions")
        if ("reset" in self.actions) != bool(self.delivery):
            raise ValueError('delivery: needed exactly when actions has "reset"')
        for text in self.spoken_names:
            if not plain_words(text):
                raise ValueError(f"synonyms: {text!r} has no letter or digit")
        return self

    @property
    def written_name(self) -> str:
        """What a text message calls it."""
        return self.sms_name or self.code

    @property
    def spoken_names(self) -> tuple[str, ...]:
        """Everything a caller may say for it: name and synonyms."""
        return (self.name, *self.synonyms)

    def can(self, action: Action) -> bool:
        """Whether self-service may do that."""
        return action in self.actions


class ServiceCatalogue(BaseModel):
    """The whole of ``callflows/service.toml``."""

    model_config = _SHAPE

    version: Literal[1]
    facts: ServiceFacts
    services: tuple[Service, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _nothing_stands_twice(self) -> Self:
        for label, values in (
            ("code", [service.code for service in self.services]),
            ("key", [service.key for service in self.services]),
            ("spoken name", list(self._spoken())),
        ):
            for twice in sorted(_repeated(values)):
                raise ValueError(f"services: the {label} {twice!r} is there twice")
        return self

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ServiceCatalogue:
        """From the parsed file. Raises DataFaultError, naming every key at fault."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise DataFaultError.of("service", error) from None

    def by_code(self, code: str) -> Service | None:
        """The service of a keyed code, exactly as written in the table."""
        return next((each for each in self.services if each.code == code), None)

    def by_key(self, key: str) -> Service | None:
        """The service of a key."""
        return next((each for each in self.services if each.key == key), None)

    def spoken_candidates(self, text: str) -> tuple[Service, ...]:
        """Services whose name or synonym stands in what was said, the longest wording first.

        When one service's wording holds another's ("ponto de rede" and "rede"), only the longer
        one counts.
        """
        found: list[tuple[tuple[str, ...], Service]] = []
        for service in self.services:
            wordings = [plain_words(name) for name in service.spoken_names]
            heard = [words for words in wordings if says(plain_words(text), words)]
            if heard:
                found.append((max(heard, key=len), service))
        found.sort(key=lambda pair: -len(pair[0]))
        kept: list[tuple[tuple[str, ...], Service]] = []
        for words, service in found:
            if not any(says(longer, words) for longer, _ in kept):
                kept.append((words, service))
        return tuple(service for _, service in kept)

    def by_spoken(self, text: str) -> Service | None:
        """The one service that was named; None for none, and for more than one."""
        candidates = self.spoken_candidates(text)
        return candidates[0] if len(candidates) == 1 else None

    def _spoken(self) -> Iterator[str]:
        for service in self.services:
            yield from {" ".join(plain_words(name)) for name in service.spoken_names}


def _repeated(values: Iterable[str]) -> set[str]:
    return {value for value, count in Counter(values).items() if count > 1}
