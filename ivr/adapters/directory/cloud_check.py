"""Whether a directory over HTTPS is as its connector needs it. Everything here only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ivr.adapters.directory.cloud_fields import is_number
from ivr.adapters.directory.findings import Finding, of_reason
from ivr.adapters.directory.http_directory import Tokens
from ivr.ports.errors import PortError

SAMPLE = 25
"""How many accounts are looked at."""
PAGE = "veja docs/directories-clouds.md"

_REASONS: dict[str, tuple[str, str]] = {
    "secret_missing": (
        "o arquivo com a credencial não pôde ser lido ou não serve",
        "confira caminho, permissão e conteúdo de password_file ou key_file",
    ),
    "token_unreachable": (
        "o serviço que dá o token não responde, ou seu certificado foi recusado",
        "confira firewall, ca_file e o endereço do serviço de identidade",
    ),
    "token_refused": (
        "o serviço que dá o token recusou a credencial",
        "confira se ela não venceu e se a autorização foi dada por um administrador; " + PAGE,
    ),
    "token_not_accepted": ("o diretório não aceitou o token", PAGE),
    "forbidden": ("a aplicação não tem direito de ler os usuários", "dê os direitos: " + PAGE),
    "throttled": ("o serviço pede para tentar depois", "tente de novo em um minuto"),
    "request_refused": (
        "o diretório não entendeu a consulta",
        "confira os nomes dos atributos na configuração; " + PAGE,
    ),
}


def findings_of(
    tokens: Tokens, sample: Callable[[], Iterable[tuple[str, str]]]
) -> Iterator[Finding]:
    """``sample``: CPF and matrícula of some accounts, as they stand there; either may be empty.

    The first step that makes the rest useless ends it.
    """
    try:
        tokens.token()
        yield Finding(grade="ok", what="a credencial foi aceita e rendeu um token")
        rows = list(sample())
    except PortError as error:
        words = _REASONS.get(error.reason)
        if words is None:
            yield of_reason(error.reason)
        else:
            yield Finding(grade="erro", what=words[0], mend=words[1])
        return
    yield Finding(grade="ok", what=f"a leitura de usuários funciona: {len(rows)} contas vistas")
    yield _of_numbers("CPF", [cpf for cpf, _ in rows], lengths=range(11, 12))
    yield _of_numbers("matrícula", [number for _, number in rows], lengths=range(1, 21))
    yield Finding(
        grade="aviso",
        what="o direito de mudar senha e o campo da marca não são testados aqui, pois só se lê",
        mend="faça uma redefinição numa conta de teste; " + PAGE,
    )


def _of_numbers(what: str, numbers: list[str], *, lengths: range) -> Finding:
    good = sum(is_number(number) and len(number) in lengths for number in numbers)
    text = f"{what}: {good} de {len(numbers)} contas têm o número, só com dígitos"
    if good == len(numbers) and good:
        return Finding(grade="ok", what=text)
    mend = "confira o nome do atributo; as outras contas não são encontradas por telefone"
    return Finding(grade="aviso" if good else "erro", what=text, mend=mend)
