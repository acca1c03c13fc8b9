"""No-input, no-match, too short and too long at every input of the shipped flows, as calls over
the carrier: each has words of its own, and the call goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from calls_engine import book
from desk import DESK, NIGHT, OPEN, Desk, people

from ivr.carrier.exchange import Exchange
from ivr.carrier.script import Script, Step, parse_script
from ivr.carrier.script_run import ScriptResult, run_script


@dataclass(frozen=True)
class Input:
    """An input of the flows: the way there, what it asks, and what is wrong for it."""

    node: str
    way: tuple[dict[str, object], ...]
    asks: str
    faults: dict[str, tuple[dict[str, object], str]]
    at: datetime = OPEN


MENU = {"hears": ["main.menu"]}
TO_CPF = ({**MENU, "press": "1"},)
TO_CONFIRM = (*TO_CPF, {"hears": ["identify.ask"], "press": "{cpf}"})
TO_PIN = (*TO_CONFIRM, {"hears": ["identify.confirm_cpf"], "press": "1"})
TO_CODE = (*TO_PIN, {"hears": ["verify.pin"], "press": "{pin}#"})
TO_SERVICE = (*TO_CODE, {"hears": ["verify.code"], "press": "{sms_code}"})
TO_ACTION = (*TO_SERVICE, {"hears": ["service.ask"], "press": "1"})
TO_TICKET = ({**MENU, "press": "2"},)
TO_AFTER = (*TO_TICKET, {"hears": ["ticket.ask"], "press": "{protocol}"})
CLOSED = ({**MENU, "press": "0"},)

SILENCE = ({"silence": True}, "error.no_input")
NO_DIGITS = ({"silence": True}, "error.no_input_digits")
WRONG_KEY = ({"press": "7"}, "error.no_match")
SHORT = ({"press": "12#"}, "error.too_short")

INPUTS = (
    Input("main.menu", (), "main.menu", {"no_input": SILENCE, "no_match": WRONG_KEY}),
    Input(
        "identify.who",
        TO_CPF,
        "identify.ask",
        {
            "no_input": NO_DIGITS,
            "no_match": ({"press": "{bad_cpf}"}, "identify.bad_number"),
            "too_short": SHORT,
            "too_long": (
                {"say": "um dois três quatro cinco seis sete oito nove zero um dois"},
                "error.too_long",
            ),
        },
    ),
    Input(
        "identify.who (confirm)",
        TO_CONFIRM,
        "identify.confirm_cpf",
        {"no_input": NO_DIGITS, "no_match": ({"press": "7"}, "identify.bad_number")},
    ),
    Input(
        "identify.proof (pin)",
        TO_PIN,
        "verify.pin",
        {
            "no_input": NO_DIGITS,
            "no_match": ({"press": "{wrong_pin}#"}, "verify.wrong"),
            "too_short": ({"press": "123#"}, "error.too_short"),
            "too_long": ({"press": "1234567890123#"}, "error.too_long"),
        },
    ),
    Input(
        "identify.proof (code)",
        TO_CODE,
        "verify.code_again",
        {
            "no_input": NO_DIGITS,
            "no_match": ({"press": "000000"}, "verify.wrong"),
            "too_short": SHORT,
        },
    ),
    Input(
        "access.service",
        TO_SERVICE,
        "service.ask",
        {"no_input": SILENCE, "no_match": ({"press": "7"}, "service.unknown")},
    ),
    Input(
        "access.service (code)",
        (*TO_SERVICE, {"hears": ["service.ask"], "press": "2"}),
        "service.ask_code",
        {
            "no_input": SILENCE,
            "no_match": ({"press": "9999"}, "service.unknown"),
            "too_short": SHORT,
        },
    ),
    Input(
        "access.action",
        TO_ACTION,
        "access.action",
        {"no_input": SILENCE, "no_match": WRONG_KEY},
    ),
    Input(
        "access.ask_delivery",
        (*TO_ACTION, {"hears": ["access.action"], "press": "1"}),
        "access.delivery",
        {"no_input": SILENCE, "no_match": WRONG_KEY},
    ),
    Input(
        "ticket.ask",
        TO_TICKET,
        "ticket.ask",
        {
            "no_input": NO_DIGITS,
            "no_match": ({"press": "202600000013"}, "ticket.bad_number"),
            "too_short": SHORT,
            "too_long": (
                {"say": "dois zero dois seis zero zero zero zero zero zero zero zero um dois"},
                "error.too_long",
            ),
        },
    ),
    Input(
        "ticket.after",
        TO_AFTER,
        "ticket.after",
        {"no_input": SILENCE, "no_match": WRONG_KEY},
    ),
    Input(
        "ticket.message",
        (*TO_AFTER, {"hears": ["ticket.after"], "press": "1"}),
        "ticket.message",
        {"no_input": ({"wait": 8}, "explain.nothing")},
    ),
    Input(
        "explain.need",
        ({**MENU, "press": "3"},),
        "explain.ask",
        {"no_input": ({"wait": 8}, "explain.nothing")},
    ),
    Input(
        "explain.complaint",
        ({**MENU, "press": "4"},),
        "complaint.ask",
        {"no_input": ({"wait": 8}, "explain.nothing")},
    ),
    Input(
        "person.priority",
        CLOSED,
        "priority.ask",
        {},  # silence and other keys mean no: the call goes on to the queue
    ),
    Input(
        "person.tell",
        (*CLOSED, {"hears": ["queue.explain"], "press": "2"}),
        "tell.ask",
        {},  # silence leads back to the queue (explain_while_waiting_in_silence.toml)
    ),
    Input(
        "person.closed_menu",
        CLOSED,
        "hours.menu",
        {"no_input": SILENCE, "no_match": WRONG_KEY},
        at=NIGHT,
    ),
    Input(
        "person.voicemail",
        (*CLOSED, {"hears": ["hours.menu"], "press": "3"}),
        "voicemail.ask",
        {"no_input": ({"wait": 8}, "explain.nothing")},
        at=NIGHT,
    ),
    Input(
        "person.callback",
        (*CLOSED, {"hears": ["hours.menu"], "press": "1"}),
        "callback.ask_number",
        {
            "no_input": NO_DIGITS,
            "no_match": ({"press": "00000000000"}, "callback.bad_number"),
            "too_short": SHORT,
            "too_long": (
                {"say": "seis sete nove nove nove nove nove zero zero nove oito um"},
                "error.too_long",
            ),
        },
        at=NIGHT,
    ),
    Input(
        "rate.ask",
        (*TO_AFTER, {"hears": ["ticket.after"], "press": "3"}),
        "rate.ask",
        {"no_match": ({"press": "7"}, "rate.wrong")},
    ),
)
CASES = [(i, fault) for i in INPUTS for fault in i.faults]


def test_every_listening_node_of_the_shipped_flows_is_here() -> None:
    known = {i.node.split(" ")[0] for i in INPUTS}
    listening = {
        f"{flow.id}.{name}"
        for flow in book().flows.values()
        for name, node in flow.nodes.items()
        if node.listens
    }
    assert listening == known


@pytest.mark.parametrize(("where", "fault"), CASES, ids=[f"{i.node}-{f}" for i, f in CASES])
def test_fault_has_words_of_its_own_and_the_call_goes_on(
    where: Input, fault: str, desk: Desk
) -> None:
    deed, told = where.faults[fault]
    asks = "verify.code" if where.asks == "verify.code_again" else where.asks
    others = {words for name, (_, words) in where.faults.items() if name != fault} - {told}
    script: Script = parse_script(
        {
            "story": f"{fault} at {where.node}",
            "person": "ana",
            "caller": "withheld",
            "steps": [
                *where.way,
                {"hears": [asks], **deed},
                {"hears": [told, where.asks], "absent": sorted(others), "hang_up": True},
            ],
            "ends": {"by": "caller"},
        },
        name=where.node,
    )
    assert isinstance(script.steps[0], Step)

    async def scenario(exchange: Exchange) -> ScriptResult:
        return await run_script(
            script,
            exchange,
            list(people().values()),
            to=DESK,
            messages=lambda number: [body for to, body in desk.sms.sent if to == number],
        )

    result = desk.run(scenario, at=where.at)
    assert result.problems == [], result.heard
    kinds = desk.kinds(result.call.sid)
    if told not in ("verify.wrong",):
        assert f"input.{fault}" in kinds
