"""Verbs into TwiML: every mapping, both voices, and no text that becomes markup."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twiml_grammar import check_twiml

from ivr.adapters.twilio import documents
from ivr.adapters.twilio.links import CONNECTION, Links, turn_of
from ivr.adapters.twilio.twiml import (
    MOST_BYTES,
    PlayVoice,
    SayVoice,
    UnrenderableError,
    Voice,
    render,
)
from ivr.flow.verbs import (
    Dial,
    Enqueue,
    Filler,
    Gather,
    Hangup,
    Record,
    Say,
    SpeakSecret,
    Utterance,
    Verb,
)

PUBLIC = "https://ura.ms.gov.br"
LINKS = Links(PUBLIC)
TURN = f"{PUBLIC}/voice/turn?n=7{CONNECTION}"
WAIT = f"{PUBLIC}/voice/wait?n=7{CONNECTION}"
TOKEN = "Zm9vYmFyLXRva2VuLTEyMw"
SAY = SayVoice(words=lambda u: f"{u.prompt} {' '.join(u.values.values())}".strip())
PLAY = PlayVoice(
    pieces=lambda u: [f"{PUBLIC}/audio/{u.prompt}-{part}.wav" for part in ("a", "b")],
    fallback=SAY,
)
HELLO = (Utterance(prompt="hello"),)


def show(*verbs: Verb, voice: Voice = SAY, **options: object) -> ElementTree.Element:
    document = render(verbs, turn=7, links=LINKS, voice=voice, **options)  # type: ignore[arg-type]
    return judged(document)


def judged(document: bytes) -> ElementTree.Element:
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?><Response')
    assert check_twiml(document.decode()) == []
    return ElementTree.fromstring(document)


def tags(element: ElementTree.Element) -> list[str]:
    return [child.tag for child in element]


def test_speech_by_the_carrier_is_portuguese() -> None:
    said = show(Say(speech=HELLO), Hangup(speech=()))[0]
    assert said.text == "hello"
    assert said.attrib == {"language": "pt-BR", "voice": "Polly.Camila-Neural"}


def test_own_audio_is_played_piece_by_piece_and_without_overrides() -> None:
    root = show(Hangup(speech=HELLO), voice=PLAY)
    assert tags(root) == ["Play", "Play", "Hangup"]
    assert root[1].text == f"{PUBLIC}/audio/hello-b.wav"


def test_a_prompt_without_audio_is_spoken_instead() -> None:
    voice = PlayVoice(pieces=lambda u: [], fallback=SAY)
    assert tags(show(Hangup(speech=HELLO), voice=voice)) == ["Say", "Hangup"]


def test_blank_speech_leaves_no_empty_element() -> None:
    voice = SayVoice(words=lambda u: " \n\x00 ")
    assert tags(show(Hangup(speech=HELLO), voice=voice)) == ["Hangup"]


def test_long_speech_is_split_at_words() -> None:
    voice = SayVoice(words=lambda u: "palavra " * 1_000)
    root = show(Hangup(speech=HELLO), voice=voice)
    assert tags(root).count("Say") > 7
    whole = " ".join(child.text or "" for child in root if child.tag == "Say")
    assert whole == ("palavra " * 1_000).strip()


def test_a_gather_of_keys() -> None:
    root = show(Say(speech=HELLO), Gather(speech=HELLO, digits=11, timeout=8))
    assert tags(root) == ["Say", "Gather", "Redirect"]
    assert root[1].attrib == {
        "input": "dtmf",
        "action": TURN,
        "method": "POST",
        "timeout": "8",
        "numDigits": "11",
        "finishOnKey": "#",
        "actionOnEmptyResult": "true",
    }
    assert tags(root[1]) == ["Say"]
    assert (root[2].text, root[2].attrib) == (TURN, {"method": "POST"})


def test_a_gather_of_both_tells_the_recogniser_what_to_hear() -> None:
    gather = show(Gather(speech=HELLO, mode="both", hints=("senha", "e-mail, login", " ")))[0]
    assert gather.attrib["input"] == "dtmf speech"
    assert gather.attrib["hints"] == "senha,e-mail login"
    assert gather.attrib["language"] == "pt-BR"
    assert gather.attrib["speechModel"] == "phone_call"
    assert gather.attrib["speechTimeout"] == "2"
    assert "numDigits" not in gather.attrib
    assert show(Gather(speech=(), mode="speech"))[0].attrib["input"] == "speech"


def test_hints_stay_within_the_limits_of_the_carrier() -> None:
    hints = tuple(f"{i} " + "x" * 200 for i in range(600))
    gather = show(Gather(speech=(), mode="both", hints=hints))[0]
    kept = gather.attrib["hints"].split(",")
    assert len(kept) == 500 and max(map(len, kept)) == 100


@pytest.mark.parametrize("mode", ["keys", "speech", "both"])
def test_a_secret_is_asked_for_by_keys_only(mode: str) -> None:
    verb = Gather(speech=HELLO, mode=mode, hints=("um",), secret=True)  # type: ignore[arg-type]
    gather = show(verb)[0]
    assert gather.attrib["input"] == "dtmf"
    assert not {"hints", "speechModel", "speechTimeout", "language"} & gather.attrib.keys()


@pytest.mark.parametrize(
    ("finish", "given"), [("#", "#"), ("", ""), ("*", "*"), ("#*", ""), ("x", "")]
)
def test_the_finishing_key_is_one_key_or_none(finish: str, given: str) -> None:
    assert show(Gather(speech=(), finish=finish))[0].attrib["finishOnKey"] == given


def test_a_recording_has_a_way_on_when_nothing_was_said() -> None:
    root = show(Record(speech=HELLO, seconds=90, silence=4))
    assert tags(root) == ["Say", "Record", "Redirect"]
    assert root[1].attrib == {
        "action": TURN,
        "method": "POST",
        "timeout": "4",
        "finishOnKey": "1234567890*#",
        "maxLength": "90",
        "playBeep": "true",
        "trim": "trim-silence",
        "recordingStatusCallback": f"{PUBLIC}/voice/recording{CONNECTION}",
        "recordingStatusCallbackMethod": "POST",
        "recordingStatusCallbackEvent": "completed absent",
    }
    assert root[2].text == TURN


def test_a_secret_is_played_once_from_its_address() -> None:
    verb = SpeakSecret(speech=HELLO, job="job-1", after=HELLO)
    root = show(verb, secret_token=TOKEN)
    assert tags(root) == ["Say", "Play", "Say", "Redirect"]
    assert root[1].attrib == {"loop": "1"}
    assert root[1].text == f"{PUBLIC}/audio/secret/{TOKEN}.wav"
    assert "job-1" not in ElementTree.tostring(root, encoding="unicode")


@pytest.mark.parametrize("token", ["", "short", "../../../etc/passwd-x", TOKEN + "\n", "a" * 129])
def test_a_secret_without_a_sound_token_is_refused(token: str) -> None:
    with pytest.raises(UnrenderableError):
        show(SpeakSecret(speech=(), job="1"), secret_token=token)


def test_filler_speech_asks_again() -> None:
    root = show(Filler(speech=HELLO))
    assert tags(root) == ["Gather", "Redirect"] and root[1].text == TURN
    gather = root[0]
    assert tags(gather) == ["Say"] and gather.attrib["action"] == TURN
    assert (gather.attrib["numDigits"], gather.attrib["timeout"]) == ("1", "1")


def test_the_queue_has_its_action_and_its_waiting_speech() -> None:
    root = show(Enqueue(speech=HELLO, queue="atendimento", max_wait=600))
    assert tags(root) == ["Say", "Enqueue"] and root[1].text == "atendimento"
    assert root[1].attrib == {
        "action": TURN,
        "method": "POST",
        "waitUrl": WAIT,
        "waitUrlMethod": "POST",
    }


def test_a_dial_rings_a_number_of_the_settings() -> None:
    numbers = {"agent": "+556733180001"}
    root = show(Dial(speech=HELLO, timeout=20), numbers=numbers, caller_id="+556733183600")
    assert tags(root) == ["Say", "Dial"]
    assert root[1].attrib == {
        "action": TURN,
        "method": "POST",
        "timeout": "20",
        "timeLimit": "3600",
        "answerOnBridge": "true",
        "callerId": "+556733183600",
    }
    assert [(n.tag, n.text) for n in root[1]] == [("Number", "+556733180001")]
    assert "callerId" not in show(Dial(speech=()), numbers=numbers)[0].attrib


@pytest.mark.parametrize("numbers", [None, {}, {"agent": ""}, {"agent": "190"}, {"other": "+5567"}])
def test_a_dial_without_a_usable_number_is_refused(numbers: dict[str, str] | None) -> None:
    with pytest.raises(UnrenderableError):
        show(Dial(speech=()), numbers=numbers)


@pytest.mark.parametrize(
    "verbs",
    [
        (),
        (Say(speech=HELLO),),
        (Hangup(speech=()), Hangup(speech=())),
        (Gather(speech=()), Say(speech=())),
    ],
)
def test_verbs_that_do_not_end_the_turn_once_are_refused(verbs: tuple[Verb, ...]) -> None:
    with pytest.raises(UnrenderableError):
        show(*verbs)


def test_a_document_over_64_kb_is_refused() -> None:
    voice = SayVoice(words=lambda u: "á" * (MOST_BYTES // 2))
    with pytest.raises(UnrenderableError):
        show(Hangup(speech=HELLO), voice=voice)


def test_no_recording_is_on_while_a_secret_is_keyed() -> None:
    root = show(Gather(speech=HELLO, secret=True))
    every = {element.tag for element in root.iter()}
    assert not every & {"Record", "Start", "Stream", "Recording", "Transcription", "Dial"}


def test_waiting_speech_listens_for_one_key_and_repeats() -> None:
    root = judged(
        documents.wait(HELLO, links=LINKS, voice=SAY, turn=7, music=f"{PUBLIC}/static/espera.wav")
    )
    assert tags(root) == ["Gather"] and tags(root[0]) == ["Say", "Play"]
    assert root[0].attrib == {
        "input": "dtmf",
        "action": WAIT,
        "method": "POST",
        "timeout": "3",
        "numDigits": "1",
        "finishOnKey": "",
    }


def test_a_caller_may_leave_the_queue() -> None:
    assert tags(judged(documents.leave())) == ["Leave"]
    assert tags(judged(documents.leave(HELLO, voice=SAY))) == ["Say", "Leave"]


@pytest.mark.parametrize(
    ("number", "order"),
    [
        (None, ["Say", "Enqueue", "Say", "Hangup"]),
        ("+556733180001", ["Say", "Dial", "Say", "Enqueue", "Say", "Hangup"]),
        ("190", ["Say", "Enqueue", "Say", "Hangup"]),
        ("+55<Hangup/>", ["Say", "Enqueue", "Say", "Hangup"]),
    ],
)
def test_the_last_resort_leads_to_a_person(number: str | None, order: list[str]) -> None:
    root = judged(documents.static_to_person(number))
    assert tags(root) == order
    assert {said.attrib["language"] for said in root.iter("Say")} == {"pt-BR"}
    assert "http" not in ElementTree.tostring(root, encoding="unicode")


def test_trying_again_asks_for_the_same_turn() -> None:
    root = judged(documents.try_again(LINKS.turn(7)))
    assert tags(root) == ["Pause", "Redirect"] and root[1].text == TURN


def test_an_empty_answer_is_empty() -> None:
    assert list(judged(documents.empty())) == []


def test_addresses_end_so_that_no_field_name_can_be_cut_off_them() -> None:
    made = [LINKS.incoming(), LINKS.turn(0), LINKS.wait(9_999), LINKS.status(), LINKS.fallback()]
    for address in [*made, LINKS.recording_callback(), LINKS.sms_status()]:
        bare, mark, overrides = address.partition("#")
        assert mark and overrides == "ct=2000&rt=5000&tt=14000&rc=2&rp=all"
        assert bare == bare.lower() and bare.startswith(PUBLIC + "/")
    assert LINKS.secret_audio(TOKEN).partition("#")[1] == ""


@pytest.mark.parametrize(
    ("query", "turn"),
    [
        ("n=0", 0),
        ("n=31", 31),
        ("n=9999", 9999),
        ("", None),
        ("n=", None),
        ("n=-1", None),
        ("n=01", None),
        ("n=10000", None),
        ("n=3&n=4", None),
        ("n=3&Digits=1", None),
        ("n=3AccountSid", None),
        ("n=%33", None),
        ("n=3\n", None),
        ("n=٣", None),
    ],
)
def test_the_turn_is_read_from_nothing_but_itself(query: str, turn: int | None) -> None:
    assert turn_of(query) == turn


@pytest.mark.parametrize("turn", [-1, 10_000])
def test_a_turn_out_of_range_has_no_address(turn: int) -> None:
    with pytest.raises(ValueError, match="turn"):
        LINKS.turn(turn)


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "</Say><Hangup/>",
            "<![CDATA[x]]>",
            "&lt;Dial&gt;",
            "]]>",
            "\x00\x0b\ufffe",
            "\ud800",
            "'\"",
        ]
    ),
)
EXPECTED: dict[str, set[str]] = {
    "Gather": {"Say", "Play", "Gather", "Redirect"},
    "Record": {"Say", "Play", "Record", "Redirect"},
    "SpeakSecret": {"Say", "Play", "Redirect"},
    "Filler": {"Say", "Play", "Gather", "Redirect"},
    "Enqueue": {"Say", "Play", "Enqueue"},
    "Hangup": {"Say", "Play", "Hangup"},
}


@st.composite
def turns(draw: st.DrawFn) -> tuple[Verb, ...]:
    speech = st.lists(
        st.builds(
            lambda prompt, value: Utterance(prompt=prompt, values={"name": value}), HOSTILE, HOSTILE
        ),
        max_size=3,
    ).map(tuple)
    made: list[Callable[[], Verb]] = [
        lambda: Gather(
            speech=draw(speech),
            mode=draw(st.sampled_from(["keys", "speech", "both"])),
            digits=draw(st.integers(-1, 40)),
            finish=draw(HOSTILE),
            timeout=draw(st.integers(-1, 60)),
            hints=tuple(draw(st.lists(HOSTILE, max_size=4))),
            secret=draw(st.booleans()),
        ),
        lambda: Record(
            speech=draw(speech), seconds=draw(st.integers(0, 999)), silence=draw(st.integers(0, 9))
        ),
        lambda: SpeakSecret(speech=draw(speech), job=draw(HOSTILE), after=draw(speech)),
        lambda: Filler(speech=draw(speech)),
        lambda: Enqueue(
            speech=draw(speech), queue="q" + draw(HOSTILE), max_wait=draw(st.integers(0, 9))
        ),
        lambda: Hangup(speech=draw(speech)),
    ]
    says = [Say(speech=draw(speech)) for _ in range(draw(st.integers(0, 2)))]
    return (*says, draw(st.sampled_from(made))())


@settings(max_examples=400, deadline=None)
@given(turns(), st.booleans())
def test_no_text_becomes_markup(verbs: tuple[Verb, ...], play: bool) -> None:
    voice = PlayVoice(pieces=lambda u: [u.prompt or "x"] if play else [], fallback=SAY)
    document = render(verbs, turn=7, links=LINKS, voice=voice, secret_token=TOKEN)
    root = ElementTree.fromstring(document)
    assert {element.tag for element in root.iter()} - {"Response"} <= EXPECTED[
        type(verbs[-1]).__name__
    ]
    addresses = {a for e in root.iter() for n, a in e.attrib.items() if n == "action"}
    assert addresses <= {TURN}
    assert {e.text for e in root.iter("Redirect")} <= {TURN}
    if not play:
        assert check_twiml(document.decode()) == []
