"""Accounts of staff from a list: a CSV file with one line a person, all taken or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.domain.agent_line import LineError
from ivr.ports.staff import StaffRow
from ivr.service import staff_accounts
from ivr.service.staff_accounts import AccountError
from ivr.service.staff_oidc import subject_hash
from ivr.service.staff_sessions import StaffRuntime

COLUMNS = ("login", "nome", "papeis", "filas", "audio", "linha", "identidade")
NEEDED = ("login", "nome")
MOST = 5000
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """``passwords``: first password by login, of those who have one. ``faults``: what is wrong,
    by line; then nothing was kept."""

    rows: tuple[StaffRow, ...] = ()
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    faults: tuple[str, ...] = ()


def read(rt: StaffRuntime, data: bytes, *, issuer: str, local: bool) -> Imported:
    """Read the list and draw the accounts up. ``local``: give each a first password. Several roles
    or queues stand in one field with blanks between. Nothing is kept. Raises
    StoreUnavailableError."""
    lines, fault = _lines(data)
    if fault:
        return Imported(faults=(fault,))
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        taken = {row.login for row in tx.staff.everyone()}
    rows: list[StaffRow] = []
    passwords: dict[str, str] = {}
    faults: list[str] = []
    for number, line in lines:
        password = first_password(rt) if local else ""
        identity = line["identidade"]
        try:
            if identity and not issuer:
                raise AccountError("identity")
            row = staff_accounts.drawn_up(
                rt,
                at=now,
                login=line["login"],
                name=line["nome"],
                password=password,
                subject=subject_hash(rt, issuer=issuer, subject=identity) if identity else "",
                roles=line["papeis"].split() or ("agent",),
                skills=line["filas"].split(),
                audio=line["audio"] or "ramal",
                line=line["linha"],
            )
        except AccountError as error:
            faults.append(f"linha {number}: {error.reason}")
            continue
        except LineError:
            faults.append(f"linha {number}: line")
            continue
        if row.login in taken:
            faults.append(f"linha {number}: taken")
        taken.add(row.login)
        rows.append(row)
        if password:
            passwords[row.login] = password
    if faults:
        return Imported(faults=tuple(faults))
    return Imported(rows=tuple(rows), passwords=passwords)


def first_password(rt: StaffRuntime) -> str:
    """A password by chance, of letters and digits that are not mistaken for each other."""
    letters: list[str] = []
    while len(letters) < _GROUPS * _GROUP:
        letters += [
            _ALPHABET[byte % len(_ALPHABET)]
            for byte in rt.entropy(32)
            if byte < 256 - 256 % len(_ALPHABET)
        ]
    text = "".join(letters[: _GROUPS * _GROUP])
    return "-".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))


def _lines(data: bytes) -> tuple[Sequence[tuple[int, dict[str, str]]], str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return (), "o arquivo não está em UTF-8"
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",")
    try:
        names = reader.fieldnames or ()
        if any(name not in names for name in NEEDED) or set(names) - set(COLUMNS):
            return (), f"colunas: {', '.join(COLUMNS)}; login e nome são obrigatórias"
        found = [
            (reader.line_num, {name: (row.get(name) or "").strip() for name in COLUMNS})
            for row in reader
            if None not in row
        ]
    except csv.Error:
        return (), "o arquivo não é CSV"
    if len(found) > MOST:
        return (), f"mais de {MOST} linhas"
    return found, ""
