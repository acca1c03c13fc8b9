"""The diagram of the flows: what it shows, and that Graphviz takes it."""

from __future__ import annotations

import re
import subprocess

import pytest
from flow_cases import COMMON, make_book
from flow_desk import desk

from ivr.flow.book import FlowBook
from ivr.flow.draw import COLOURS, TYPE_WORDS, edge_word, to_dot
from ivr.flow.nodes import NODE_TYPES

BYE = {"bye": {"type": "hangup", "say": "bye"}}


def test_every_node_and_every_way_out_is_drawn() -> None:
    book = desk()
    drawn = to_dot(book)
    for flow in book.flows.values():
        assert f'label="{flow.title}"' in drawn
        for name, node in flow.nodes.items():
            assert f'"{flow.id}.{name}" [label="' in drawn
            for _, target in node.exits():
                whole = target if "." in target else f"{flow.id}.{target}"
                assert f'"{flow.id}.{name}" -> "{whole}"' in drawn


def test_a_node_shows_its_type_its_prompts_its_outcome_and_its_level() -> None:
    drawn = to_dot(desk())
    line = next(x for x in drawn.splitlines() if '"ticket.after" [' in x)
    assert '"menu: after\\nticket.after\\nerror.no_input\\nerror.no_match' in line
    assert "desfecho: ticket_status_told" in line
    assert COLOURS["anonymous"] in line
    proven = next(x for x in drawn.splitlines() if '"access.unlock" [' in x)
    assert COLOURS["verified"] in proven


def test_the_start_of_the_call_is_marked_and_only_it() -> None:
    marked = [x for x in to_dot(desk()).splitlines() if "penwidth=3" in x]
    assert len(marked) == 1
    assert '"main.greeting"' in marked[0]


def test_one_flow_is_drawn_with_its_neighbours_as_dashed_boxes() -> None:
    drawn = to_dot(desk(), "access")
    assert '"access.who" -> "identify.who" [label="executa", style=dashed];' in drawn
    assert '"identify.who" [label="identify.who", style=dashed' in drawn
    assert "subgraph cluster_1" not in drawn
    assert '"access.return" [label="volta a quem chamou"' in drawn


def test_a_flow_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        to_dot(desk(), "nowhere")


def test_colours_have_six_digits() -> None:
    found = re.findall(r'"#([^"]*)"', to_dot(desk()))
    assert found
    assert all(re.fullmatch(r"[0-9a-f]{6}", colour) for colour in found)


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("keys.1", "tecla 1"),
        ("on.later", "fica para depois"),
        ("wish.callback", "pede retorno"),
        ("cases.reset", "é reset"),
        ("then", ""),
        ("give_up", "desiste"),
        ("anything", "anything"),
    ],
)
def test_an_edge_is_labelled_for_its_reader(key: str, word: str) -> None:
    assert edge_word(key) == word


def test_every_node_type_has_a_word_of_its_own() -> None:
    assert set(TYPE_WORDS) == set(NODE_TYPES)
    assert len(set(TYPE_WORDS.values())) == len(TYPE_WORDS)


def quotes() -> FlowBook:
    """A book whose words would break out of a string."""
    flow = {"title": 'Fim "de\\ verdade"\n}', "nodes": {'b"y\\e': BYE["bye"]}}
    return make_book({"main": flow, "common": COMMON})


@pytest.mark.parametrize("book", [desk(), quotes()], ids=["desk", "quotes"])
def test_graphviz_takes_the_drawing_without_a_word(book: FlowBook) -> None:
    for flow in (None, *book.flows):
        done = subprocess.run(
            ["dot", "-Tplain"], input=to_dot(book, flow), capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("graph ")
