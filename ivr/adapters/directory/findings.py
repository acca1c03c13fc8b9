"""What a check of a directory found, for the operator who has to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

Grade = Literal["ok", "aviso", "erro"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``what`` was found, and how to ``mend`` it; both pt-BR, without personal data."""

    grade: Grade
    what: str
    mend: str = ""


@runtime_checkable
class Checkable(Protocol):
    """A directory that can examine itself. Nothing is changed, and nothing is raised."""

    def check(self) -> Iterator[Finding]: ...


REASONS: dict[str, tuple[str, str]] = {
    "directory_down": (
        "o servidor não responde",
        "confira endereço, porta, firewall e se o serviço está de pé",
    ),
    "directory_slow": (
        "o servidor aceitou a conexão e não respondeu a tempo",
        "confira a carga do servidor e a rede entre as duas máquinas",
    ),
    "directory_busy": ("o servidor pede para tentar depois", "tente de novo em um minuto"),
    "certificate_refused": (
        "o certificado do servidor foi recusado",
        "confira ca_file (a autoridade que o assinou), a validade e se o nome em url é um dos "
        "nomes do certificado (subjectAltName)",
    ),
    "tls_refused": (
        "o servidor não oferece TLS aqui, ou não TLS 1.2 com um certificado válido",
        "use a porta ldaps, ou start_tls = true na porta ldap; confira ca_file e o nome em url",
    ),
    "ca_file_unreadable": ("ca_file não pôde ser lido", "confira caminho, permissão e formato PEM"),
    "bind_refused": (
        "a conta de serviço foi recusada",
        "confira bind_dn e o conteúdo de password_file; veja se a conta não está bloqueada",
    ),
    "no_rights": (
        "a conta de serviço não tem direito de leitura",
        "acrescente as regras de docs/directories.md",
    ),
    "ambiguous": ("há contas repetidas", "corrija os números repetidos no diretório"),
}


def of_reason(reason: str) -> Finding:
    """The finding for a reason of a PortError."""
    what, mend = REASONS.get(reason, (f"falha: {reason}", "veja docs/directories.md"))
    return Finding(grade="erro", what=what, mend=mend)
