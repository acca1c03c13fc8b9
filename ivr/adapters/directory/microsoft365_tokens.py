"""Tokens of an application in Microsoft Entra (OAuth 2.0 client credentials, RFC 6749 §4.4)."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

from ivr.adapters.directory.http_directory import TIMEOUT, https_session, read_secret
from ivr.adapters.directory.microsoft365_config import Microsoft365Config
from ivr.ports.errors import PortError


class EntraTokens:
    """MSAL keeps a token until it runs out; the secret is read again after each refusal."""

    def __init__(self, config: Microsoft365Config) -> None:
        self._config = config
        self._scope = f"https://{urlsplit(config.graph_url).netloc}/.default"
        self._lock = threading.Lock()
        self._application: Any = None

    def token(self) -> str:
        fault: PortError
        with self._lock:
            try:
                if self._application is None:
                    self._application = self._build()
                got = self._application.acquire_token_for_client(scopes=[self._scope])
            except PortError:
                raise
            except Exception as error:
                self._application = None
                fault = _fault(error)
            else:
                if isinstance(got, dict) and isinstance(got.get("access_token"), str):
                    return str(got["access_token"])
                self._application = None
                fault = PortError("token_refused")
        raise fault

    def forget(self) -> None:
        with self._lock:
            self._application = None

    def _build(self) -> Any:
        import msal  # type: ignore[import-untyped, unused-ignore]

        config = self._config
        credential: Any
        if config.key_file is not None and config.certificate_file is not None:
            credential = {
                "private_key": config.key_file.read_text("utf-8"),
                "public_certificate": config.certificate_file.read_text("utf-8"),
            }
        elif config.password_file is not None:
            credential = read_secret(config.password_file)
        else:
            raise PortError("secret_missing")
        return msal.ConfidentialClientApplication(
            config.client_id,
            client_credential=credential,
            authority=f"{config.authority_url.rstrip('/')}/{config.tenant}",
            instance_discovery=False,
            http_client=_TimedClient(https_session(config.ca_file)),
        )


class _TimedClient:
    """What MSAL asks of an HTTP client, over a session of ours and with our time-outs."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def get(self, url: str, **kwargs: Any) -> Any:
        return self._session.get(url, **{**kwargs, "timeout": TIMEOUT, "allow_redirects": False})

    def post(self, url: str, **kwargs: Any) -> Any:
        return self._session.post(url, **{**kwargs, "timeout": TIMEOUT, "allow_redirects": False})

    def close(self) -> None:
        self._session.close()


def _fault(error: Exception) -> PortError:
    """What MSAL raises may hold the answer's text; none of it is repeated."""
    import requests

    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return PortError("secret_missing")
    if isinstance(error, requests.RequestException):
        return PortError("token_unreachable")
    return PortError("token_refused")
