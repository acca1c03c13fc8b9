"""What the system recorded of a caller in this very call, and what that lets an agent ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.assurance import Never, Verified, mobile_frozen, verdict
from ivr.domain.limits import may_reset
from ivr.ports.directory import Account
from ivr.ports.errors import PortError
from ivr.ports.store import CallRow, TicketRow, Transaction
from ivr.service.requests.registry import TurnContext
from ivr.service.requests.resets import account_in, refused, within_limits
from ivr.service.runtime import Runtime
from ivr.service.session import Session
from ivr.service.tickets import live_ticket_for

REASONS: Mapping[str, str] = {
    "not_yours": "Esta conversa não está com você.",
    "over": "A ligação acabou: nada mais pode ser provado nela.",
    "not_identified": "Ninguém se identificou nesta ligação.",
    "no_such_action": "Este serviço não permite esta ação pelo telefone.",
    "not_found": "A pessoa não tem conta neste sistema.",
    "disabled": "A conta está desativada. Só o órgão da pessoa pode reativá-la.",
    "privileged": "Conta com privilégios: nunca pelo telefone.",
    "mobile_changed": "O celular do cadastro mudou há pouco e ainda não prova nada.",
    "not_proven": "Falta prova: o sistema não registrou todas as provas nesta ligação.",
    "frozen": "A própria pessoa bloqueou trocas por telefone (“não fui eu”).",
    "limited": "O limite de trocas desta conta foi atingido.",
    "unreachable": "Não há celular no cadastro que possa receber o endereço.",
    "directory_away": "O sistema de contas não respondeu. Tente de novo em um minuto.",
    "no_reason": "Escolha por que pedir a prova outra vez.",
    "consulting": "Há um colega na conversa: termine a consulta antes.",
    "not_wired": "O roteiro desta ligação não tem o caminho para provar de novo.",
    "already": "Já foi pedido nesta conversa. Veja o resultado ao lado.",
}
"""Why the system refuses, in the words of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A factor that the policy of the person's group asks for, as recorded in this call.

    ``state``: passed, failed, missing. ``at``: of the last try.
    """

    factor: str
    state: str
    at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A talk as an action needs it. ``fault``: why nothing can be done at all."""

    call: CallRow | None = None
    ticket: TicketRow | None = None
    session: Session | None = None
    recorded: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    account: Account | None = None
    fault: str = ""


def services_for(rt: Runtime, kind: str) -> tuple[str, ...]:
    """Keys of the services that allow an action by telephone."""
    return tuple(
        service.key
        for service in rt.catalogue.services
        if service.directory and service.self_service and kind in service.actions
    )


def refusal_of(
    rt: Runtime, tx: Transaction, talk: Talk, *, kind: str, service: str, looks: bool = False
) -> str:
    """Why the system would not do it now; empty when it would. ``looks``: nothing is written, not
    even that all resets are paused."""
    account, context = talk.account, turn_of(talk)
    if account is None:
        return "not_found"
    if account.disabled:
        return "disabled"
    if account.privileged:
        return "privileged"
    now = tx.now()
    if tx.resets.frozen(context.person.key, now=now):
        return "frozen"
    assessment = verdict(
        rt.policy,
        rt.policy.group_of(account.group, privileged=account.privileged),
        talk.recorded,
        mobile_frozen=mobile_frozen(rt.policy, changed_at=account.mobile_changed_at, now=now),
    )
    if isinstance(assessment, Never):
        changed = assessment.reason.value == "mobile_changed"
        return "mobile_changed" if changed else "privileged"
    if not isinstance(assessment, Verified) or context.session.engine.level != "verified":
        return "not_proven"
    delivery = "link" if kind == "reset" else ""
    word = refused(rt, tx, context, account, delivery=delivery)
    if word is not None:
        return "not_proven" if word == "refused" else word
    if kind == "reset":
        within = _seems_within_limits if looks else _is_within_limits
        if not within(rt, tx, context, service=service, now=now):
            return "limited"
    return ""


def _is_within_limits(
    rt: Runtime, tx: Transaction, context: TurnContext, *, service: str, now: datetime
) -> bool:
    return within_limits(rt, tx, context, directory=rt.directory_of(service), now=now).allowed


def _seems_within_limits(
    rt: Runtime, tx: Transaction, context: TurnContext, *, service: str, now: datetime
) -> bool:
    """The same rule in a transaction that writes nothing; the press asks the rule itself."""
    account = account_in(rt, context.person, rt.directory_of(service))
    return may_reset(
        rt.limits,
        resets_in_day=tx.resets.completed(account=account, since=now - rt.limits.reset_day),
        resets_in_month=tx.resets.completed(account=account, since=now - rt.limits.reset_month),
        global_failures=tx.proofs.failures_everywhere(since=now - rt.limits.global_window),
    ).allowed


def turn_of(talk: Talk) -> TurnContext:
    """The call as the requests of a turn see it, with only those proofs that were recorded."""
    assert talk.call is not None and talk.session is not None and talk.ticket is not None
    engine = replace(talk.session.engine, passed=talk.recorded)
    return TurnContext(
        call=replace(talk.call, protocol=talk.ticket.protocol),
        turn=talk.call.turn,
        session=replace(talk.session, engine=engine),
        effects=[],
    )


def read_talk(rt: Runtime, offer: str, *, agent: str, looks: bool = False) -> Talk:
    """The talk of an offer. ``agent``: it must be theirs; empty asks for nobody's. ``looks``: for
    showing only, with an account that may be a minute old."""
    with rt.store.begin(write=False) as tx:
        row = tx.desk.offer(offer)
        if row is None or (agent and row.agent != agent):
            return Talk(fault="not_yours")
        view = tx.calls.view(row.call_sid, 0)
        if view is None:
            return Talk(fault="over")
        call, ticket = view.call, live_ticket_for(tx, row.call_sid)
        talk = tx.desk.engagement(offer)
        if call.ended_at is not None or talk is None or talk.ended_at is not None:
            return Talk(call=call, ticket=ticket, fault="over")
        session = Session.from_dict(call.state)
        recorded = tx.ticket_log.proofs(call.sid)
    person = session.person
    if person is None or not person.uid:
        return Talk(call=call, ticket=ticket, session=session, fault="not_identified")
    mine = [proof for proof in recorded if proof.account == person.key]
    passed = {proof.factor for proof in mine if proof.passed}
    fault, account = "", None
    try:
        directory = rt.directories[person.directory]
        if looks:
            account = rt.accounts_seen.get(person.directory, directory, person.uid, clock=rt.clock)
        else:
            account = directory.get(person.uid)
    except PortError:
        fault = "directory_away"
    asked = [f.value for f in rt.policy.factors_asked(person.group)]
    asked += sorted({proof.factor for proof in mine} - set(asked))
    proofs = []
    for factor in asked:
        tries = [proof for proof in mine if proof.factor == factor]
        state = "passed" if factor in passed else "failed" if tries else "missing"
        at = max((p.at for p in tries if p.passed or state != "passed"), default=None)
        proofs.append(Proof(factor=factor, state=state, at=at, tries=len(tries)))
    return Talk(
        call=call,
        ticket=ticket,
        session=session,
        recorded=tuple(f for f in session.engine.passed if f in passed),
        proofs=tuple(proofs),
        account=account,
        fault=fault,
    )
