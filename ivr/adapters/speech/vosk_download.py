"""A large file by HTTP, taken up where it broke off (RFC 9110, sections 13.1.5 and 14)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

TRIES = 5
CHUNK = 16 * 1024
"""Less than this is lost when a connection breaks."""
MOST_BYTES = 4 * 1024**3
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and without a byte."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class FetchError(Exception):
    """The file did not come; the text says why, in pt-BR."""


class _BrokeOffError(Exception):
    """The connection ended early; what came is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Bytes so far, and in all (0 when the server tells none)."""

    done: int
    total: int


def download(
    url: str,
    part: Path,
    *,
    told: Callable[[Progress], None],
    wait: Callable[[float], None],
    tries: int = TRIES,
) -> None:
    """Fill ``part`` with the file of ``url``. What an earlier run left there is taken up, if the
    server still has the same file. ``wait`` sleeps between tries, in seconds.

    Raises FetchError; the part stays for the next run.
    """
    check_address(url)
    for attempt in range(1, tries + 1):
        try:
            _one_try(url, part, told=told)
            return
        except (_BrokeOffError, requests.RequestException) as error:
            if attempt == tries:
                kept = part.stat().st_size if part.exists() else 0
                raise FetchError(
                    f"sem rede até {urlsplit(url).hostname} ({type(error).__name__}); "
                    f"{kept} bytes guardados: rode de novo para continuar"
                ) from None
            wait(2.0 ** (attempt - 1))


def check_address(url: str) -> None:
    """Raise FetchError unless nobody on the way can change what comes."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise FetchError(f"{url}: só https")


def _one_try(url: str, part: Path, *, told: Callable[[Progress], None]) -> None:
    note = part.with_name(f"{part.name}.json")
    had = part.stat().st_size if part.exists() else 0
    tag = _noted_tag(note, url)
    headers = {"Accept-Encoding": "identity"}
    if had and tag:
        headers |= {"Range": f"bytes={had}-", "If-Range": tag}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        check_address(answer.url)
        if answer.status_code == 416 and had and _total_of(answer) == had:
            return
        if answer.status_code == 416:
            part.unlink(missing_ok=True)
            raise _BrokeOffError
        if answer.status_code in (429, 500, 502, 503, 504):
            raise _BrokeOffError
        if answer.status_code not in (200, 206):
            raise FetchError(f"{url}: o servidor respondeu {answer.status_code}")
        resumed = answer.status_code == 206 and _start_of(answer) == had
        if answer.status_code == 206 and not resumed:
            part.unlink(missing_ok=True)
            raise _BrokeOffError
        done = had if resumed else 0
        total = done + int(answer.headers.get("Content-Length") or 0)
        if total > MOST_BYTES:
            raise FetchError(f"{url}: {total} bytes são demais")
        _note(note, url, answer)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                done += len(chunk)
                if done > MOST_BYTES:
                    raise FetchError(f"{url}: mais de {MOST_BYTES} bytes")
                told(Progress(done=done, total=total))
        if total and done < total:
            raise _BrokeOffError


def _note(note: Path, url: str, answer: requests.Response) -> None:
    tag = answer.headers.get("ETag", "")
    strong = tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")
    note.write_text(json.dumps({"url": url, "tag": strong}), "utf-8")


def _noted_tag(note: Path, url: str) -> str:
    try:
        noted = json.loads(note.read_text("utf-8"))
        return str(noted["tag"]) if noted["url"] == url else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _start_of(answer: requests.Response) -> int:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1


def _total_of(answer: requests.Response) -> int:
    found = re.match(r"bytes \*/(\d+)$", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1
