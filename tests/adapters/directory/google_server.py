"""A local Directory API (Admin SDK) and token endpoint, as far as the pages describe what we use.

developers.google.com/workspace/admin/directory: reference/rest/v1/users, v1/guides/search-users,
v1/guides/manage-schemas, v1/limits;
developers.google.com/identity/protocols/oauth2/service-account.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from functools import cache
from pathlib import Path
from typing import Any

from adapters.directory.local_https import LocalHttps, Reply, Request
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

USERS = "/admin/directory/v1/users"
USER_SCOPE = "https://www.googleapis.com/auth/admin.directory.user"
SECURITY_SCOPE = "https://www.googleapis.com/auth/admin.directory.user.security"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What the page asks for as ``aud``, wherever the request is sent."""
BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class GoogleServer(LocalHttps):
    """``users``: by id. ``schemas``: custom fields, all text and indexed. ``granted``: scopes that
    the console delegates. ``min_length`` is the customer's policy."""

    account = "ivr@projeto.iam.gserviceaccount.invalid"
    admin = "admin@demo.ms.gov.br.invalid"

    def __init__(self, folder: Path, *, schemas: frozenset[str]) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.passwords: dict[str, list[str]] = {}
        self.signed_out: list[str] = []
        self.granted = frozenset({USER_SCOPE, SECURITY_SCOPE})
        self.out_of_reach: set[str] = set()
        self.min_length = 8
        self._schemas = schemas
        self._tokens: dict[str, set[str]] = {}
        super().__init__(folder)
        self.key_file = folder / "key.json"
        private = _key().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        key = {
            "type": "service_account",
            "client_email": self.account,
            "private_key_id": "1",
            "private_key": private.decode(),
            "token_uri": f"{self.origin}/token",
        }
        self.key_file.write_text(json.dumps(key), "utf-8")

    def is_token_request(self, request: Request) -> bool:
        return request.path == "/token"

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def reply(self, request: Request) -> Reply:
        if self.is_token_request(request):
            return self._token(request)
        scopes = self._tokens.get(request.bearer)
        if scopes is None:
            return error(401, "Invalid Credentials", "authError")
        parts = request.path.removeprefix(USERS).strip("/").split("/")
        match request.method, parts:
            case "GET", [""]:
                return self._list(request)
            case "GET", [key]:
                return self._with(key, lambda user: Reply(status=200, body=_view(user, request)))
            case "PATCH", [key]:
                return self._with(key, lambda user: self._patch(user, request))
            case "POST", [key, "signOut"] if SECURITY_SCOPE in scopes:
                return self._with(key, self._sign_out)
            case "POST", [_, "signOut"]:
                return error(403, "Request had insufficient authentication scopes.", "forbidden")
        return error(404, "Not Found", "notFound")

    def _token(self, request: Request) -> Reply:
        if request.form.get("grant_type") != BEARER_GRANT:
            return Reply(status=400, body={"error": "unsupported_grant_type"})
        claims = _verified(request.form["assertion"])
        now = time.time()
        if claims is None or not now - 60 <= claims["exp"] <= now + 3660:
            text = "Invalid JWT Signature."
            return Reply(status=400, body={"error": "invalid_grant", "error_description": text})
        asked = set(claims["scope"].split())
        if (
            (claims["iss"], claims["aud"]) != (self.account, AUDIENCE)
            or claims.get("sub") != self.admin
            or not asked <= self.granted
        ):
            text = "Client is unauthorized to retrieve access tokens using this method."
            body = {"error": "unauthorized_client", "error_description": text}
            return Reply(status=401, body=body)
        token = secrets.token_urlsafe(16)
        self._tokens[token] = asked
        return Reply(
            status=200, body={"token_type": "Bearer", "expires_in": 3599, "access_token": token}
        )

    def _list(self, request: Request) -> Reply:
        if not (request.query.get("customer") or request.query.get("domain")):
            return error(400, "Bad Request", "badRequest")
        clause = re.fullmatch(r"([\w.-]+)[=:]'((?:[^'\\]|\\.)*)'", request.query.get("query", ""))
        if "query" not in request.query:
            some = list(self.users.values())[: int(request.query.get("maxResults", "100"))]
            return Reply(status=200, body={"users": [_view(u, request) for u in some]})
        if clause is None or not (clause[1] == "externalId" or clause[1] in self._schemas):
            return error(400, "Invalid Input: query", "invalid")
        wanted = re.sub(r"\\(.)", r"\1", clause[2])
        found = [u for u in self.users.values() if wanted in _values(u, clause[1])]
        size = int(request.query.get("maxResults", "100"))
        body: dict[str, Any] = {"kind": "admin#directory#users"}
        if found:
            body["users"] = [_view(user, request) for user in found[:size]]
        if len(found) > size:
            body["nextPageToken"] = "more"
        return Reply(status=200, body=body)

    def _with(self, key: str, work: Any) -> Reply:
        mails = {user["primaryEmail"]: user for user in self.users.values()}
        user = self.users.get(key) or mails.get(key)
        if user is None:
            return error(404, "Resource Not Found: userKey", "notFound")
        if user["id"] in self.out_of_reach:
            return error(403, "Not Authorized to access this resource/api", "forbidden")
        reply: Reply = work(user)
        return reply

    def _patch(self, user: dict[str, Any], request: Request) -> Reply:
        body = request.body
        if set(body) - {"password", "changePasswordAtNextLogin", "customSchemas"}:
            return error(400, "Invalid Input", "invalid")
        custom = body.get("customSchemas", {})
        for schema, fields in custom.items():
            for name, value in fields.items():
                if f"{schema}.{name}" not in self._schemas or len(value) > 500:
                    return error(400, "Invalid Input: custom_schema", "invalid")
        if "password" in body:
            if not self._complies(body["password"]):
                return error(400, "Invalid Password", "invalid")
            self.passwords.setdefault(user["id"], []).insert(0, body["password"])
            user["changePasswordAtNextLogin"] = body.get("changePasswordAtNextLogin", False)
        for schema, fields in custom.items():
            user.setdefault("customSchemas", {}).setdefault(schema, {}).update(fields)
        return Reply(status=200, body=user)

    def _complies(self, password: str) -> bool:
        """8 to 100 ASCII characters."""
        return self.min_length <= len(password) <= 100 and password.isascii()

    def _sign_out(self, user: dict[str, Any]) -> Reply:
        self.signed_out.append(user["id"])
        return Reply(status=204)


def error(status: int, message: str, reason: str) -> Reply:
    detail = {"message": message, "domain": "global", "reason": reason}
    return Reply(
        status=status, body={"error": {"code": status, "message": message, "errors": [detail]}}
    )


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _verified(assertion: str) -> dict[str, Any] | None:
    head, claims, signature = assertion.split(".")
    try:
        _key().public_key().verify(
            _unpadded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return None
    decoded: dict[str, Any] = json.loads(_unpadded(claims))
    return decoded


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _view(user: dict[str, Any], request: Request) -> dict[str, Any]:
    hidden = set() if request.query.get("projection") == "full" else {"customSchemas"}
    return {key: value for key, value in user.items() if key not in hidden}


def _values(user: dict[str, Any], field: str) -> list[Any]:
    if field == "externalId":
        return [entry["value"] for entry in user.get("externalIds", [])]
    schema, _, name = field.partition(".")
    return [user.get("customSchemas", {}).get(schema, {}).get(name)]
