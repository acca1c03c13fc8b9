"""First telephone PINs for a list of people: the operator's import.

Each person of the list who has no PIN yet gets a random one, told in a letter that the operator
prints and seals. A list with one bad row imports nothing. Faults name line and field, never a
value.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ivr.domain.identifier import Identifier, parse_identifier
from ivr.domain.otp import SALT_BYTES_MIN, numeric_code
from ivr.domain.telephone_pin import PIN_MIN, check_pin
from ivr.ports.directory import Account
from ivr.ports.errors import PortError
from ivr.ports.owner import OwnerEvent
from ivr.service.owner import may_have_secrets, pin_owner
from ivr.service.owner_login import OwnerRuntime, person_hash

COLUMNS = ("cpf", "matricula")
MAX_BYTES = 5_000_000
MAX_ROWS = 50_000
_DRAWS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong with a row. ``line``: of the file, the header being 1; ``field`` may be
    empty for the whole row."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"linha {self.line}" + (f", campo {self.field}" if self.field else "")
        return f"{where}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one person is told on paper."""

    name: str = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """``new``: people who got a PIN, or would get one after a dry run; ``kept``: people who have
    one already and keep it. Both are 0 when there are ``faults``."""

    faults: tuple[RowFault, ...] = ()
    new: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holder:
    line: int
    key: str
    account: Account = field(repr=False)


def import_holders(
    rt: OwnerRuntime,
    data: bytes,
    *,
    write_letters: Callable[[Sequence[Letter]], None] | None,
) -> Imported:
    """Give a first PIN to everybody of a CSV file who has none.

    ``write_letters`` None: a dry run, which changes nothing. It is called inside the transaction
    that keeps the PINs: when it raises, nothing is kept. Raises PortError, StoreUnavailableError.
    """
    rows, faults = _read(data)
    holders: list[_Holder] = []
    seen: dict[str, int] = {}
    for line, column, identifier in rows:
        found = _look_up(rt, line=line, column=column, identifier=identifier)
        if isinstance(found, RowFault):
            faults.append(found)
        elif found.key in seen:
            message = f"a mesma pessoa da linha {seen[found.key]}"
            faults.append(RowFault(line=line, field=column, message=message))
        else:
            seen[found.key] = line
            holders.append(found)
    if faults:
        return Imported(faults=tuple(sorted(faults, key=lambda fault: fault.line)))
    with rt.store.begin(write=False) as tx:
        new = [holder for holder in holders if tx.proofs.pin_hash(holder.key) is None]
    if write_letters is None or not new:
        return Imported(new=len(new), kept=len(holders) - len(new))
    drawn = [(holder, pin := _draw(rt, holder), rt.verify_pin.hash(pin)) for holder in new]
    letters = []
    with rt.store.begin() as tx:
        for holder, pin, pin_hash in drawn:
            tx.proofs.lock(holder.key)
            if tx.proofs.pin_hash(holder.key) is None:
                tx.proofs.set_pin(holder.key, pin_hash)
                tx.owner.note(OwnerEvent(account=holder.key, at=tx.now(), kind="pin_letter"))
                letters.append(Letter(name=holder.account.name, pin=pin))
        write_letters(letters)
    return Imported(new=len(letters), kept=len(holders) - len(letters))


def _read(data: bytes) -> tuple[list[tuple[int, str, Identifier]], list[RowFault]]:
    """Rows with a well-formed number, and the faults of the others."""
    if len(data) > MAX_BYTES:
        return [], [RowFault(line=1, field="", message=f"mais de {MAX_BYTES} bytes")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [], [RowFault(line=line, field="", message="não está em UTF-8")]
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ",", strict=True)
    rows: list[tuple[int, str, Identifier]] = []
    faults: list[RowFault] = []
    header: list[str] = []
    try:
        for cells in reader:
            if not header:
                header = [cell.strip().lower() for cell in cells]
                fault = _header_fault(header)
                if fault:
                    return [], [fault]
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) + len(faults) >= MAX_ROWS:
                message = f"mais de {MAX_ROWS} linhas"
                return [], [RowFault(line=reader.line_num, field="", message=message)]
            read = _row(reader.line_num, header, cells)
            if isinstance(read, RowFault):
                faults.append(read)
            else:
                rows.append(read)
    except csv.Error:
        faults.append(RowFault(line=reader.line_num, field="", message="aspas ou linha malfeita"))
    if not rows and not faults:
        faults.append(RowFault(line=1, field="", message="nenhuma pessoa no arquivo"))
    return rows, faults


def _header_fault(header: Sequence[str]) -> RowFault | None:
    if not header or set(header) - set(COLUMNS) or len(set(header)) != len(header):
        message = "a primeira linha deve ser cpf, matricula ou as duas"
        return RowFault(line=1, field="", message=message)
    return None


def _row(
    line: int, header: Sequence[str], cells: Sequence[str]
) -> tuple[int, str, Identifier] | RowFault:
    if len(cells) != len(header):
        message = f"{len(cells)} campos em vez de {len(header)}"
        return RowFault(line=line, field="", message=message)
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    if len(given) != 1:
        return RowFault(line=line, field="", message="dê o CPF ou a matrícula, um só")
    ((column, value),) = given.items()
    digits = "".join(char for char in value if char not in ".-/ ")
    identifier = parse_identifier(column, digits)
    if not isinstance(identifier, Identifier):
        return RowFault(line=line, field=column, message="número inválido")
    return line, column, identifier


def _look_up(
    rt: OwnerRuntime, *, line: int, column: str, identifier: Identifier
) -> _Holder | RowFault:
    directory = rt.directories[rt.identity]
    try:
        account = directory.find(kind=identifier.kind.value, number=identifier.digits)
    except PortError as error:
        if not error.permanent:
            raise
        return RowFault(line=line, field=column, message="mais de uma conta no diretório")
    if account is None:
        return RowFault(line=line, field=column, message="não está no diretório")
    if account.disabled:
        return RowFault(line=line, field=column, message="conta desativada")
    if not may_have_secrets(rt, account):
        return RowFault(line=line, field=column, message="conta que nunca usa senha do telefone")
    return _Holder(line=line, key=person_hash(rt, account), account=account)


def _draw(rt: OwnerRuntime, holder: _Holder) -> str:
    """A random PIN that the rules take."""
    owner = pin_owner(holder.account)
    for _ in range(_DRAWS):
        salt = rt.entropy(SALT_BYTES_MIN)
        pin = numeric_code(rt.secret_key, "first pin", salt, digits=PIN_MIN)
        if not check_pin(pin, owner=owner):
            return pin
    raise RuntimeError("the source of chance gives no usable PIN")
