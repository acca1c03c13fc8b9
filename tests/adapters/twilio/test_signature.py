"""Signatures: Twilio's vectors, the URL as received, and every way to be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder

from ivr.adapters.twilio.signature import (
    Signatures,
    check,
    expected_signature,
    signed_url,
    signed_websocket_url,
)

TOKEN = "0123456789abcdef0123456789abcdef"
SECOND = "fedcba9876543210fedcba9876543210"
PUBLIC = "https://ura.ms.gov.br"
EXAMPLE = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]
OTHER_NUMBER = [(n, v.replace("5310", "5309")) for n, v in EXAMPLE]
VECTORS = [
    ("https://example.com/myapp.php?foo=1&bar=2", EXAMPLE, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("https://mycompany.com/myapp.php?foo=1&bar=2", OTHER_NUMBER, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
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


def sign(url: str, fields: list[tuple[str, str]], token: str = TOKEN) -> str:
    """Written anew, so that the library is not judged by itself."""
    pairs = {(n, v) for n, v in fields}
    text = url + "".join(n + v for n, v in sorted(pairs))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@pytest.mark.parametrize(("url", "fields", "signature"), VECTORS)
def test_known_vectors_are_reproduced(
    url: str, fields: list[tuple[str, str]], signature: str
) -> None:
    assert expected_signature("12345", url, MultiDict(fields)) == signature


@pytest.mark.parametrize("url", [url for url, _, _ in VECTORS])
def test_a_genuine_request_passes(url: str) -> None:
    fields = [("CallSid", "CA1"), ("ToCity", "São Paulo"), ("ToZip", "")]
    assert check([TOKEN], url, MultiDict(fields), sign(url, fields))


@pytest.mark.parametrize(
    ("signed", "seen"),
    [
        ("https://ura.ms.gov.br/v", "https://ura.ms.gov.br:443/v"),
        ("https://ura.ms.gov.br:443/v", "https://ura.ms.gov.br/v"),
        ("https://ura.ms.gov.br/v", "https://ura.ms.gov.br:8443/v"),
        ("https://ura.ms.gov.br:8443/v", "https://ura.ms.gov.br:8443/v"),
        ("http://ura.ms.gov.br:80/v", "http://ura.ms.gov.br/v"),
        ("http://localhost:8000/v", "http://localhost:8000/v"),
    ],
)
def test_the_port_may_be_there_or_not(signed: str, seen: str) -> None:
    fields = [("CallSid", "CA1")]
    assert check([TOKEN], seen, MultiDict(fields), sign(signed, fields))


@pytest.mark.parametrize(
    "header",
    [None, "", "x", "é" * 28, "\udcff" * 28, b"bytes", 7, "L/OH5YylLD5NRKLltdqwSvS0BnU", "=" * 28],
)
def test_a_missing_or_wrong_header_is_refused(header: object) -> None:
    form = MultiDict(EXAMPLE)
    assert check([TOKEN], PUBLIC + "/v", form, header) is False  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ['{"CallSid": "CA1"}', b"CallSid=CA1", ["CallSid"], 3])
def test_a_body_that_is_no_form_is_refused(form: object) -> None:
    url = PUBLIC + "/v"
    assert check([TOKEN], url, form, sign(url, [])) is False  # type: ignore[arg-type]


def test_a_form_that_cannot_be_encoded_is_refused() -> None:
    assert check([TOKEN], PUBLIC + "/v", MultiDict([("CallSid", "\udc80")]), "x" * 28) is False


def test_a_signature_of_another_url_token_or_value_is_refused() -> None:
    url, fields = PUBLIC + "/voice/turn?n=1", [("CallSid", "CA1"), ("Digits", "12")]
    good = sign(url, fields)
    signatures = Signatures([TOKEN])
    assert signatures.check(url=url, form=MultiDict(fields), header=good)
    assert not signatures.check(url=url[:-1] + "2", form=MultiDict(fields), header=good)
    assert not signatures.check(url=url, form=MultiDict(fields[:1]), header=good)
    assert not signatures.check(url=url, form=None, header=good)
    assert not signatures.check(url=url, form=MultiDict(fields), header=good[:-2])
    assert not signatures.check(url=url, form=MultiDict(fields), header=sign(url, fields, SECOND))


def test_both_tokens_pass_while_tokens_rotate() -> None:
    url, fields = PUBLIC + "/v", [("CallSid", "CA1")]
    both = Signatures([TOKEN, SECOND])
    for token in (TOKEN, SECOND):
        assert both.check(url=url, form=MultiDict(fields), header=sign(url, fields, token))
    old = sign(url, fields, "another-token-of-enough-length")
    assert not both.check(url=url, form=MultiDict(fields), header=old)


@pytest.mark.parametrize("tokens", [[], [""], ["   "], ["short"], [TOKEN, ""], TOKEN, " " * 32])
def test_no_empty_or_short_token_is_taken(tokens: list[str]) -> None:
    with pytest.raises(ValueError, match="token"):
        Signatures(tokens)


def test_an_empty_token_would_sign_happily() -> None:
    assert expected_signature("", PUBLIC + "/v", MultiDict(EXAMPLE))


@pytest.mark.parametrize(
    "target",
    [
        "/voice/turn?n=1",
        "/voice/turn?ToCity=S%C3%A3o%20Paulo",
        "/voice/%7Cturn%2Fa?x=%7E",
        "/voice/turn?",
        "//evil.example/voice/turn",
        "/voice/turn?next=http://evil.example/",
    ],
)
def test_the_raw_target_is_kept_to_the_letter(target: str) -> None:
    environ = {"RAW_URI": target, "PATH_INFO": "/other", "HTTP_HOST": "evil.example"}
    assert signed_url(PUBLIC, environ) == PUBLIC + target


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("http://evil.example/voice/turn?n=1", "/voice/turn?n=1"),
        ("https://evil.example:99/voice/turn", "/voice/turn"),
        ("http://evil.example", "/"),
        ("http://evil.example?n=1", "/?n=1"),
        ("*", "/*"),
    ],
)
def test_an_absolute_target_loses_its_authority(raw: str, path: str) -> None:
    assert signed_url(PUBLIC, {"RAW_URI": raw}) == PUBLIC + path


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
        {"X-Forwarded-Port": "81", "X-Forwarded-Prefix": "/x", "Forwarded": "host=evil"},
        {"X-Original-URL": "/admin", "X-Rewrite-URL": "/admin"},
    ],
)
def test_no_header_changes_the_url(headers: dict[str, str]) -> None:
    environ = EnvironBuilder(path="/voice/turn", query_string="n=1", headers=headers).get_environ()
    assert signed_url(PUBLIC, environ) == PUBLIC + "/voice/turn?n=1"


def test_without_a_raw_target_the_path_is_quoted_again() -> None:
    environ = EnvironBuilder(path="/voz/São Paulo", query_string="q=%C3%A3").get_environ()
    environ.pop("RAW_URI", None)
    environ.pop("REQUEST_URI", None)
    assert signed_url(PUBLIC, environ) == PUBLIC + "/voz/S%C3%A3o%20Paulo?q=%C3%A3"


@pytest.mark.parametrize("public", ["", "ura.ms.gov.br", "ftp://ura.ms.gov.br", "https://"])
def test_a_public_address_without_origin_is_refused(public: str) -> None:
    with pytest.raises(ValueError, match="PUBLIC_URL"):
        signed_url(public, {"RAW_URI": "/"})


def test_login_and_path_of_the_public_address_do_not_count() -> None:
    assert signed_url("https://u:p@ura.ms.gov.br/x/", {"RAW_URI": "/v"}) == PUBLIC + "/v"


def test_the_url_that_the_framework_shows_would_fail() -> None:
    app = Flask(__name__)
    query = "ToCity=S%C3%A3o%20Paulo&x=%7C"
    with app.test_request_context(f"/voice/turn?{query}", base_url=PUBLIC):
        raw = {**request.environ, "RAW_URI": f"/voice/turn?{query}"}
        ours, theirs = signed_url(PUBLIC, raw), request.url
    good = sign(f"{PUBLIC}/voice/turn?{query}", [])
    assert check([TOKEN], ours, MultiDict(), good)
    assert not check([TOKEN], theirs, MultiDict(), good)


def test_a_plain_dictionary_would_lose_repeated_fields() -> None:
    url, fields = PUBLIC + "/v", [("D", "a"), ("D", "b")]
    good = sign(url, fields)
    form = MultiDict(fields)
    assert check([TOKEN], url, form, good)
    assert not check([TOKEN], url, MultiDict(form.to_dict()), good)


def test_a_media_stream_handshake_is_checked_with_and_without_slash() -> None:
    url = signed_websocket_url(PUBLIC, {"RAW_URI": "/voice/media"})
    assert url == "wss://ura.ms.gov.br/voice/media"
    signatures = Signatures([TOKEN])
    for signed in (url, url + "/", "wss://ura.ms.gov.br:443/voice/media"):
        assert signatures.check_websocket(url=url, header=sign(signed, [])) is (
            signed != "wss://ura.ms.gov.br:443/voice/media"
        )
    assert not signatures.check_websocket(url=url, header=sign("wss://ura.ms.gov.br/other", []))
    assert not signatures.check_websocket(url=url, header=None)


@given(st.text(), st.text(), st.lists(st.tuples(st.text(), st.text())), st.text())
def test_nothing_raises_and_nothing_unsigned_passes(
    path: str, raw: str, fields: list[tuple[str, str]], header: str
) -> None:
    url = signed_url(PUBLIC, {"RAW_URI": raw, "PATH_INFO": path})
    assert check([TOKEN], url, MultiDict(fields), header) is False
