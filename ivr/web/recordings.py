"""``/gravacoes/<sid>``: the sound of a recording, for who may hear it and said why.

The reason is asked on the ticket's page; it opens that one recording to this log-in for a while.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.domain.local_time import to_local
from ivr.ports.staff import Role
from ivr.ports.store import RecordingRow, StoreUnavailableError
from ivr.service import recordings_heard as heard
from ivr.service.tickets_gaps import Gap, gaps_of
from ivr.service.transcripts import transcripts_of
from ivr.web.door import me, my_session, staff_page
from ivr.web.edge import runtime
from ivr.web.headers import CONTENT_SECURITY_POLICY
from ivr.web.ticket_words import PURPOSES
from ivr.web.transcripts_view import shown_of

bp = Blueprint("recordings", __name__, url_prefix="/gravacoes")

READERS: tuple[Role, ...] = ("agent", "supervisor", "auditor")
LISTENERS: tuple[Role, ...] = ("supervisor", "auditor")
"""Who reads the pages of calls, where a recording may be heard too."""
OPEN_SECONDS = 15 * 60
MOST_OPEN = 20
_HEARD = "heard"
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
WORDS = {
    "unknown": "Não existe esta gravação.",
    "forbidden": "Só quem falou nesta gravação, a supervisão e a auditoria podem ouvi-la.",
    "reason": "Escolha o motivo antes de ouvir.",
    "away": "A gravação ainda não chegou ao nosso arquivo, ou se perdeu na operadora.",
    "spoilt": "O arquivo da gravação está danificado e não pode ser ouvido.",
}
STATUS = {"unknown": 404, "forbidden": 403, "reason": 422, "away": 404, "spoilt": 500}


@bp.post("/<sid>")
@staff_page(*READERS)
def ask(sid: str) -> ResponseReturnValue:
    """Say why; then the player stands on the ticket's page."""
    try:
        row = heard.ask_to_hear(runtime(), sid, me(), reason=request.form.get("motivo", ""))
    except heard.NotHeardError as error:
        return _refused(error.reason)
    until = int(runtime().clock.now().timestamp()) + OPEN_SECONDS
    mine = my_session().id
    opened = {k: v for k, v in _opened().items() if k != sid}
    session[_HEARD] = {"by": mine, "open": dict([*opened.items(), (sid, until)][-MOST_OPEN:])}
    back = url_for("tickets.show", protocol=row.protocol)
    if request.form.get("volta") == "chamada" and set(LISTENERS) & set(me().roles):
        back = url_for("calls.show_call", sid=row.call_sid)
    return redirect(f"{back}#gravacoes", 303)


@bp.get("/<sid>")
@staff_page(*READERS)
def sound(sid: str) -> ResponseReturnValue:
    """The WAV, whole or a part (RFC 9110 §14)."""
    try:
        found = heard.sound_of(runtime(), sid, me())
        if sid not in _opened():
            raise heard.NotHeardError("reason")
    except heard.NotHeardError as error:
        return _refused(error.reason)
    size = found.kept.size
    wanted = _range(request.headers.get("Range", ""), size)
    if wanted is None:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, stop = wanted
    whole = "Range" not in request.headers or (start, stop) == (0, size)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": "inline",
        "Content-Length": str(stop - start),
    }
    if not whole:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    body = heard.parts(runtime(), found, start=start, stop=stop)
    return Response(body, 200 if whole else 206, headers=headers, content_type="audio/wav")


@bp.errorhandler(CSRFError)
def stale_page(error: CSRFError) -> ResponseReturnValue:
    return render_template("chamados/stale.html"), 400


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("chamados/later.html"), 503, {"Retry-After": "30"}


@bp.after_app_request
def let_it_play(response: Response) -> Response:
    """The pages of a ticket and of a call may play our own sound, no other page any."""
    if request.endpoint in ("tickets.show", "calls.show_call"):
        policy = f"{CONTENT_SECURITY_POLICY}; media-src 'self'"
        response.headers["Content-Security-Policy"] = policy
    return response


@bp.app_template_global("recording_lines")
def lines(rows: tuple[RecordingRow, ...]) -> list[dict[str, Any]]:
    """Recordings of a ticket as its page shows them to whoever is logged in."""
    rt, staff, opened = runtime(), me(), _opened()
    found = []
    with rt.store.begin(write=False) as tx:
        made = transcripts_of(tx, rows)
        for row in rows:
            may = heard.may_hear(tx, row, staff)
            found.append(
                {
                    "row": row,
                    "may": may,
                    "purpose": PURPOSES.get(row.purpose, row.purpose),
                    "transcript": shown_of(tx, row, made.get(row.sid)) if may else None,
                    "open": row.sid in opened,
                    "gaps": [_gap(gap) for gap in gaps_of(tx, row)],
                    "reasons": heard.REASONS,
                }
            )
    return found


def _gap(gap: Gap) -> dict[str, str]:
    def clock(at: Any) -> str:
        return to_local(at).strftime("%H:%M") if at else ""

    return {"from": clock(gap.began), "to": clock(gap.ended), "by": gap.by}


def _opened() -> dict[str, int]:
    """Recordings that this log-in said a reason for, and until when."""
    kept = session.get(_HEARD)
    if not isinstance(kept, dict) or kept.get("by") != my_session().id:
        return {}
    now = runtime().clock.now().timestamp()
    return {sid: until for sid, until in dict(kept.get("open", {})).items() if until > now}


def _refused(reason: str) -> ResponseReturnValue:
    if request.method == "GET" and reason == "unknown":
        abort(404)
    return render_template("gravacoes/refused.html", why=WORDS[reason]), STATUS[reason]


def _range(text: str, size: int) -> tuple[int, int] | None:
    """Start and stop of a part; the whole for no range and for one of another shape; None for
    one that lies outside."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return 0, size
    if not found[1]:
        length = min(int(found[2]), size)
        return (size - length, size) if length else None
    start, stop = int(found[1]), int(found[2]) + 1 if found[2] else size
    if start >= size or stop <= start:
        return None
    return start, min(stop, size)
