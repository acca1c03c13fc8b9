"""Text messages. The provider has no idempotency key, so each message bears a short reference,
and a try whose answer was lost is looked up before anything is sent again. Each fits one message
of 160 characters when ``PUBLIC_URL`` has at most 34 (``ivr.settings``)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ivr.domain.otp import numeric_code
from ivr.domain.phone_number import is_br_mobile
from ivr.ports.store import Job, Transaction
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.journal import note
from ivr.service.link_tokens import new_link, path_of
from ivr.service.runtime import Runtime

EVENTS = {
    "password_reset": "senha trocada por telefone",
    "password_changed": "senha trocada",
    "account_unlocked": "acesso desbloqueado por telefone",
    "phone_access_changed": "senha do telefone mudou",
}
NOT_ME_HOURS = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    to: str
    body: str


@effect("sms.code")
def send_code(rt: Runtime, job: Job) -> Settled | Later:
    """The one-time code of a call. A decoy's job goes nowhere."""
    with rt.store.begin(write=False) as tx:
        code = tx.proofs.code_by_id(str(job.payload["code"]))
        now = tx.now()
    mobile = _mobile(rt, job)
    if code is None or code.used_at is not None or now >= code.expires_at or mobile is None:
        return Settled(outcome={"outcome": "not_sent"})
    digits = numeric_code(rt.secret_key, code.id, code.salt)
    body = (
        f"Suporte MS: codigo {digits}, so para a ligacao que voce fez ao {_desk(rt)}. "
        f"Nunca pedimos este codigo em outra ligacao. {tag_of(job)}"
    )
    return _send(rt, job, _Message(to=mobile, body=body))


@effect("sms.link")
def send_link(rt: Runtime, job: Job) -> Settled | Later:
    """The one-time address where the owner chooses a password."""
    with rt.store.begin(write=False) as tx:
        link = tx.resets.link(str(job.payload["link"]))
        now = tx.now()
    mobile = _mobile(rt, job)
    if link is None or link.used_at is not None or now >= link.expires_at or mobile is None:
        return Settled(outcome={"outcome": "not_sent"})
    address = rt.public_url + path_of(rt.secret_key, link)
    named = rt.catalogue.by_key(link.service) if job.payload.get("named") else None
    wish = f"senha de {named.written_name}:" if named else "crie sua senha em"
    body = (
        f"Suporte MS: {wish} {address} ({rt.link_hours} h). Nao pediu? {_desk(rt)}. {tag_of(job)}"
    )
    return _send(rt, job, _Message(to=mobile, body=body))


@effect("sms.notice")
def send_notice(rt: Runtime, job: Job) -> Settled | Later:
    """Tell the owner what was done, with a way to say that it was not them."""
    mobile = _mobile(rt, job)
    if mobile is None:
        return Settled(outcome={"outcome": "no_channel"})
    with rt.store.begin() as tx:
        link_id = f"n{hashlib.sha256(job.key.encode()).hexdigest()[:15]}"
        link = tx.resets.link(link_id)
        if link is None:
            link = new_link(
                rt,
                purpose="not_me",
                call_sid=job.call_sid,
                service="",
                directory=str(job.payload["directory"]),
                uid=str(job.payload["uid"]),
                now=tx.now(),
                job=job.key,
                hours=NOT_ME_HOURS,
                link_id=link_id,
            )
            tx.resets.add_link(link)
    what = EVENTS.get(str(job.payload["event"]), "seu acesso mudou")
    address = rt.public_url + path_of(rt.secret_key, link) if link.used_at is None else ""
    body = f"Suporte MS: {what}. Nao foi voce? {address} {tag_of(job)}"
    return _send(rt, job, _Message(to=mobile, body=body))


def tag_of(job: Job) -> str:
    """The reference that a message bears, by which it is found again: ``Ref 1a2b3c``."""
    return f"Ref {hashlib.sha256(job.key.encode()).hexdigest()[:6]}"


def _send(rt: Runtime, job: Job, message: _Message) -> Settled | Later:
    since = job.created_at
    if job.attempts > 1 and since is not None:
        found = rt.sms.find(to=message.to, tag=tag_of(job), since=since)
        if found is not None:
            return _sent(job, found)
    return _sent(job, rt.sms.send(to=message.to, body=message.body))


def _sent(job: Job, message_id: str) -> Settled:
    def tell(tx: Transaction) -> None:
        note(tx, job.call_sid, "message.sent", job=job.kind)

    return Settled(outcome={"outcome": "sent", "message": message_id}, also=(tell,))


def _mobile(rt: Runtime, job: Job) -> str | None:
    directory = rt.directories.get(str(job.payload["directory"]))
    uid = str(job.payload["uid"])
    if directory is None or not uid:
        return None
    account = directory.get(uid)
    return account.mobile if account and is_br_mobile(account.mobile) else None


def _desk(rt: Runtime) -> str:
    return rt.catalogue.facts.phone.replace("(", "").replace(")", "")
