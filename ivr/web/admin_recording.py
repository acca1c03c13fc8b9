"""``/admin/falas/<fala>``: a prompt to be heard, and a person's voice for it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ivr.domain.prompts.spoken import value_pieces
from ivr.ports.prompt_studio import MOST_BYTES, MOST_SECONDS, RecordingRefused, StudioError
from ivr.ports.staff import Role
from ivr.service import prompt_recordings
from ivr.web.admin_audio import places_of
from ivr.web.admin_prompts import POLICY, Told, manifest, told, told_value
from ivr.web.admin_view import LARGER_BODY, READERS, bp, page
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime

RECORDERS: tuple[Role, ...] = ("supervisor", "admin")
FORM_BYTES = 16 * 1024
"""Of the form around the sound."""
DONE = {
    "gravada": "A gravação está no ar: a próxima ligação já a ouve.",
    "sintetica": "A voz sintética está no ar de novo. A gravação ficou guardada no servidor.",
}
UNCHANGED = "Nada foi mudado: a fala de antes continua no ar."
FAULTS = {
    "empty": "Escolha um arquivo de som: o que chegou está vazio.",
    "too_big": "O arquivo tem mais de 8 MB. Grave só esta fala.",
    "no_wav": "Este arquivo não é um som WAV. Grave ou exporte como WAV e envie de novo.",
    "format": "Este WAV tem um formato que não se lê aqui. Exporte como PCM de 16 bits.",
    "rate": "A gravação tem {rate:.0f} amostras por segundo. Precisa ter de 8.000 a 192.000.",
    "silent": "Não há voz na gravação: é só silêncio.",
    "too_short": "A gravação dura {seconds:.1f} s, pouco para este texto. Veja se está inteira.",
    "too_long": "A gravação dura {seconds:.1f} s, demais para este texto. O máximo é "
    f"{MOST_SECONDS:.0f} s.",
    "too_loud": "A gravação está estourada: o som passa do máximo e distorce. Fale mais longe do "
    "microfone, ou baixe o volume de entrada, e grave de novo.",
    "too_quiet": "A gravação está baixa demais ({level:.0f} dB). Fale mais perto do microfone.",
    "noisy": "Há ruído demais atrás da voz ({above:.0f} dB abaixo dela). Grave num lugar quieto.",
    "failed": "Não foi possível usar a gravação agora. Tente de novo daqui a pouco.",
    "synthetic": "Esta fala não tem gravação enviada por aqui.",
    "off": "Este serviço não guarda gravações de falas.",
}


@bp.get("/falas/<fala>")
@staff_page(*READERS)
def show_prompt(fala: str) -> ResponseReturnValue:
    """A prompt by its id, or one of the values' pieces."""
    return _page(fala, done=DONE.get(request.args.get("feito", ""), ""))


@bp.post("/falas/<fala>/gravacao/<peca>")
@staff_page(*RECORDERS)
def record_prompt(fala: str, peca: str) -> ResponseReturnValue:
    """Use a recorded voice for one piece of the prompt."""
    if not _has(fala, peca):
        return _page(fala)
    file = request.files.get("som")
    try:
        sound = file.stream.read(MOST_BYTES + 1) if file else b""
        prompt_recordings.record(runtime(), peca, sound, by=me())
    except RecordingRefused as refused:
        return _page(fala, piece=peca, fault=refused.fault, facts=refused.facts)
    except StudioError:
        return _page(fala, piece=peca, fault="failed")
    except prompt_recordings.NoStudioError:
        return _page(fala, piece=peca, fault="off")
    return redirect(url_for("admin.show_prompt", fala=fala, feito="gravada"), 303)


@bp.post("/falas/<fala>/sintetica/<peca>")
@staff_page(*RECORDERS)
def synthetic_prompt(fala: str, peca: str) -> ResponseReturnValue:
    """Go back to the synthetic voice for one piece of the prompt."""
    if not _has(fala, peca):
        return _page(fala)
    try:
        done = prompt_recordings.withdraw(runtime(), peca, by=me())
    except StudioError:
        return _page(fala, piece=peca, fault="failed")
    except prompt_recordings.NoStudioError:
        return _page(fala, piece=peca, fault="off")
    if not done:
        return _page(fala, piece=peca, fault="synthetic")
    return redirect(url_for("admin.show_prompt", fala=fala, feito="sintetica"), 303)


LARGER_BODY["admin.record_prompt"] = MOST_BYTES + FORM_BYTES
_STATUS = {"failed": 503, "synthetic": 409, "off": 409, "too_big": 413}


def _page(
    fala: str,
    *,
    done: str = "",
    piece: str = "",
    fault: str = "",
    facts: Mapping[str, float] | None = None,
) -> ResponseReturnValue:
    one = _told(fala)
    if not one.parts:
        return page("admin/no_prompt.html", status=404)
    answer = page(
        "admin/prompt.html",
        status=_STATUS.get(fault, 422) if fault else 200,
        one=one,
        done=done,
        bad=piece,
        fault=_words(fault, facts or {}),
        may_record=bool(set(RECORDERS) & set(me().roles)),
        uploaded=prompt_recordings.uploaded(runtime()),
        used=places_of(runtime().flows.current).get(fala, ()),
    )
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def _told(fala: str) -> Told:
    text = value_pieces().get(fala)
    if text:
        return told_value(fala, text, manifest())
    return told(fala, runtime().prompts, manifest())


def _has(fala: str, peca: str) -> bool:
    return any(part.piece == peca for part in _told(fala).parts)


def _words(fault: str, facts: Mapping[str, float]) -> str:
    if not fault:
        return ""
    known = {"seconds": 0.0, "rate": 0.0, "level": 0.0, "noise": 0.0, **facts}
    told_words = FAULTS[fault].format(above=known["level"] - known["noise"], **known)
    return f"{told_words} {UNCHANGED}"
