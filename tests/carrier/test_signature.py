from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from ivr.carrier.signature import sign, signed_url

NODE = Path(__file__).parents[1] / "node"
CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]
VECTORS = [
    (
        "https://example.com/myapp.php?foo=1&bar=2",
        CALL,
        "L/OH5YylLD5NRKLltdqwSvS0BnU=",
    ),
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        [(name, value.replace("75310", "75309")) for name, value in CALL],
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ),
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        [
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ],
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
    ),
    (
        "https://ura.ms.gov.br/voice/menu?passo=cpf&nome=Jo%C3%A3o%20da%20Silva",
        [
            ("SpeechResult", "redefinir a senha do e-mail, por favor: ação"),
            ("Confidence", "0.91"),
            ("ToState", ""),
            ("ToCity", "São Paulo"),
            ("Digits", "#"),
        ],
        "AjQaJhdEI2fqGeG2qrjLd9b8gRQ=",
    ),
    (
        "https://ura.ms.gov.br/voice",
        [("Z", "1"), ("a", "2"), ("B", "3"), ("_", "4"), ("É", "5"), ("a b", "6")],
        "uFWxprQvlvburp50WvCGve8vV3U=",
    ),
    (
        "https://ura.ms.gov.br/voice",
        [("D", "b"), ("D", "a"), ("D", "a")],
        "/QS2zi+8g2YuNzlBTgINY3H4iBY=",
    ),
]


@pytest.mark.parametrize(("url", "fields", "signature"), VECTORS)
def test_signatures_are_those_of_the_published_vectors(
    url: str, fields: list[tuple[str, str]], signature: str
) -> None:
    assert sign(url, fields, token="12345") == signature


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://h/p#rc=2&rp=all", "https://h/p"),
        ("https://user:pa%40ss@h/p", "https://h/p"),
        ("https://h:8443/p?x=1", "https://h/p?x=1"),
        ("http://h:8000/p?x=1", "http://h:8000/p?x=1"),
        ("wss://h:443/media", "wss://h/media"),
        ("https://h/Jo%C3%A3o%7C%2F?a=%7E", "https://h/Jo%C3%A3o%7C%2F?a=%7E"),
    ],
)
def test_fragment_login_and_https_port_are_not_signed(url: str, signed: str) -> None:
    assert signed_url(url) == signed


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@given(fields=st.lists(st.tuples(names, names), max_size=8))
def test_the_python_sdk_accepts_every_signature(fields: list[tuple[str, str]]) -> None:
    signature = sign("https://ura.test/voice?x=1", fields, token="12345")
    validator = RequestValidator("12345")
    assert validator.validate("https://ura.test/voice?x=1", MultiDict(fields), signature)
    assert not validator.validate("https://ura.test/voice?x=2", MultiDict(fields), signature)


def test_the_node_sdk_signs_alike() -> None:
    requests = [
        {"url": signed_url(url), "fields": _grouped(fields), "token": "12345"}
        for url, fields, _ in VECTORS
    ]
    answer = subprocess.run(
        ["node", str(NODE / "sign.js")],
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(answer.stdout) == [
        {"signature": sign(url, fields, token="12345"), "valid": True} for url, fields, _ in VECTORS
    ]


def _grouped(fields: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in fields:
        grouped.setdefault(name, []).append(value)
    return {name: each if len(each) > 1 else each[0] for name, each in grouped.items()}
