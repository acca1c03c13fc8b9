"""A local Microsoft Graph v1.0 and its token endpoint, as far as the pages describe what we use.

learn.microsoft.com/graph/api: user-list, user-get, user-update, user-list-transitivememberof,
user-revokesigninsessions, resources/onpremisesextensionattributes, resources/extensionproperty;
learn.microsoft.com/graph: aad-advanced-queries, errors, throttling.
"""

from __future__ import annotations

import base64
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from adapters.directory.local_https import LocalHttps, Reply, Request
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

DEFAULT_SELECT = ("displayName", "id", "mail", "mobilePhone", "userPrincipalName")
"""Of what a user has here, what comes without ``$select``."""
PASSWORD_MESSAGE = (
    "The specified password does not comply with password complexity requirements. "
    "Please provide a different password."
)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALL_ROLES = frozenset(
    {"User.Read.All", "User.ReadWrite.All", "User-PasswordProfile.ReadWrite.All"}
    | {"User.RevokeSessions.All", "GroupMember.Read.All"}
)


class GraphServer(LocalHttps):
    """``users``: by id. ``memberships``: ids of users to directory objects. ``roles``: application
    permissions of the one client. ``min_length`` is the tenant's policy."""

    tenant = "demo.ms.gov.br.invalid"
    client_id = "00000000-1111-2222-3333-444444444444"
    page = 2

    def __init__(self, folder: Path, *, extensions: frozenset[str]) -> None:
        self.secret = secrets.token_urlsafe(12)
        self.users: dict[str, dict[str, Any]] = {}
        self.passwords: dict[str, list[str]] = {}
        self.memberships: dict[str, list[dict[str, Any]]] = {}
        self.revoked: list[str] = []
        self.roles = ALL_ROLES
        self.certificate: bytes | None = None
        self.min_length = 8
        self._extensions = extensions
        self._tokens: set[str] = set()
        super().__init__(folder)

    def is_token_request(self, request: Request) -> bool:
        return request.path.startswith(f"/{self.tenant}/")

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def reply(self, request: Request) -> Reply:
        if self.is_token_request(request):
            return self._authority(request)
        if request.bearer not in self._tokens:
            return error(401, "InvalidAuthenticationToken", "Access token is empty.")
        match request.method, request.path.removeprefix("/v1.0").strip("/").split("/"):
            case "GET", ["users"]:
                return self._list(request)
            case "GET", ["users", key]:
                return self._with(
                    key, lambda user: Reply(status=200, body=self._view(user, request))
                )
            case "PATCH", ["users", key]:
                return self._with(key, lambda user: self._patch(user, request))
            case "GET", ["users", key, "transitiveMemberOf"]:
                return self._with(key, lambda user: self._members(user, request))
            case "POST", ["users", key, "revokeSignInSessions"]:
                return self._with(key, self._revoke)
        return error(400, "BadRequest", "Resource not found for the segment.")

    def _authority(self, request: Request) -> Reply:
        base = f"{self.origin}/{self.tenant}"
        if request.path.endswith("/v2.0/.well-known/openid-configuration"):
            return Reply(
                status=200,
                body={
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                },
            )
        form = request.form
        if form.get("grant_type") != "client_credentials":
            return Reply(status=400, body={"error": "unsupported_grant_type"})
        known = form.get("client_secret") == self.secret
        known = known or self._vouched(form, f"{base}/oauth2/v2.0")
        if form.get("client_id") != self.client_id or not known:
            text = "AADSTS7000215: Invalid client secret provided."
            return Reply(status=401, body={"error": "invalid_client", "error_description": text})
        if form.get("scope") != f"{self.origin}/.default":
            return Reply(status=400, body={"error": "invalid_scope", "error_description": "70011"})
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return Reply(
            status=200, body={"token_type": "Bearer", "expires_in": 3599, "access_token": token}
        )

    def _vouched(self, form: dict[str, str], issuer: str) -> bool:
        """learn.microsoft.com/entra/identity-platform/certificate-credentials."""
        if self.certificate is None or form.get("client_assertion_type") != ASSERTION:
            return False
        certificate = x509.load_pem_x509_certificate(self.certificate)
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        try:
            claims = jwt.decode(
                form["client_assertion"], key, algorithms=["PS256"], audience=f"{issuer}/token"
            )
        except jwt.InvalidTokenError:
            return False
        named = jwt.get_unverified_header(form["client_assertion"])["x5t#S256"].rstrip("=")
        thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode()
        mine = claims["iss"] == claims["sub"] == self.client_id
        return mine and named == thumbprint.rstrip("=")

    def _list(self, request: Request) -> Reply:
        if "$filter" not in request.query:
            some = list(self.users.values())[: int(request.query.get("$top", "100"))]
            return Reply(status=200, body={"value": [self._view(u, request) for u in some]})
        clause = re.fullmatch(r"([\w/]+) eq '((?:[^']|'')*)'", request.query.get("$filter", ""))
        if clause is None:
            return error(400, "Request_UnsupportedQuery", "Invalid filter clause")
        advanced = (
            request.headers.get("consistencylevel") == "eventual"
            and request.query.get("$count") == "true"
        )
        if "/" in clause[1] and not advanced:
            return error(400, "Request_UnsupportedQuery", "Unsupported Query.")
        wanted = clause[2].replace("''", "'")
        found = [u for u in self.users.values() if _inside(u, clause[1]) == wanted]
        shown = [self._view(u, request) for u in found[: int(request.query.get("$top", "100"))]]
        return Reply(status=200, body={"@odata.count": len(found), "value": shown})

    def _with(self, key: str, work: Any) -> Reply:
        user = self.users.get(key)
        if user is None:
            text = f"Resource '{key}' does not exist or one of its queried reference-property "
            return error(404, "Request_ResourceNotFound", text + "objects are not present.")
        reply: Reply = work(user)
        return reply

    def _read(self, user: dict[str, Any], request: Request) -> Reply:
        return Reply(status=200, body=self._view(user, request))

    def _view(self, user: dict[str, Any], request: Request) -> dict[str, Any]:
        selected = request.query.get("$select", "")
        names = selected.split(",") if selected else DEFAULT_SELECT
        return {name: user[name] for name in names if name in user}

    def _patch(self, user: dict[str, Any], request: Request) -> Reply:
        body = dict(request.body)
        profile = body.pop("passwordProfile", None)
        denied = error(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
        if body and "User.ReadWrite.All" not in self.roles:
            return denied
        if profile is not None and (
            "User-PasswordProfile.ReadWrite.All" not in self.roles
            or any("Role" in m["@odata.type"] for m in self.memberships.get(user["id"], []))
        ):
            return denied
        for name, value in body.items():
            if name not in self._extensions:
                text = f"The following extension properties are not available: {name}."
                return error(400, "Request_BadRequest", text)
            if not isinstance(value, str) or len(value) > 256:
                text = f"Invalid value specified for property '{name}' of resource 'User'."
                return error(400, "Request_BadRequest", text)
        if profile is not None:
            if set(profile) - {"password", "forceChangePasswordNextSignIn"}:
                return error(400, "Request_BadRequest", "Invalid property.")
            if not self._complies(profile["password"]):
                return error(400, "Request_BadRequest", PASSWORD_MESSAGE)
            self.passwords.setdefault(user["id"], []).insert(0, profile["password"])
            user["must_change"] = profile["forceChangePasswordNextSignIn"]
        user.update(body)
        return Reply(status=204)

    def _complies(self, password: str) -> bool:
        """8 to 256 characters, three of four classes; an administrator's reset knows no history."""
        classes = [r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]"]
        strong = sum(re.search(c, password) is not None for c in classes) >= 3
        return self.min_length <= len(password) <= 256 and strong

    def _members(self, user: dict[str, Any], request: Request) -> Reply:
        members = self.memberships.get(user["id"], [])
        start = int(request.query.get("$skiptoken", "0"))
        end = start + self.page
        body: dict[str, Any] = {"value": members[start:end]}
        if end < len(members):
            link = f"{self.origin}{request.path}?$select=id&$skiptoken={end}"
            body["@odata.nextLink"] = link
        return Reply(status=200, body=body)

    def _revoke(self, user: dict[str, Any]) -> Reply:
        if "User.RevokeSessions.All" not in self.roles:
            return error(403, "Authorization_RequestDenied", "Insufficient privileges.")
        self.revoked.append(user["id"])
        return Reply(status=200, body={"@odata.context": "…#Edm.Boolean", "value": True})


def client_certificate() -> tuple[bytes, bytes]:
    """PEM of an RSA key and of a certificate that it signed for itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Atendimento")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(pem)


def error(status: int, code: str, message: str, **headers: str) -> Reply:
    inner = {"date": "2026-03-02T12:00:00", "request-id": "0", "client-request-id": "0"}
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return Reply(status=status, body=body, headers=headers)


def _inside(user: dict[str, Any], path: str) -> Any:
    found: Any = user
    for part in path.split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found
