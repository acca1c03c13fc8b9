"""An official model from its makers' list into the service's folder: fetched, checked, unpacked."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from ivr.adapters.speech.vosk_download import (
    TIMEOUT,
    FetchError,
    Progress,
    check_address,
    download,
)
from ivr.adapters.speech.vosk_model import (
    DESCRIPTION,
    ModelError,
    VoskModelFolder,
    read_folder,
)

SOURCE = "https://alphacephei.com/vosk/models"
DEFAULT = "vosk-model-small-pt-0.3"
LICENCES = {"vosk-model-small-pt-0.3": "Apache-2.0", "vosk-model-pt-fb-v0.1.1": "GPL-3.0"}
"""By the beginning of the name, as the makers' page tells (alphacephei.com/vosk/models)."""
MOST_UNPACKED = 8 * 1024**3
MOST_FILES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model in its place. ``sha256`` of the archive, to pin the next fetch with."""

    folder: VoskModelFolder
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """What the archive must hash to."""

    algorithm: str
    value: str


def fetch(
    *,
    name: str,
    target: Path,
    sha256: str = "",
    source: str = SOURCE,
    told: Callable[[Progress], None] = lambda progress: None,
    wait: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Put the model ``name`` at ``target``, in place of what is there.

    Without ``sha256`` the checksum is the one of the makers' list, an MD5: it finds a broken
    file, and https alone vouches for the sender. Raises FetchError; an archive that breaks off
    stays beside the target and is taken up by the next run.
    """
    check = Checksum(algorithm="sha256", value=sha256.lower()) if sha256 else _listed(source, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / f"{name}.zip.part"
    download(f"{source.rstrip('/')}/{name}.zip", part, told=told, wait=wait)
    found = _hash(part, check.algorithm)
    if found != check.value:
        _forget(part)
        raise FetchError(
            f"{name}: {check.algorithm} {found}, esperado {check.value}; o arquivo foi apagado"
        )
    try:
        own = _install(part, name=name, target=target, source=source)
    finally:
        _forget(part)
    return Fetched(folder=read_folder(target, demo=False), sha256=own)


def _install(part: Path, *, name: str, target: Path, source: str) -> str:
    """Unpack, describe, examine, put in place. Its SHA-256."""
    own = _hash(part, "sha256")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".speech-") as scratch:
        unpacked = _unpack(part, Path(scratch))
        licence = next((text for start, text in LICENCES.items() if name.startswith(start)), "")
        described = {"name": name, "licence": licence, "source": source, "sha256": own}
        (unpacked / DESCRIPTION).write_text(json.dumps(described, indent=2), "utf-8")
        try:
            read_folder(unpacked, demo=False)
        except ModelError as error:
            raise FetchError(str(error)) from None
        _replace(target, unpacked, Path(scratch))
    return own


def _listed(source: str, name: str) -> Checksum:
    url = f"{source.rstrip('/')}/model-list.json"
    check_address(url)
    try:
        answer = requests.get(url, timeout=TIMEOUT)
        answer.raise_for_status()
        entries = json.loads(answer.content)
        md5 = {str(e["name"]): str(e["md5"]).lower() for e in entries if e.get("md5")}
    except requests.RequestException as error:
        raise FetchError(
            f"sem rede até {source} ({type(error).__name__}); baixe {name}.zip em outra máquina, "
            "descompacte e aponte IVR_SPEECH_MODEL para a pasta"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FetchError(f"{url}: a lista não se lê; dê o valor com --sha256") from None
    if name not in md5:
        raise FetchError(f"{name}: não está na lista de {source}")
    return Checksum(algorithm="md5", value=md5[name])


def _hash(file: Path, algorithm: str) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(
            content, lambda: hashlib.new(algorithm, usedforsecurity=algorithm != "md5")
        ).hexdigest()


def _unpack(archive: Path, into: Path) -> Path:
    """The one folder of the archive. No entry leaves it, none is a link."""
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            tops = {entry.filename.split("/")[0] for entry in entries}
            if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > MOST_UNPACKED:
                raise FetchError("o arquivo descompactado é grande demais")
            if len(tops) != 1 or any(not _within(e.filename) or _is_link(e) for e in entries):
                raise FetchError("o arquivo não tem só uma pasta de modelo")
            packed.extractall(into)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise FetchError(f"o arquivo não é um zip são ({type(error).__name__})") from None
    return into / tops.pop()


def _within(name: str) -> bool:
    parts = name.split("/")
    return ".." not in parts and parts[0] not in ("", ".") and "\\" not in name


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return (entry.external_attr >> 16) & 0o170000 == 0o120000


def _replace(target: Path, fresh: Path, scratch: Path) -> None:
    if target.exists():
        target.rename(scratch / "old")
    fresh.rename(target)


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_name(f"{part.name}.json").unlink(missing_ok=True)
