"""A model comes whole or not at all: from a server of ours that cuts, lies and changes."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ivr.adapters.speech.vosk_download import FetchError, Progress, download
from ivr.adapters.speech.vosk_fetch import fetch

MODEL = Path(__file__).resolve().parents[2] / "fixtures" / "speech" / "model-pt-8k-test-only"
NAME = "vosk-model-small-pt-0.3"


def packed(*, extra: dict[str, bytes] | None = None, mark: bool = False) -> bytes:
    """The test model as the makers pack theirs: one folder in a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(MODEL.rglob("*")):
            if file.is_file() and (mark or file.name != "TEST-ONLY.txt"):
                archive.writestr(f"{NAME}/{file.relative_to(MODEL)}", file.read_bytes())
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


@dataclass
class Makers:
    """What the server has, and how it behaves."""

    url: str = ""
    archive: bytes = b""
    listed: str = ""
    tag: str = '"one"'
    cut_after: int = 0
    cuts: int = 0
    ranges: bool = True
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def publish(self, archive: bytes, *, md5: str = "") -> None:
        self.archive = archive
        entry = {"name": NAME, "md5": md5 or hashlib.md5(archive).hexdigest()}
        self.listed = json.dumps([entry])


@pytest.fixture
def makers() -> Iterator[Makers]:
    state = Makers()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path.endswith("model-list.json"):
                self._send(200, state.listed.encode(), {})
                return
            wanted = self.headers.get("Range", "")
            state.asked.append(wanted)
            if state.status != 200:
                self._send(state.status, b"", {})
                return
            size = len(state.archive)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if not state.ranges or self.headers.get("If-Range", state.tag) != state.tag:
                start = 0
            elif wanted and start >= size:
                self._send(416, b"", {"Content-Range": f"bytes */{size}"})
                return
            extra = {"ETag": state.tag}
            if start:
                extra["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
            self._send(206 if start else 200, state.archive[start:], extra)

        def _send(self, code: int, body: bytes, extra: dict[str, str]) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()
            if state.cuts and len(body) > state.cut_after:
                state.cuts -= 1
                self.wfile.write(body[: state.cut_after])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def bring(makers: Makers, target: Path, **kwargs: str) -> list[Progress]:
    told: list[Progress] = []
    fetch(
        name=NAME,
        target=target,
        source=makers.url,
        told=told.append,
        wait=lambda seconds: None,
        **kwargs,
    )
    return told


def test_a_model_is_fetched_checked_and_put_in_its_place(makers: Makers, tmp_path: Path) -> None:
    makers.publish(packed())
    target = tmp_path / "speech" / "model"
    done = fetch(name=NAME, target=target, source=makers.url)
    assert done.sha256 == hashlib.sha256(makers.archive).hexdigest()
    assert (done.folder.name, done.folder.licence) == (NAME, "Apache-2.0")
    assert done.folder.rate == 8000 and done.folder.path == target
    assert json.loads((target / "model.json").read_text("utf-8"))["sha256"] == done.sha256
    assert [file.name for file in target.parent.iterdir()] == ["model"]


def test_a_download_that_breaks_off_is_taken_up_where_it_broke(
    makers: Makers, tmp_path: Path
) -> None:
    makers.publish(packed())
    makers.cut_after, makers.cuts = 300_000, 2
    told = bring(makers, tmp_path / "model")
    assert makers.asked[0] == ""
    assert [ask.startswith("bytes=") for ask in makers.asked[1:]] == [True, True]
    assert told[-1] == Progress(done=len(makers.archive), total=len(makers.archive))


def test_another_run_takes_up_what_an_earlier_one_left(makers: Makers, tmp_path: Path) -> None:
    makers.publish(packed())
    makers.cut_after, makers.cuts = 100_000, 99
    with pytest.raises(FetchError, match="rode de novo para continuar"):
        bring(makers, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    left = (tmp_path / f"{NAME}.zip.part").stat().st_size
    assert 0 < left < len(makers.archive)
    makers.cuts = 0
    bring(makers, tmp_path / "model")
    assert makers.asked[-1] == f"bytes={left}-"
    assert (tmp_path / "model" / "am" / "final.mdl").exists()


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(
    makers: Makers, tmp_path: Path
) -> None:
    makers.publish(packed())
    makers.cut_after, makers.cuts = 100_000, 99
    with pytest.raises(FetchError):
        bring(makers, tmp_path / "model")
    makers.publish(packed(extra={f"{NAME}/README": b"another edition"}))
    makers.cuts, makers.tag = 0, '"two"'
    bring(makers, tmp_path / "model")
    assert (tmp_path / "model" / "README").read_text() == "another edition"


def test_a_server_without_ranges_sends_all_again(makers: Makers, tmp_path: Path) -> None:
    makers.publish(packed())
    makers.ranges, makers.cut_after, makers.cuts = False, 300_000, 1
    bring(makers, tmp_path / "model")
    assert (tmp_path / "model" / "conf" / "mfcc.conf").exists()


def test_a_whole_part_is_not_fetched_again(makers: Makers, tmp_path: Path) -> None:
    makers.publish(packed())
    part = tmp_path / f"{NAME}.zip.part"
    for _ in range(2):
        download(
            f"{makers.url}/{NAME}.zip", part, told=lambda told: None, wait=lambda seconds: None
        )
    assert part.read_bytes() == makers.archive


@pytest.mark.parametrize("given", ["md5", "sha256"])
def test_a_wrong_checksum_leaves_nothing_behind(makers: Makers, tmp_path: Path, given: str) -> None:
    makers.publish(packed(), md5="0" * 32)
    wrong = {"sha256": "0" * 64} if given == "sha256" else {}
    with pytest.raises(FetchError, match=f"{given} .* esperado 000"):
        bring(makers, tmp_path / "model", **wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_given_checksum_needs_no_list(makers: Makers, tmp_path: Path) -> None:
    makers.publish(packed())
    makers.listed = "no list"
    bring(makers, tmp_path / "model", sha256=hashlib.sha256(makers.archive).hexdigest().upper())
    assert (tmp_path / "model").is_dir()


@pytest.mark.parametrize("listed", ["", "{", "[]", "[3]", '{"name": 1}', '[{"name": "other"}]'])
def test_a_list_that_does_not_tell_is_told(makers: Makers, tmp_path: Path, listed: str) -> None:
    makers.publish(packed())
    makers.listed = listed
    with pytest.raises(FetchError, match="lista"):
        bring(makers, tmp_path / "model")


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_refuses_is_told(makers: Makers, tmp_path: Path, status: int) -> None:
    makers.publish(packed())
    makers.status = status
    with pytest.raises(FetchError):
        bring(makers, tmp_path / "model")
    assert len(makers.asked) == (5 if status >= 500 else 1)


@pytest.mark.parametrize("name", ["../out", f"{NAME}/../../out", "/etc/x", "other/x"])
def test_an_archive_that_reaches_out_of_its_folder_is_refused(
    makers: Makers, tmp_path: Path, name: str
) -> None:
    makers.publish(packed(extra={name: b"x"}))
    with pytest.raises(FetchError, match="uma pasta"):
        bring(makers, tmp_path / "in" / "model")
    assert not list(tmp_path.rglob("out")) and not (tmp_path / "in" / "model").exists()


def test_an_archive_with_a_link_is_refused(makers: Makers, tmp_path: Path) -> None:
    out = io.BytesIO(packed())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo(f"{NAME}/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    makers.publish(out.getvalue())
    with pytest.raises(FetchError, match="uma pasta"):
        bring(makers, tmp_path / "model")


@pytest.mark.parametrize("content", [b"", b"<html>", packed()[:50_000]])
def test_what_is_no_archive_is_refused(makers: Makers, tmp_path: Path, content: bytes) -> None:
    makers.publish(content)
    with pytest.raises(FetchError, match="zip"):
        bring(makers, tmp_path / "model")


def test_the_test_model_cannot_be_fetched_as_a_real_one(makers: Makers, tmp_path: Path) -> None:
    makers.publish(packed(mark=True))
    with pytest.raises(FetchError, match="modelo de teste"):
        bring(makers, tmp_path / "model")


def test_a_bad_archive_leaves_the_model_that_serves(makers: Makers, tmp_path: Path) -> None:
    target = tmp_path / "model"
    shutil.copytree(MODEL, target)
    makers.publish(b"<html>")
    with pytest.raises(FetchError):
        bring(makers, target)
    assert (target / "TEST-ONLY.txt").exists()
    makers.publish(packed())
    bring(makers, target)
    assert not (target / "TEST-ONLY.txt").exists()


@pytest.mark.parametrize("source", ["http://modelos.example", "ftp://127.0.0.1", "file:///tmp"])
def test_only_https_is_trusted(tmp_path: Path, source: str) -> None:
    with pytest.raises(FetchError, match="só https"):
        fetch(name=NAME, target=tmp_path / "model", source=source)


def test_no_network_is_told_with_what_to_do(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    with pytest.raises(FetchError, match="sem rede .* outra máquina"):
        fetch(name=NAME, target=tmp_path / "model", source=nobody)
    with pytest.raises(FetchError, match="sem rede .* rode de novo"):
        fetch(
            name=NAME,
            target=tmp_path / "model",
            source=nobody,
            sha256="0" * 64,
            wait=lambda seconds: None,
        )
