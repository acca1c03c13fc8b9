"""Changes of accounts that have no attribute for a marker: once, by the entry's change number.

Each change is one Modify under the assertion that the account's entryCSN is the one that was read,
so of all that begin there at most one is made, however often its request arrives. Before it, the
attempt is noted beside the account (:mod:`openldap_notes`) with that entryCSN; after it, the note
says ``done``. When no answer came, or a process died, the account itself tells the outcome, read
on the same server: see :mod:`openldap_outcome`.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from functools import partial

import ldap  # type: ignore[import-untyped]
from ldap.controls.ppolicy import PasswordPolicyControl  # type: ignore[import-untyped]

from ivr.adapters.directory.change_markers import hash_of_marker
from ivr.adapters.directory.ldap_connection import Entry, LdapPool, LdapSession
from ivr.adapters.directory.openldap_answers import OVERTAKEN, meaning
from ivr.adapters.directory.openldap_change import (
    ROUNDS,
    Change,
    Modification,
    modifications,
    unchanged_since,
)
from ivr.adapters.directory.openldap_login import try_bind
from ivr.adapters.directory.openldap_notes import Attempt, Note, Notes
from ivr.adapters.directory.openldap_outcome import Verdict, outcome_of
from ivr.adapters.directory.openldap_reader import OpenLdapReader
from ivr.ports.errors import PortError

PATIENCE = 20
"""How often somebody else who is just being answered is waited for."""
PAUSE_S = 0.05


class NotedChanges:
    """The :class:`Changes` of a directory with ``notes_base``.

    When an answer was lost, and before it could be settled somebody else set a password too, the
    outcome cannot be told: ``outcome_unclear``, for a person to look at. It is never guessed.
    """

    def __init__(self, pool: LdapPool, reader: OpenLdapReader) -> None:
        self._pool = pool
        self._reader = reader
        self._notes = Notes(reader.config.notes_base, keep=reader.config.markers_kept)

    def make(self, change: Change) -> None:
        for number in range(ROUNDS + PATIENCE):
            attempt = partial(self._attempt, change=change, hurry=number >= PATIENCE)
            if self._pool.run(attempt):
                return
            time.sleep(PAUSE_S if number else 0)
        raise PortError("overtaken")

    def made(self, *, uid: str, marker: str) -> bool:
        return self._pool.run(lambda session: self._made(session, uid, hash_of_marker(marker)))

    def _made(self, session: LdapSession, uid: str, mark: str) -> bool:
        for _ in range(ROUNDS):
            note = self._notes.read(session, uid)
            entry = self._reader.entry(session, uid)
            if self._notes.read(session, uid).version == note.version:
                break
        else:
            raise PortError("overtaken", unknown_outcome=True)
        mine = note.of(mark)
        if entry is None or mine is None or mine.state == "done":
            return mine is not None and entry is not None
        verdict = self._verdicts(entry, note).get(mark, "unclear")
        if mine.state == "unclear" or verdict == "unclear":
            raise PortError("outcome_unclear", unknown_outcome=True)
        return verdict == "made"

    def _attempt(self, session: LdapSession, change: Change, hurry: bool) -> bool:
        """One try. False: another change came between, or somebody else's is not settled yet;
        ``hurry``: do not wait for that any longer."""
        # The note is read before the account: when it is then written under its own version, nobody
        # has begun or finished anything between the two.
        note = self._notes.read(session, change.uid)
        entry = self._reader.entry(session, change.uid)
        if entry is None:
            raise PortError("no_account", permanent=True)
        mark, csn = hash_of_marker(change.marker), _csn(entry)
        mine = note.of(mark)
        if mine is not None and mine.state != "open":
            if mine.state == "done":
                return True
            raise PortError("outcome_unclear", permanent=True)
        if any(attempt.seen != csn for attempt in note.open()):
            self._settle(session, entry, note, change, hurry=hurry)
            return False
        wanted = modifications(change, entry)
        if not wanted:
            return self._notes.write(session, change.uid, note.noting(_done(mark)))
        if mine is None:
            begun = Attempt(
                mark=mark,
                state="open",
                sets_password=bool(change.password),
                seen=csn,
                password_at=entry.first("pwdChangedTime") or "",
            )
            if not self._notes.write(session, change.uid, note.noting(begun)):
                return False
        return self._write(session, entry, change, wanted)

    def _write(
        self, session: LdapSession, entry: Entry, change: Change, wanted: list[Modification]
    ) -> bool:
        csn, mark = _csn(entry), hash_of_marker(change.marker)
        controls = [PasswordPolicyControl(), unchanged_since(csn)]
        try:
            session.modify(entry.dn, wanted, controls=controls)
        except OVERTAKEN:
            return False
        except ldap.LDAPError as error:
            # The policy is asked before the assertion, so this very change may have been made.
            again = self._reader.at(session, entry.dn)
            if again is None or _csn(again) != csn:
                return False
            self._forget(session, change.uid, mark)
            raise meaning(error) from None
        # The change is made. A note that cannot be written now is settled by whoever comes next.
        with suppress(PortError):
            for _ in range(ROUNDS):
                note = self._notes.read(session, change.uid)
                rivals = [one.mark for one in note.open() if one.seen == csn]
                if self._notes.write(session, change.uid, note.without(rivals).noting(_done(mark))):
                    break
        return True

    def _forget(self, session: LdapSession, uid: str, mark: str) -> None:
        for _ in range(ROUNDS):
            note = self._notes.read(session, uid)
            if self._notes.write(session, uid, note.without([mark])):
                return

    def _settle(
        self, session: LdapSession, entry: Entry, note: Note, change: Change, *, hurry: bool
    ) -> None:
        """Write down what became of the attempts that began before the account's present state."""
        verdicts = self._verdicts(entry, note)
        mark = hash_of_marker(change.marker)
        open_ones = {one.mark: one for one in note.open()}
        if "unclear" in verdicts.values() and len(verdicts) > 1 and not hurry:
            return
        if verdicts.get(mark) == "unclear" and open_ones[mark].sets_password:
            verdicts = self._by_trial(entry, verdicts, change)
        for one in note.open():
            verdict = verdicts[one.mark]
            if verdict == "not made":
                note = note.without([one.mark])
            elif verdict == "made":
                note = note.noting(_done(one.mark))
            else:
                note = note.noting(replace(one, state="unclear"))
        self._notes.write(session, change.uid, note)

    def _by_trial(
        self, entry: Entry, verdicts: dict[str, Verdict], change: Change
    ) -> dict[str, Verdict]:
        """Made, if the password of this change is the account's now, by a bind with it. A refusal
        tells nothing: the account may be closed, or the password changed again."""
        if try_bind(self._pool, entry.dn, change.password) is not None:
            return verdicts
        others: dict[str, Verdict] = dict.fromkeys(verdicts, "not made")
        return {**others, hash_of_marker(change.marker): "made"}

    def _verdicts(self, entry: Entry, note: Note) -> dict[str, Verdict]:
        return outcome_of(note.open(), entry, ours=self._ours(entry))

    def _ours(self, entry: Entry) -> bool:
        """Whether the last change of the entry was made by the service's own account."""
        try:
            last = ldap.dn.str2dn(entry.first("modifiersName") or "")
            own = ldap.dn.str2dn(self._reader.config.bind_dn)
        except ldap.DECODING_ERROR:
            return False
        return _folded(last) == _folded(own)


def _folded(dn: list[list[tuple[str, str, int]]]) -> list[list[tuple[str, str]]]:
    return [[(name.lower(), value.lower()) for name, value, _ in part] for part in dn]


def _done(mark: str) -> Attempt:
    return Attempt(mark=mark, state="done")


def _csn(entry: Entry) -> str:
    csn = entry.first("entryCSN")
    if not csn:
        raise PortError("entry_csn_hidden", permanent=True)
    return csn
