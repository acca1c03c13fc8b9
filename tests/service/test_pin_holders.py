"""The operator's list of people who get a first PIN: all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from desk import Desk, people
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web.phone_line import call, identify

from ivr.adapters.directory.demo import DemoDirectory
from ivr.ports.errors import PortError
from ivr.service.pin_holders import Imported, Letter, import_holders

HUGO = people()["hugo"]
ANA = people()["ana"]


def run(desk: Desk, text: str | bytes) -> tuple[Imported, list[Letter]]:
    letters: list[Letter] = []
    data = text.encode() if isinstance(text, str) else text
    done = import_holders(desk.rt, data, write_letters=letters.extend)  # type: ignore[arg-type]
    return done, letters


def told(done: Imported) -> list[str]:
    return [str(fault) for fault in done.faults]


@pytest.mark.parametrize("column", ["cpf", "matricula"])
def test_person_without_a_pin_gets_one_that_the_telephone_takes(still: Desk, column: str) -> None:
    done, letters = run(still, f"{column}\n{HUGO[column]}\n")
    assert (done.faults, done.new, done.kept) == ((), 1, 0)
    line = identify(call(still), HUGO["cpf"])
    line.key(letters[0].pin)
    assert line.hears("verify.code")
    assert letters[0].name == HUGO["name"]
    assert letters[0].pin not in repr(letters)


def test_person_with_a_pin_keeps_it(still: Desk) -> None:
    done, letters = run(still, f"cpf;matricula\n{ANA['cpf']};\n;{HUGO['matricula']}\n")
    assert (done.new, done.kept, len(letters)) == (1, 1, 1)
    with still.rt.store.begin(write=False) as tx:
        pin_hash = tx.proofs.pin_hash(still.rt.keyed_hash("cpf", ANA["cpf"]))
    assert still.rt.verify_pin(pin_hash, ANA["pin"])


def test_second_import_of_the_same_list_changes_nothing(still: Desk) -> None:
    run(still, f"cpf\n{HUGO['cpf']}\n")
    done, letters = run(still, f"cpf\n{HUGO['cpf']}\n")
    assert (done.new, done.kept, letters) == (0, 1, [])


def test_dry_run_tells_and_changes_nothing(still: Desk) -> None:
    pins, events = still.rows("pins"), still.rows("owner_events")
    data = f"cpf\n{HUGO['cpf']}\n{ANA['cpf']}\n".encode()
    done = import_holders(still.rt, data, write_letters=None)  # type: ignore[arg-type]
    assert (done.faults, done.new, done.kept) == ((), 1, 1)
    assert (still.rows("pins"), still.rows("owner_events")) == (pins, events)


def test_every_bad_row_is_named_by_line_and_field_and_nothing_is_imported(still: Desk) -> None:
    pins = still.rows("pins")
    rows = [
        "CPF;matricula",
        f"{HUGO['cpf']};",
        "12345678900;",
        f"{people()['iara']['cpf']};",
        f"{people()['davi']['cpf']};",
        f"{people()['elisa']['cpf']};",
        f";{HUGO['matricula']}",
        f"{ANA['cpf']};{ANA['matricula']}",
        "a;b;c",
        ";",
        "",
    ]
    done, letters = run(still, "\ufeff" + "\r\n".join(rows))
    assert told(done) == [
        "linha 3, campo cpf: número inválido",
        "linha 4, campo cpf: não está no diretório",
        "linha 5, campo cpf: conta desativada",
        "linha 6, campo cpf: conta que nunca usa senha do telefone",
        "linha 7, campo matricula: a mesma pessoa da linha 2",
        "linha 8: dê o CPF ou a matrícula, um só",
        "linha 9: 3 campos em vez de 2",
    ]
    assert letters == []
    assert still.rows("pins") == pins
    assert not any(number in " ".join(told(done)) for number in (ANA["cpf"], HUGO["cpf"]))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "linha 1: nenhuma pessoa no arquivo"),
        (b"cpf\n", "linha 1: nenhuma pessoa no arquivo"),
        (b"nome\nAna\n", "linha 1: a primeira linha deve ser cpf, matricula ou as duas"),
        (b"cpf,cpf\n1,2\n", "linha 1: a primeira linha deve ser cpf, matricula ou as duas"),
        (b"cpf\n\xe3\n", "linha 2: não está em UTF-8"),
        (b'cpf\n"123\n', "linha 2: aspas ou linha malfeita"),
        (b"c" * 5_000_001, "linha 1: mais de 5000000 bytes"),
    ],
)
def test_file_that_is_no_list_is_refused(still: Desk, data: bytes, fault: str) -> None:
    done, _ = run(still, data)
    assert fault in told(done)


def test_letters_that_cannot_be_written_leave_no_pin(still: Desk) -> None:
    def broken(letters: Sequence[Letter]) -> None:
        raise OSError(28, "No space left on device")

    pins = still.rows("pins")
    with pytest.raises(OSError, match="space"):
        import_holders(still.rt, f"cpf\n{HUGO['cpf']}\n".encode(), write_letters=broken)  # type: ignore[arg-type]
    assert still.rows("pins") == pins
    assert still.rows("owner_events") == 0


def test_directory_that_is_down_stops_the_import(still: Desk) -> None:
    directory = still.rt.directories[still.rt.identity]
    assert isinstance(directory, DemoDirectory)
    directory.faults.down = True
    with pytest.raises(PortError):
        run(still, f"cpf\n{HUGO['cpf']}\n")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: f"cpf\n{t}".encode()))
)
def test_any_bytes_are_refused_or_read_without_an_error(still: Desk, data: bytes) -> None:
    done, letters = run(still, data)
    assert done.faults
    assert letters == []
