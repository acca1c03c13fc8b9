"""Reads one element's attributes; what is wrong with them becomes Twilio's warnings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from ivr.carrier.problem import Problem, error, warning
from ivr.carrier.twiml.xml import Element

METHODS = ("GET", "POST")


@dataclass(slots=True, kw_only=True)
class Context:
    """``base_url`` is the document's own address; "" for TwiML that came inside a REST call."""

    base_url: str
    problems: list[Problem] = field(default_factory=list)

    def warn(self, code: int, text: str) -> None:
        self.problems.append(warning(code, text))

    def fail(self, code: int, text: str) -> None:
        self.problems.append(error(code, text))

    def resolve(self, url: str, *, where: str) -> str:
        """``url`` made absolute. What cannot be resolved is an error, and comes back as ""."""
        try:
            absolute = urljoin(self.base_url, url.strip())
            parts = urlsplit(absolute)
            _ = parts.port
        except ValueError:
            self.fail(11100, f"{where}: invalid URL")
            return ""
        if parts.scheme not in ("http", "https") or not parts.hostname:
            if self.base_url:
                self.fail(11100, f"{where}: invalid URL")
            else:
                self.fail(15004, f"{where}: a document without an address needs absolute URLs")
            return ""
        return absolute


class Attributes:
    """Each method takes an attribute's name and default; :meth:`done` warns of the rest."""

    def __init__(self, element: Element, context: Context) -> None:
        self._tag = element.name
        self._left = dict(element.attributes)
        self.context = context

    def _where(self, name: str) -> str:
        return f"{self._tag} {name}"

    def is_word(self, name: str, word: str) -> bool:
        """Whether the attribute is just ``word``; if so, it has been read."""
        if name not in self._left or self._left[name].strip() != word:
            return False
        del self._left[name]
        return True

    def text(self, name: str, default: str = "") -> str:
        return self._left.pop(name, default)

    def integer(
        self,
        name: str,
        default: int,
        *,
        least: int,
        most: int | None = None,
        code: int = 12200,
    ) -> int:
        raw = self._left.pop(name, None)
        if raw is None:
            return default
        value = raw.strip()
        if value.isascii() and value.isdigit() and len(value) <= 9:
            number = int(value)
            if least <= number and (most is None or number <= most):
                return number
        self.context.warn(code, f"{self._where(name)}: invalid value")
        return default

    def boolean(self, name: str, default: bool, *, code: int = 12200) -> bool:
        raw = self._left.pop(name, None)
        if raw is None:
            return default
        if raw.strip().lower() in ("true", "false"):
            return raw.strip().lower() == "true"
        self.context.warn(code, f"{self._where(name)}: must be true or false")
        return default

    def choice(self, name: str, default: str, values: Collection[str], *, code: int = 12200) -> str:
        raw = self._left.pop(name, None)
        if raw is None or raw in values:
            return default if raw is None else raw
        self.context.warn(code, f"{self._where(name)}: invalid value")
        return default

    def method(self, name: str = "method", default: str = "POST", *, code: int = 12200) -> str:
        raw = self._left.pop(name, None)
        if raw is None:
            return default
        if raw.strip().upper() in METHODS:
            return raw.strip().upper()
        self.context.warn(code, f"{self._where(name)}: must be GET or POST")
        return default

    def url(self, name: str) -> str | None:
        """Absolute; None when the attribute is absent or blank."""
        raw = self._left.pop(name, None)
        if raw is None or not raw.strip():
            return None
        return self.context.resolve(raw, where=self._where(name))

    def words(
        self, name: str, default: tuple[str, ...], values: Collection[str], *, code: int = 12200
    ) -> tuple[str, ...]:
        """A list separated by blanks."""
        raw = self._left.pop(name, None)
        if raw is None:
            return default
        words = tuple(raw.split())
        if words and set(words) <= set(values):
            return words
        self.context.warn(code, f"{self._where(name)}: invalid value")
        return default

    def keys(
        self, name: str, default: str, allowed: str, *, code: int, most: int | None = None
    ) -> str:
        raw = self._left.pop(name, None)
        if raw is None:
            return default
        if set(raw) <= set(allowed) and (most is None or len(raw) <= most):
            return raw
        self.context.warn(code, f"{self._where(name)}: invalid value")
        return default

    def ignore(self, *names: str) -> None:
        """Known to Twilio, of no effect here."""
        for name in names:
            self._left.pop(name, None)

    def done(self) -> None:
        for name in self._left:
            if not name.startswith("xmlns"):
                self.context.warn(12200, f"{self._where(name)}: unknown attribute")
        self._left.clear()


def no_children(element: Element, context: Context) -> None:
    for child in element.children:
        context.warn(12200, f"{element.name}: element {child.name} is not allowed inside")
