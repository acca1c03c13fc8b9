"""The supervisor's board ``/supervisao``, the wall ``/supervisao/tv``, and the board's actions.

Every action is a form that works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ivr.ports.staff import Role
from ivr.service import board_actions as actions
from ivr.service.board import AgentLine, Board, board_of
from ivr.service.board_alerts import acknowledge
from ivr.service.desk.not_now import NotNowError
from ivr.web import board_refusals, board_words, supervision
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime

bp = Blueprint("board", __name__, url_prefix="/supervisao")

SUPERVISOR: tuple[Role, ...] = ("supervisor",)
WALL: tuple[Role, ...] = ("supervisor", "manager")
STATE_FILTERS = {"available", "reserved", "ringing", "in_call", "wrap_up", "paused", "offline"}
STATES = {"disponivel": "available", "pausa": "paused", "desconectar": "offline"}
"""Word of the form → state."""


board_refusals.attach(bp)


@bp.get("")
@staff_page(*SUPERVISOR)
def show() -> ResponseReturnValue:
    """The board."""
    return _board("supervisao/board.html")


@bp.get("/painel")
@staff_page(*SUPERVISOR, background=True)
def panel() -> ResponseReturnValue:
    """What of it changes, for the page's script."""
    return _board("supervisao/panel.html")


@bp.get("/tv")
@staff_page(*WALL)
def wall() -> ResponseReturnValue:
    """Big numbers for a wall: nothing about single callers or agents."""
    return _wall("supervisao/tv.html")


@bp.get("/tv/painel")
@staff_page(*WALL, background=True)
def wall_panel() -> ResponseReturnValue:
    """What of the wall changes."""
    return _wall("supervisao/tv_panel.html")


@bp.post("/agentes/<agent>/estado")
@staff_page(*SUPERVISOR)
def change_state(agent: str) -> ResponseReturnValue:
    """Make an agent available, pause them, or send them off the desk."""
    state = STATES.get(request.form.get("estado", ""), "")
    reason = request.form.get("motivo", "")
    return _did(
        "estado",
        lambda: actions.change_state(runtime(), agent, state, reason=reason, by=me().id),
    )


@bp.post("/agentes/<agent>/pos-atendimento")
@staff_page(*SUPERVISOR)
def finish_wrap_up(agent: str) -> ResponseReturnValue:
    return _did("pos", lambda: actions.finish_wrap_up(runtime(), agent, by=me().id))


@bp.post("/espera/<call>/mover")
@staff_page(*SUPERVISOR)
def move_call(call: str) -> ResponseReturnValue:
    queue = request.form.get("fila", "")
    return _did("movida", lambda: actions.move_call(runtime(), call, queue=queue, by=me().id))


@bp.post("/espera/<call>/priorizar")
@staff_page(*SUPERVISOR)
def put_ahead(call: str) -> ResponseReturnValue:
    return _did("frente", lambda: actions.put_ahead(runtime(), call, by=me().id))


@bp.post("/filas/<queue>/fechar")
@staff_page(*SUPERVISOR)
def close_queue(queue: str) -> ResponseReturnValue:
    minutes = _minutes()
    return _did(
        "fechada", lambda: actions.close_queue(runtime(), queue, minutes=minutes, by=me().id)
    )


@bp.post("/filas/<queue>/abrir")
@staff_page(*SUPERVISOR)
def open_queue(queue: str) -> ResponseReturnValue:
    return _did("aberta", lambda: actions.open_queue(runtime(), queue, by=me().id))


@bp.post("/aviso")
@staff_page(*SUPERVISOR)
def begin_outage() -> ResponseReturnValue:
    """Play a message in front of the menu."""
    prompt, minutes = request.form.get("aviso", ""), _minutes()
    return _did(
        "aviso", lambda: actions.begin_outage(runtime(), prompt, minutes=minutes, by=me().id)
    )


@bp.post("/aviso/<int:outage>/encerrar")
@staff_page(*SUPERVISOR)
def end_outage(outage: int) -> ResponseReturnValue:
    return _did("aviso-fim", lambda: actions.end_outage(runtime(), outage, by=me().id))


@bp.post("/alertas/<int:alert>/visto")
@staff_page(*SUPERVISOR)
def see_alert(alert: int) -> ResponseReturnValue:
    def deed() -> None:
        if not acknowledge(runtime(), alert, by=me().id):
            raise NotNowError("visto")

    return _did("visto", deed)


def _did(done: str, deed: Callable[[], None]) -> ResponseReturnValue:
    """Do it, then lead back to the board, which tells how it went."""
    try:
        deed()
    except NotNowError as error:
        return redirect(url_for("board.show", nao=error.reason), 303)
    return redirect(url_for("board.show", feito=done), 303)


def _minutes() -> int:
    """What the form asks for, -1 for what is no number."""
    text = request.form.get("minutos", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1


def _board(template: str) -> ResponseReturnValue:
    rt = runtime()
    board = board_of(rt)
    queue, state = request.args.get("fila", ""), request.args.get("estado", "")
    queue = queue if queue in rt.queues.queues else ""
    state = state if state in STATE_FILTERS else ""
    form = "blocos" if request.args.get("forma") == "blocos" else "tabela"
    return render_template(
        template,
        b=board,
        chosen={"fila": queue, "estado": state, "forma": form},
        agents=_chosen(board, queue, state),
        messages=actions.messages_of(rt),
        queue_labels={name: data.label for name, data in rt.queues.queues.items()},
        done=board_words.DONE.get(request.args.get("feito", ""), ""),
        not_done=board_words.NOT_NOW.get(request.args.get("nao", ""), ""),
        target=rt.metric_rules.target,
        **supervision.context(),
    )


def _chosen(board: Board, queue: str, state: str) -> list[AgentLine]:
    return [
        agent
        for agent in board.agents
        if (not queue or queue in agent.skills) and (not state or agent.state == state)
    ]


def _wall(template: str) -> ResponseReturnValue:
    rt = runtime()
    return render_template(
        template,
        b=board_of(rt, people=False),
        target=rt.metric_rules.target,
        **board_words.words(rt),
    )
