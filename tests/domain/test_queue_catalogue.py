from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.data_faults import DataFaultError
from ivr.domain.queue_catalogue import MOST_DISPOSITIONS, QueueCatalogue

FLOWS = Path(__file__).parents[2] / "callflows"


def shipped() -> dict[str, Any]:
    return tomllib.loads((FLOWS / "queues.toml").read_text("utf-8"))


def test_shipped_queues_have_what_a_wrap_up_needs() -> None:
    queues = QueueCatalogue.from_data(shipped())
    assert list(queues.contact_classes()) == ["contato", "trote", "engano", "silencio", "teste"]
    assert 1 <= len(queues.dispositions("atendimento")) <= MOST_DISPOSITIONS
    assert queues.queue("atendimento").name == "atendimento"


def test_every_right_that_a_key_declares_has_its_weight_and_its_law() -> None:
    queues = QueueCatalogue.from_data(shipped())
    person = tomllib.loads((FLOWS / "person.toml").read_text("utf-8"))
    declared = set(person["nodes"]["priority"]["keys"].values())
    assert declared == set(queues.priorities)
    assert all(queues.weight(kind) > 0 for kind in declared)
    assert queues.weight("oitenta") > queues.weight("idoso")
    assert queues.weight("nenhuma") == 0


def test_every_queue_that_the_flows_lead_to_is_known() -> None:
    queues = QueueCatalogue.from_data(shipped())
    person = tomllib.loads((FLOWS / "person.toml").read_text("utf-8"))
    used = {n["queue"] for n in person["nodes"].values() if n["type"] == "enqueue"}
    assert used and used <= set(queues.queues)


@pytest.mark.parametrize(("break_it", "told"), [
    (lambda d: d["queues"].append(d["queues"][0]), "'atendimento' twice"),
    (lambda d: d["classes"][0].pop("label"), "classes[0].label"),
    (lambda d: d["queues"][0].update(dispositions=[]), "queues[0].dispositions"),
    (lambda d: d["priorities"][0].update(weight=0), "priorities[0].weight"),
    (lambda d: d.update(extra=1), "extra"),
])  # fmt: skip
def test_fault_of_the_file_is_told_by_its_key(break_it: Any, told: str) -> None:
    data = shipped()
    break_it(data)
    with pytest.raises(DataFaultError) as error:
        QueueCatalogue.from_data(data)
    assert told in str(error.value)
