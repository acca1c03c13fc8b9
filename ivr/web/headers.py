"""Headers that every answer carries."""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""Nothing inline and nothing from outside (OWASP ASVS 5.0, 3.4.3 and 3.4.6)."""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_ONE_YEAR = "max-age=31536000; includeSubDomains"


def send_security_headers(app: Flask) -> None:
    """Add the headers to every answer of the app; a view may set one of them otherwise.

    Answers are not to be stored anywhere, except static files. ``Strict-Transport-Security`` goes
    out over https, or when the ``PUBLIC_URL`` of the app's configuration says https.
    """

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure or str(app.config.get("PUBLIC_URL", "")).startswith("https:"):
            response.headers.setdefault("Strict-Transport-Security", _ONE_YEAR)
        return response
