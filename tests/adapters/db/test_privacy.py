"""Every column is looked at: none holds a plain CPF or telephone, none of a person is forgotten."""

from __future__ import annotations

import json
import re

import pytest
from desk import Desk, people
from sqlalchemy import Text, inspect
from web.phone_line import reset_story

from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.privacy_rows import HIDDEN, OF_NOBODY, of_calls, of_people
from ivr.adapters.db.store import SqlStore

PERSONAL = re.compile(
    r"cpf|phone|mobile|celular|telefone|matricula|e?mail$|caller|number|birth|name$|address", re.I
)
HASHED_OR_SEALED = ("_hash", "_sealed")
NOT_PERSONAL = {
    ("api_tokens", "name"): "of a machine",
    ("contacts", "caller_end"): "four last digits",
    ("heartbeats", "name"): "of a process",
    ("log_views", "name"): "of a view",
    ("owner_codes", "number"): "place on the paper",
    ("owner_logins", "address"): "keyed hash",
    ("proof_attempts", "caller"): "keyed hash",
    ("retention_pass", "table_name"): "of a table",
    ("staff", "name"): "staff",
    ("staff_logins", "address"): "keyed hash",
    ("webhook_targets", "name"): "of a machine",
}


def test_every_table_is_of_calls_of_people_or_of_nobody_and_of_one_of_them_only() -> None:
    sets = [{t.name for t in of_calls()}, {t.name for t in of_people()}, set(OF_NOBODY)]
    assert set().union(*sets) == set(metadata.tables)
    assert sum(map(len, sets)) == len(metadata.tables)


def test_no_column_is_named_for_a_plain_number_of_a_person() -> None:
    found = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.c
        if PERSONAL.search(column.name) and not column.name.endswith(HASHED_OR_SEALED)
    }
    assert found == set(NOT_PERSONAL)


def test_migrated_tables_have_no_column_that_the_scan_does_not_see(store: SqlStore) -> None:
    inspector = inspect(store.engine)
    ours = {name: {c.name for c in table.c} for name, table in metadata.tables.items()}
    theirs = {
        name: {c["name"] for c in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }
    assert theirs == ours


def numbers_in_the_clear(desk: Desk, numbers: list[str]) -> list[tuple[str, str]]:
    found = []
    with desk.rt.store.reader.connect() as connection:  # type: ignore[attr-defined]
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()).mappings():
                for name, value in row.items():
                    plain = json.dumps(value, default=str) if not isinstance(value, str) else value
                    digits = re.sub(r"\D", "", plain)
                    if any(n in plain or n in digits for n in numbers) and isinstance(
                        table.c[name].type, Text
                    ) | isinstance(value, dict):
                        found.append((table.name, name))
    return found


def test_no_row_of_a_told_call_holds_a_number_in_the_clear(desk: Desk) -> None:
    line = reset_story(desk)
    ana = people()["ana"]
    numbers = [str(ana["cpf"]), str(ana["mobile"])[-9:], str(ana["matricula"])]
    assert numbers_in_the_clear(desk, numbers) == []
    with desk.rt.store.begin() as tx:
        tx.tickets.change(desk.call(line.sid).protocol, subject=numbers[0])
    found = numbers_in_the_clear(desk, numbers)
    assert ("tickets", "subject") in found, "the scan sees a plain number when there is one"


def test_rows_of_a_call_hold_nothing_of_hashes_and_salts() -> None:
    names = {column.name for table in (*of_calls(), *of_people()) for column in table.c}
    assert {"salt", "pin_hash", "person", "account"} <= names & HIDDEN


@pytest.mark.parametrize("whose", ["", "0" * 32])
def test_unknown_person_has_nothing(store: SqlStore, whose: str) -> None:
    with store.begin() as tx:
        assert tx.privacy.tickets_of(whose) == []
        assert tx.privacy.rows_of_person(whose) == []
        assert tx.privacy.erase_person(whose, at=tx.now()) == {}
