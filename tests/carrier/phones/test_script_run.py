"""The runner: stories that come true, and the same stories with one thing wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted_service import DESK, Phone, ScriptedService

from ivr.carrier.audio import wav
from ivr.carrier.exchange import Exchange
from ivr.carrier.script import BadScript, parse_script
from ivr.carrier.script_play import StepTold
from ivr.carrier.script_run import ScriptResult, run_script

ANA = {"key": "ana", "pin": "80264917", "cpf": "12345678909", "mobile": "+5567999990001"}
STORY: dict[str, Any] = {
    "story": "A caller says a PIN and a code, and is thanked",
    "person": "ana",
    "steps": [
        {"hears": ["greeting.welcome", "main.menu"], "absent": ["error.sorry"], "press": "1"},
        {"hears": ["verify.pin"], "press": "{pin}#"},
        {"hears": ["verify.code"], "press": "{sms_code}"},
    ],
    "ends": {"by": "system", "hears": ["bye.thanks"], "sms": ["codigo"]},
}
PIECES = ("greeting.welcome", "main.menu", "verify.pin", "verify.code", "bye.thanks")


def play(*pieces: str) -> str:
    return "".join(f"<Play>/prompts/{piece}.wav</Play>" for piece in pieces)


@pytest.fixture
def desk(service: ScriptedService) -> ScriptedService:
    for piece in PIECES:
        service.sound(f"/prompts/{piece}.wav", 1.0)
    menu = play("greeting.welcome", "main.menu")
    service.on("/voice", f'<Gather numDigits="1" action="/pin">{menu}</Gather>')
    service.on("/pin", f'<Gather finishOnKey="#" action="/code">{play("verify.pin")}</Gather>')
    service.on(
        "/code", f'<Gather numDigits="6" action="/bye">{play("verify.code")}</Gather><Hangup/>'
    )
    service.on("/bye", play("bye.thanks"))
    return service


def tell(
    phone: Phone,
    story: dict[str, Any],
    *,
    told: list[StepTold] | None = None,
    sms: str = "codigo 123456",
) -> ScriptResult:
    """Run a story; a message leaves for Ana when the service has her PIN."""

    async def work(exchange: Exchange) -> ScriptResult:
        def watch(seen: Any) -> None:
            if seen.path == "/code" and sms:
                exchange.inbox.send(from_=DESK, to=ANA["mobile"], body=sms)

        phone.service.watch = watch
        script = parse_script(story, name="x.toml")
        tell = told.append if told is not None else None
        return await run_script(script, exchange, [ANA], to=DESK, tell=tell)

    result = phone.run(work)
    assert isinstance(result, ScriptResult)
    return result


def test_a_story_that_comes_true(phone: Phone, desk: ScriptedService) -> None:
    told: list[StepTold] = []
    result = tell(phone, STORY, told=told)
    assert result.problems == []
    assert result.heard == list(PIECES)
    assert desk.at("/code")[0]["Digits"] == "80264917"
    assert desk.at("/bye")[0]["Digits"] == "123456"
    assert [(each.number, each.ok) for each in told] == [(1, True), (2, True), (3, True), (0, True)]
    assert told[0].heard == ("greeting.welcome", "main.menu")


def changed(step: int, **values: Any) -> dict[str, Any]:
    steps = [dict(each) for each in STORY["steps"]]
    steps[step - 1].update(values)
    return {**STORY, "steps": steps}


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        changed(2, hears=["verify.voice"], within=5),
        "step 2: expected to hear verify.voice; heard verify.pin within 5 s",
    ),
    (
        changed(1, hears=["main.menu", "greeting.welcome"], within=5),
        "step 1: expected to hear main.menu, greeting.welcome; heard greeting.welcome, main.menu",
    ),
    (
        changed(1, absent=["greeting.welcome"]),
        "step 1: heard greeting.welcome, which must be absent",
    ),
    (changed(2, press="{password}#"), "step 2: {password}: known are "),
    (
        {**STORY, "ends": {"by": "caller"}},
        "end: ended by the system, not by the caller",
    ),
    (
        {**STORY, "ends": {"by": "system", "hears": ["bye.fault"]}},
        "end: expected to hear bye.fault; heard bye.thanks",
    ),
    (
        {**STORY, "ends": {"by": "system", "sms": ["codigo", "nao-fui-eu"]}},
        "end: no message with 'nao-fui-eu' after the ones before it",
    ),
    (
        {**STORY, "steps": STORY["steps"][:2], "ends": {"by": "system", "within": 1}},
        "end: the call did not end within 1 s",
    ),
]


@pytest.mark.parametrize(("story", "problem"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_a_story_that_does_not_come_true_says_where_and_what(
    phone: Phone, desk: ScriptedService, story: dict[str, Any], problem: str
) -> None:
    told: list[StepTold] = []
    result = tell(phone, story, told=told)
    assert not result.ok
    (only,) = result.problems
    assert only.startswith(problem)
    assert [each.problem for each in told if not each.ok] == [only]
    assert result.call.ended


def test_a_line_that_closes_early_is_told(phone: Phone, desk: ScriptedService) -> None:
    desk.on("/pin", "<Hangup/>")
    (problem,) = tell(phone, STORY).problems
    assert problem == "step 2: expected to hear verify.pin; heard - and the line closed"


def test_answers_of_5xx_are_told_though_the_story_came_true(
    phone: Phone, desk: ScriptedService
) -> None:
    desk.on("/bye", play("bye.thanks") + "<Redirect>/gone</Redirect>")
    desk.on("/gone")
    desk.replies["/gone"] = [_unavailable()]
    (problem,) = tell(phone, STORY).problems
    assert problem == "end: 1 answers of 5xx"


def test_a_code_that_never_comes_is_told(phone: Phone, desk: ScriptedService) -> None:
    desk.on(
        "/code",
        f'<Gather numDigits="6" timeout="60" action="/bye">{play("verify.code")}</Gather>',
    )
    (problem,) = tell(phone, STORY, sms="").problems
    assert problem == "step 3: {sms_code}: no message with a code has come"


def test_an_unknown_person_and_an_unknown_fault_are_bad_scripts(
    phone: Phone, desk: ScriptedService
) -> None:
    with pytest.raises(BadScript, match="person: 'zoe' is none of: ana"):
        tell(phone, {**STORY, "person": "zoe"})
    with pytest.raises(BadScript, match="faults: known are slow_webhook"):
        tell(phone, {**STORY, "faults": {"rain": True}})


def _unavailable() -> Any:
    from scripted_service import Reply

    return Reply(status="503 Service Unavailable", kind="text/plain", body="later")


def test_a_step_may_put_the_sound_of_a_file_on_the_line(
    phone: Phone, desk: ScriptedService, tmp_path: Path
) -> None:
    voice = b"\x00\x10\x00\xf0" * 4000
    file = tmp_path / "recado.wav"
    file.write_bytes(wav(voice))
    desk.on("/pin", f'<Gather finishOnKey="#" action="/tape">{play("verify.pin")}</Gather>')
    desk.on("/tape", '<Record action="/bye" playBeep="false" finishOnKey="#" timeout="2"/>')
    steps = [*STORY["steps"][:2], {"sound": str(file), "after": True}]
    result = tell(phone, {**STORY, "steps": steps, "ends": STORY["ends"] | {"sms": []}})
    assert result.problems == []
    (recording,) = phone.exchange.recordings.values()
    assert voice in (recording.samples or b"")


@pytest.mark.parametrize("content", [None, b"no sound"])
def test_a_file_that_is_no_telephone_sound_is_said(
    phone: Phone, desk: ScriptedService, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "x.wav"
    if content is not None:
        file.write_bytes(content)
    result = tell(phone, {**STORY, "steps": [{"hears": ["main.menu"], "sound": str(file)}]})
    (problem,) = result.problems
    assert problem.startswith("step 1: sound: x.wav")
