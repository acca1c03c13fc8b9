"""Mail addresses on screens."""

from __future__ import annotations


def mask_mail(address: str) -> str:
    """``a***@ms.gov.br``: the first letter and the domain. Text without an @ is hidden whole."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}***@{domain}" if local and at and domain else "***"
