"""The one-time audio address of a temporary password."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from ivr.domain.otp import TOKEN_LENGTH, link_token, same, temporary_password
from ivr.service.left_behind import order_link_instead
from ivr.service.runtime import Runtime


def token_of(rt: Runtime, job: str) -> str:
    """Token of the audio of a job's password: the job's key and a proof, in URL-safe base64.

    It says nothing of the password. Without a salt (used or old) the proof is void.
    """
    with rt.store.begin(write=False) as tx:
        salt = tx.resets.secret(job, now=tx.now())
    mac = link_token(rt.secret_key, f"speak:{job}", salt) if salt else "x" * TOKEN_LENGTH
    return urlsafe_b64encode(job.encode()).decode().rstrip("=") + mac


def password_of(rt: Runtime, token: str) -> str | None:
    """The password behind a token, None when the token is wrong, used or old."""
    found = _opened(rt, token)
    return None if found is None else temporary_password(rt.secret_key, *found)


def could_not_be_said(rt: Runtime, token: str) -> None:
    """There is no sound for the password behind a good token: its owner gets a link instead."""
    found = _opened(rt, token)
    if found is None:
        return
    with rt.store.begin() as tx:
        job = tx.outbox.get(found[0])
        if job is not None:
            order_link_instead(tx, job, silent=True)


def _opened(rt: Runtime, token: str) -> tuple[str, bytes] | None:
    """Job and salt of a token that is good now."""
    head, mac = token[:-TOKEN_LENGTH], token[-TOKEN_LENGTH:]
    try:
        job = urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode()
    except ValueError:
        return None
    if not job.isprintable():
        return None
    with rt.store.begin(write=False) as tx:
        salt = tx.resets.secret(job, now=tx.now())
    if salt is None or not same(link_token(rt.secret_key, f"speak:{job}", salt), mac):
        return None
    return job, salt
