"""Where a secret could be left, and how it would look there."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from desk import Desk
from sqlalchemy import text
from web.phone_line import TABLES, PhoneLine

DIGIT_WORDS = ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove")


def forms(secret: str) -> dict[str, bytes]:
    """How a secret may look in a sink."""
    raw = secret.encode()
    found = {"plain": raw, "reversed": secret[::-1].encode(), "hex": raw.hex().encode()}
    found["HEX"] = raw.hex().upper().encode()
    found["utf-16"] = secret.encode("utf-16-le")
    found["latin-1"] = secret.encode("latin-1", "replace")
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        clean = encoded[4 if shift else 0 : -4]
        if len(clean) >= 6:
            found[f"base64 +{shift}"] = clean
            found[f"base64url +{shift}"] = clean.translate(bytes.maketrans(b"+/", b"-_"))
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, raw, usedforsecurity=False).digest()
        found[name] = digest.hex().encode()
        found[f"{name} base64"] = base64.b64encode(digest).rstrip(b"=")
        found[f"{name} raw"] = digest
    if secret.isdigit():
        spoken = [DIGIT_WORDS[int(digit)] for digit in secret]
        found["words"] = " ".join(spoken).encode()
        found["words with meia"] = " ".join(spoken).replace("seis", "meia").encode()
        found["spaced"] = " ".join(secret).encode()
        found["pieces"] = "".join(f"v.digit.{digit}" for digit in secret).encode()
    return found


def plainer(sink: bytes) -> bytes:
    """The sink with words and pieces run together, as a search for them needs it."""
    decoded = html.unescape(sink.decode("utf-8", "replace")).casefold()
    pieces = "".join(re.findall(r"v\.digit\.\d", decoded))
    return " ".join(re.findall(r"[\w]+", decoded)).encode() + b" " + pieces.encode()


def hits(sinks: dict[str, bytes], secrets: dict[str, str]) -> list[tuple[str, str, str]]:
    """Sink, secret and form of every find."""
    found = []
    for sink, content in sinks.items():
        both = content + b"\n" + plainer(content)
        for name, secret in secrets.items():
            found += [
                (sink, name, form) for form, wanted in forms(secret).items() if wanted in both
            ]
    return found


@dataclass
class Sinks:
    """Everything that a desk leaves behind. ``read_logs`` gives what was logged since it was
    last asked; ``spelled``: the temporary passwords that were spoken."""

    desk: Desk
    folder: Path
    read_logs: Callable[[], bytes]
    lines: list[PhoneLine] = field(default_factory=list)
    logs: bytes = b""
    pages: list[bytes] = field(default_factory=list)
    spelled: list[str] = field(default_factory=list)

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def columns(self, *, without: tuple[str, ...] = ()) -> dict[str, bytes]:
        found = {}
        with self.desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
            for table in (*TABLES, "flow_revisions"):
                if table not in without:
                    rows = connection.execute(text(f"SELECT * FROM {table}")).fetchall()
                    found[table] = b"\n".join(
                        cell if isinstance(cell, bytes) else str(cell).encode()
                        for row in rows
                        for cell in row
                    )
        return found

    def states(self) -> dict[str, bytes]:
        """What is sealed at rest, opened."""
        found = {}
        for line in self.lines:
            with self.desk.rt.store.begin(write=False) as tx:
                view = tx.calls.view(line.sid, 0)
            if view is not None:
                found[f"state of {line.sid}"] = repr(dict(view.call.state)).encode()
        return found

    def documents(self) -> dict[str, bytes]:
        return {
            f"document {line.sid} {number}": document
            for line in self.lines
            for number, document in enumerate(line.heard)
        }

    def urls(self) -> bytes:
        return "\n".join(request.path for line in self.lines for request in line.sent).encode()

    def everything(self) -> dict[str, bytes]:
        return {
            **self.files(),
            **self.columns(),
            **self.states(),
            **self.documents(),
            "URLs": self.urls(),
            "logs": self.logs,
            "pages": b"\n".join(self.pages),
        }
