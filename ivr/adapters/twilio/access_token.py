"""Tokens that let an agent's browser be a telephone.

https://www.twilio.com/docs/iam/access-tokens
"""

from __future__ import annotations

from dataclasses import dataclass, field

LIFETIME = 3600
"""Seconds. The page asks for a new one before it is over."""


def identity_of(agent: str) -> str:
    """The client's name at the carrier: dialled as ``client:agente-<id>``."""
    return f"agente-{agent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneKeys:
    """An API key of the carrier's account, which signs the tokens."""

    account_sid: str
    key_sid: str
    secret: str = field(repr=False)

    def mint(self, agent: str) -> str:
        """A token for incoming calls of one agent, and for nothing else."""
        # Loaded when a browser first asks for one: it would be a twentieth of the start.
        from twilio.jwt.access_token import AccessToken
        from twilio.jwt.access_token.grants import VoiceGrant

        token = AccessToken(
            self.account_sid,
            self.key_sid,
            self.secret,
            identity=identity_of(agent),
            ttl=LIFETIME,
            grants=[VoiceGrant(incoming_allow=True)],
        )
        return str(token.to_jwt())
