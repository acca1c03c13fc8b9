"""Notes of changes, kept beside accounts that have no attribute for a marker.

One entry of ours for each account, of a class that every OpenLDAP knows (``applicationProcess``,
RFC 4519 §3.1), with one ``description``: a word for each change, newest first::

    ivr1 <hash>:done <hash>:open:password:<entryCSN>:<pwdChangedTime>

It is replaced by comparing and swapping, under an assertion of its own entryCSN.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import ldap  # type: ignore[import-untyped]
from ldap.dn import escape_dn_chars  # type: ignore[import-untyped]

from ivr.adapters.directory.ldap_connection import LdapSession
from ivr.adapters.directory.openldap_answers import meaning
from ivr.adapters.directory.openldap_change import unchanged_since
from ivr.ports.errors import PortError

PREFIX = "ivr1"
State = Literal["open", "done", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A change that was begun. ``mark``: hash of its marker. ``seen`` and ``password_at``:
    entryCSN and pwdChangedTime of the account before it; ``sets_password``: False for an unlock.
    ``unclear``: nothing in the directory tells any more whether it was made."""

    mark: str
    state: State
    sets_password: bool = True
    seen: str = ""
    password_at: str = ""

    def text(self) -> str:
        if self.state != "open":
            return f"{self.mark}:{self.state}"
        kind = "password" if self.sets_password else "unlock"
        return f"{self.mark}:open:{kind}:{self.seen}:{self.password_at}"

    @classmethod
    def read(cls, word: str) -> Attempt:
        """Raises PortError for a word that is not one of ours."""
        match word.split(":"):
            case [mark, "done"]:
                return cls(mark=mark, state="done")
            case [mark, "unclear"]:
                return cls(mark=mark, state="unclear")
            case [mark, "open", ("password" | "unlock") as kind, seen, at]:
                sets = kind == "password"
                return cls(mark=mark, state="open", sets_password=sets, seen=seen, password_at=at)
        raise PortError("note_unreadable", permanent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """``version``: the note's own entryCSN, empty when there is no note yet."""

    attempts: tuple[Attempt, ...] = ()
    version: str = ""

    def of(self, mark: str) -> Attempt | None:
        return next((one for one in self.attempts if one.mark == mark), None)

    def open(self) -> tuple[Attempt, ...]:
        return tuple(one for one in self.attempts if one.state == "open")

    def noting(self, attempt: Attempt) -> Note:
        """With this attempt in the place of an older state of it."""
        others = self.without([attempt.mark]).attempts
        return replace(self, attempts=(attempt, *others))

    def without(self, marks: Sequence[str]) -> Note:
        kept = tuple(one for one in self.attempts if one.mark not in marks)
        return replace(self, attempts=kept)

    def text(self, *, keep: int) -> str:
        """Open attempts, and of the others the ``keep`` newest."""
        over = [one for one in self.attempts if one.state != "open"][:keep]
        kept = [one for one in self.attempts if one.state == "open" or one in over]
        return " ".join([PREFIX, *(one.text() for one in kept)])


class Notes:
    """The notes below ``base``. Methods may raise PortError, never with ``unknown_outcome``: the
    account itself is not touched here."""

    def __init__(self, base: str, *, keep: int) -> None:
        self._base = base
        self._keep = keep

    def dn_of(self, uid: str) -> str:
        name = hashlib.sha256(uid.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return f"cn={escape_dn_chars(name)},{self._base}"

    def read(self, session: LdapSession, uid: str) -> Note:
        found = session.search(
            self.dn_of(uid), scope=ldap.SCOPE_BASE, attributes=["description", "entryCSN"]
        )
        if not found:
            return Note()
        version, text = found[0].first("entryCSN"), found[0].first("description")
        words = (text or "").split()
        if not version or words[:1] != [PREFIX]:
            raise PortError("note_unreadable", permanent=True)
        return Note(attempts=tuple(Attempt.read(word) for word in words[1:]), version=version)

    def write(self, session: LdapSession, uid: str, note: Note) -> bool:
        """False: somebody else wrote it since it was read."""
        dn, text = self.dn_of(uid), [note.text(keep=self._keep).encode()]
        try:
            if note.version:
                changes = [(ldap.MOD_REPLACE, "description", text)]
                session.modify(dn, changes, controls=[unchanged_since(note.version)])
            else:
                session.add(dn, {"objectClass": [b"applicationProcess"], "description": text})
        except (ldap.ASSERTION_FAILED, ldap.ALREADY_EXISTS):
            return False
        except ldap.NO_SUCH_OBJECT:
            if note.version:
                return False
            raise PortError("notes_base_missing", permanent=True) from None
        except ldap.LDAPError as error:
            raise PortError(f"note: {meaning(error).reason}", permanent=True) from None
        except PortError as error:
            raise PortError(error.reason) from None
        return True
