"""Tokens of a Google service account that acts for an administrator (RFC 7523 §2.1)."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from ivr.adapters.directory.google_workspace_config import GoogleWorkspaceConfig
from ivr.adapters.directory.http_directory import READ_SECONDS, https_session, require_https
from ivr.ports.errors import PortError

SCOPES = (
    "https://www.googleapis.com/auth/admin.directory.user",
    "https://www.googleapis.com/auth/admin.directory.user.security",
)
"""To read and change users; to sign them out."""


class DelegatedTokens:
    """A token is kept until it runs out; the key file is read again after each refusal."""

    def __init__(self, config: GoogleWorkspaceConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._credentials: Any = None
        self._request: Any = None

    def token(self) -> str:
        fault: PortError
        with self._lock:
            try:
                if self._credentials is None:
                    self._credentials = self._build()
                if not self._credentials.valid:
                    self._credentials.refresh(self._request)
                return str(self._credentials.token)
            except Exception as error:
                self._credentials = None
                fault = _fault(error)
        raise fault

    def forget(self) -> None:
        with self._lock:
            self._credentials = None

    def _build(self) -> Any:
        from google.auth.transport.requests import Request
        from google.oauth2.service_account import Credentials

        session = https_session(self._config.ca_file)
        self._request = partial(Request(session=session), timeout=READ_SECONDS)
        credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
            str(self._config.key_file), scopes=list(SCOPES), subject=self._config.admin
        )
        require_https(credentials._token_uri)
        return credentials


def _fault(error: Exception) -> PortError:
    """What the library raises may hold the answer's text; none of it is repeated."""
    from google.auth.exceptions import RefreshError, TransportError

    if isinstance(error, PortError):
        return error
    if isinstance(error, TransportError):
        return PortError("token_unreachable")
    if isinstance(error, RefreshError):
        return PortError("token_refused")
    return PortError("secret_missing")
