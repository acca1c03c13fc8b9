"""Logging in to the owner's page where the directory of people tries no passwords: at the identity
provider of that directory (Microsoft Entra ID, Google), which names the account by the directory's
own key.

A person proves themselves anew at each log-in; the first minutes after it stand in for the password
that changes ask for elsewhere.
"""

from __future__ import annotations

from ivr.ports.directory import Authenticator
from ivr.ports.errors import PortError
from ivr.ports.identity import IdentityProvider, IdentityRefusedError
from ivr.service import oidc_rounds
from ivr.service.oidc_rounds import Parked
from ivr.service.owner_login import OwnerRuntime, open_session, person_hash

WHO = "owner-oidc"


def needs_provider(rt: OwnerRuntime) -> bool:
    """Whether the directory of people tries no passwords, so that only a provider can."""
    return not isinstance(rt.directories[rt.identity], Authenticator)


def start(
    rt: OwnerRuntime, provider: IdentityProvider, *, back: str, address: str
) -> tuple[str, Parked]:
    """As :func:`ivr.service.oidc_rounds.begin`."""
    return oidc_rounds.begin(rt, provider, who=WHO, back=back, address=address, anew=True)


def finish(
    rt: OwnerRuntime,
    provider: IdentityProvider,
    *,
    state: str,
    code: str,
    parked: Parked | None,
    back: str,
) -> str:
    """The token of the new session.

    Raises IdentityRefusedError (``unknown``: no such account, or one that is disabled), PortError
    and StoreUnavailableError.
    """
    found = oidc_rounds.end(
        rt, provider, who=WHO, state=state, code=code, parked=parked, back=back, anew=True
    )
    if not needs_provider(rt):
        raise PortError("no_login", permanent=True)
    account = rt.directories[rt.identity].get(found.subject)
    if account is None or account.disabled or account.uid != found.subject:
        raise IdentityRefusedError("unknown")
    return open_session(rt, account=person_hash(rt, account), uid=account.uid)
