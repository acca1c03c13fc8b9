"""Which role may open which page of staff with which verb.

Every route of the application stands in ``OTHER_PROOF`` (open to all, or guarded by a proof of its
own that other tests hold) or in ``MATRIX`` with the roles that it lets in. A new page joins by one
line here; without it the first test fails and says which line is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk import PUBLIC, Desk, make_desk
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from web.phone_line import quick_folder

from app import create_app
from ivr.ports.staff import ROLES, Role
from ivr.service import staff_accounts, staff_sessions
from ivr.web.door import ROLES_OF_VIEW

CSRF_SECRET = "0" * 40
EVERYONE: tuple[Role, ...] = ROLES
AGENT: tuple[Role, ...] = ("agent",)
READERS: tuple[Role, ...] = ("agent", "supervisor", "auditor")
WRITERS: tuple[Role, ...] = ("agent", "supervisor")
LOG: tuple[Role, ...] = ("supervisor", "manager", "auditor")
LOG_PEOPLE: tuple[Role, ...] = ("supervisor", "auditor")
REPORTS: tuple[Role, ...] = ("supervisor", "manager")
SUPERVISOR: tuple[Role, ...] = ("supervisor",)
ADMIN: tuple[Role, ...] = ("admin",)
FLOWS: tuple[Role, ...] = ("supervisor", "manager", "admin")

MATRIX: dict[str, tuple[Role, ...]] = {
    "GET /entrar/inicio": EVERYONE,
    "POST /entrar/inicio": AGENT,
    "GET /entrar/senha": EVERYONE,
    "POST /entrar/senha": EVERYONE,
    "GET /agente": AGENT,
    "GET /agente/faixa": AGENT,
    "GET /agente/oferta/<offer>": AGENT,
    "GET /agente/painel": AGENT,
    "POST /agente/chamado/<protocol>/nota": AGENT,
    "POST /agente/conversa/<offer>/acao/<kind>": AGENT,
    "POST /agente/conversa/<offer>/concluir": AGENT,
    "POST /agente/conversa/<offer>/mais-tempo": AGENT,
    "POST /agente/conversa/<offer>/notas": AGENT,
    "POST /agente/conversa/<offer>/nova-prova": AGENT,
    "POST /agente/conversa/<offer>/transferir": AGENT,
    "POST /agente/conversa/<offer>/teclas": AGENT,
    "POST /agente/conversa/<offer>/mudo": AGENT,
    "POST /agente/conversa/<offer>/gravacao": AGENT,
    "POST /agente/conversa/<offer>/espera": AGENT,
    "POST /agente/conversa/<offer>/desligar": AGENT,
    "POST /agente/conversa/<offer>/consultar": AGENT,
    "POST /agente/conversa/<offer>/concluir-transferencia": AGENT,
    "POST /agente/conversa/<offer>/cancelar-consulta": AGENT,
    "POST /agente/conversa/<offer>/fora": AGENT,
    "POST /agente/conversa/<offer>/juntar": AGENT,
    "POST /agente/conversa/<offer>/fora/concluir": AGENT,
    "POST /agente/conversa/<offer>/fora/voltar": AGENT,
    "POST /agente/estado": AGENT,
    "POST /agente/pulso": AGENT,
    "POST /agente/telefone/ficha": AGENT,
    "POST /ofertas/<offer>/atender": AGENT,
    "POST /ofertas/<offer>/recusar": AGENT,
    "POST /ofertas/<offer>/vista": AGENT,
    "GET /chamadas": LOG,
    "POST /chamadas": LOG,
    "POST /chamadas/filtros/salvar": LOG,
    "POST /chamadas/filtros/apagar": LOG,
    "POST /chamadas/colunas/gravar": LOG,
    "GET /chamadas/exportar": LOG,
    "POST /chamadas/exportar": LOG,
    "GET /chamadas/<sid>": LOG,
    "GET /chamadas/<sid>/resumo": LOG,
    "GET /chamadas/<sid>/dados.json": LOG,
    "GET /chamadas/<sid>/roteiro.toml": LOG,
    "GET /chamadas/<sid>/caminho/<flow>": LOG,
    "POST /chamadas/<sid>/mostrar": LOG_PEOPLE,
    "GET /chamadas/<sid>/oculto": LOG_PEOPLE,
    "GET /historico": ("supervisor", "auditor"),
    "POST /historico": ("supervisor", "auditor"),
    "POST /historico/arquivo": ("supervisor", "auditor"),
    "GET /historico/recibo/<protocol>": ("supervisor", "auditor"),
    "POST /historico/recibo": ("supervisor", "auditor"),
    "POST /historico/pedidos": ("supervisor", "auditor"),
    "POST /historico/pedidos/<request_id>/recusar": ("supervisor", "auditor"),
    "POST /historico/pedidos/<request_id>/atender": ("supervisor", "auditor"),
    "POST /historico/pedidos/<request_id>/eliminar": ("supervisor",),
    "GET /chamados": READERS,
    "POST /chamados": READERS,
    "GET /chamados/<protocol>": READERS,
    "POST /chamados/<protocol>/mostrar": READERS,
    "GET /chamados/<protocol>/oculto": READERS,
    "POST /chamados/<protocol>/notas": WRITERS,
    "POST /chamados/<protocol>/encerrar": WRITERS,
    "POST /chamados/<protocol>/reabrir": WRITERS,
    "POST /chamados/<protocol>/assumir": WRITERS,
    "POST /chamados/<protocol>/unir": WRITERS,
    "POST /chamados/<protocol>/reenviar": WRITERS,
    "POST /gravacoes/<sid>/transcricao": WRITERS,
    "GET /supervisao": SUPERVISOR,
    "GET /supervisao/painel": SUPERVISOR,
    "GET /supervisao/tv": REPORTS,
    "GET /supervisao/tv/painel": REPORTS,
    "POST /supervisao/agentes/<agent>/estado": SUPERVISOR,
    "POST /supervisao/agentes/<agent>/pos-atendimento": SUPERVISOR,
    "POST /supervisao/espera/<call>/mover": SUPERVISOR,
    "POST /supervisao/espera/<call>/priorizar": SUPERVISOR,
    "POST /supervisao/filas/<queue>/fechar": SUPERVISOR,
    "POST /supervisao/filas/<queue>/abrir": SUPERVISOR,
    "POST /supervisao/aviso": SUPERVISOR,
    "POST /supervisao/aviso/<int:outage>/encerrar": SUPERVISOR,
    "POST /supervisao/alertas/<int:alert>/visto": SUPERVISOR,
    "GET /supervisao/escuta": REPORTS,
    "GET /supervisao/escuta/painel": REPORTS,
    "POST /supervisao/escuta/<offer>/ouvir": REPORTS,
    "POST /supervisao/escuta/<supervision>/modo": REPORTS,
    "POST /supervisao/escuta/<supervision>/sair": REPORTS,
    "POST /supervisao/escuta/ficha": REPORTS,
    "GET /relatorios": REPORTS,
    "GET /relatorios/csv/<block>": REPORTS,
    "GET /fluxos": FLOWS,
    "GET /fluxos/<flow_id>": FLOWS,
    "GET /fluxos/diferenca": FLOWS,
    "GET /admin/calendario": FLOWS,
    "POST /admin/calendario/<int:year>": ADMIN,
    "GET /admin/filas": FLOWS,
    "POST /admin/filas/<queue>": ADMIN,
    "POST /admin/filas/<queue>/desfechos": ADMIN,
    "GET /admin/horarios": FLOWS,
    "POST /admin/horarios": ADMIN,
    "GET /admin/limites": FLOWS,
    "POST /admin/limites": ADMIN,
    "POST /admin/limites/alertas": ADMIN,
    "GET /admin/retencao": ("auditor", "admin"),
    "POST /admin/retencao": ADMIN,
    "POST /admin/retencao/guardas": ("auditor", "admin"),
    "POST /admin/retencao/guardas/<hold_id>/liberar": ("auditor", "admin"),
    "GET /admin/falas": FLOWS,
    "GET /admin/falas/<fala>": FLOWS,
    "POST /admin/falas/<fala>/gravacao/<peca>": ("supervisor", "admin"),
    "POST /admin/falas/<fala>/sintetica/<peca>": ("supervisor", "admin"),
    "GET /admin/auditoria": ("auditor", "admin"),
    "GET /admin": ("supervisor", "manager", "auditor", "admin"),
    "GET /admin/bloqueios": ("supervisor", "admin"),
    "POST /admin/bloqueios": ("supervisor", "admin"),
    "POST /admin/bloqueios/<int:block>/liberar": ("supervisor", "admin"),
    "GET /admin/pessoas": ADMIN,
    "POST /admin/pessoas": ADMIN,
    "GET /admin/pessoas/<login>": ADMIN,
    "POST /admin/pessoas/<login>/papeis": ADMIN,
    "POST /admin/pessoas/<login>/filas": ADMIN,
    "POST /admin/pessoas/<login>/desativar": ADMIN,
    "POST /admin/pessoas/<login>/ativar": ADMIN,
    "POST /admin/pessoas/<login>/segundo-fator": ADMIN,
    "GET /retornos": WRITERS,
    "POST /retornos/<int:callback>/assumir": WRITERS,
    "POST /retornos/<int:callback>/soltar": WRITERS,
    "POST /retornos/<int:callback>/ligar": WRITERS,
    "POST /retornos/chamado/<protocol>/ligar": WRITERS,
    "POST /retornos/tratadas": WRITERS,
    "GET /gravacoes/<sid>": READERS,
    "POST /gravacoes/<sid>": READERS,
}
"""Verb and rule → roles."""

OTHER_PROOF = (
    "/",
    "/static/",
    "/healthz",
    "/metrics",
    "/readyz",
    "/prompts/",
    "/audio/secret/",  # the token
    "/voice/",  # the carrier's signature
    "/sms/",
    "/senha/",  # the token
    "/nao-fui-eu/",
    "/meu-acesso",  # the owner's own log-in
    "/entrar",  # the log-in itself; /entrar/… only as far as it is written here
    "/entrar/codigo",
    "/entrar/segundo-fator",
    "/entrar/segundo-fator/quadro.svg",
    "/entrar/oidc",
    "/entrar/oidc/volta",
    "/sair",
    "/eventos",  # every log-in; what is told is chosen by role and id (tests of the live events)
    "/eventos/sessao",
    "/api/v1",  # tokens of other desks
)
"""Rules; one that ends in a slash, and ``/meu-acesso`` and ``/api/v1``, stand for all below."""
_WHOLE = ("/meu-acesso", "/api/v1")


def other_proof(rule: str) -> bool:
    return rule in OTHER_PROOF or any(
        rule.startswith(start if start.endswith("/") else f"{start}/")
        for start in OTHER_PROOF
        if start in _WHOLE or (start.endswith("/") and start != "/")
    )


def routes(app: Flask) -> dict[str, str]:
    """Verb and rule → endpoint, of every route that staff's log-in guards."""
    return {
        f"{verb} {rule.rule}": rule.endpoint
        for rule in app.url_map.iter_rules()
        for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if not other_proof(rule.rule)
    }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all cells, with a person for each role who has that role only."""
    with quick_folder(tmp_path_factory.mktemp("matrix")) as folder:
        made = make_desk(folder, changes={"IVR_PROMPT_MODE": "say"}, judged=False)
        with made.rt.store.begin(write=False) as tx:
            now = tx.now()
        rows = [
            staff_accounts.drawn_up(made.rt, at=now, login=f"so.{role}", name=role, roles=(role,))  # type: ignore[arg-type]
            for role in ROLES
        ]
        staff_accounts.add(made.rt, rows, actor="test")  # type: ignore[arg-type]
        yield made
        made.close()


def client_of(desk: Desk, role: Role | None) -> FlaskClient:
    """A browser of somebody with this role only, or of nobody."""
    client = desk.app.test_client()
    with client.session_transaction(base_url=PUBLIC) as session:
        session["csrf_token"] = CSRF_SECRET
        if role is not None:
            with desk.rt.store.begin() as tx:
                staff = tx.staff.by_login(f"so.{role}")
                assert staff is not None
                session["staff"] = staff_sessions.begin(
                    desk.rt,  # type: ignore[arg-type]
                    tx,
                    staff,
                    way="local",
                    second_factor=True,
                )
    return client


def csrf_header(desk: Desk) -> dict[str, str]:
    """What CSRF refuses never asks for a role: every request of the matrix has its token."""
    signer = URLSafeTimedSerializer(desk.app.config["SECRET_KEY"], salt="wtf-csrf-token")
    return {"X-CSRFToken": str(signer.dumps(CSRF_SECRET))}


def status_of(desk: Desk, cell: str, role: Role | None) -> tuple[int, str]:
    verb, rule = cell.split(" ")
    path = "/".join("1" if part.startswith("<") else part for part in rule.split("/"))
    answer = client_of(desk, role).open(
        path, method=verb, base_url=PUBLIC, headers=csrf_header(desk)
    )
    location = answer.headers.get("Location", "")
    answer.close()
    return answer.status_code, location


def test_every_page_of_staff_is_in_the_matrix() -> None:
    app = create_app()
    found = routes(app)
    missing = {
        cell: sorted(getattr(app.view_functions[endpoint], ROLES_OF_VIEW, ()))
        for cell, endpoint in found.items()
        if cell not in MATRIX
    }
    assert missing == {}
    assert set(MATRIX) - set(found) == set()


@pytest.mark.parametrize("cell", MATRIX)
def test_page_lets_in_its_roles_and_nobody_else(desk: Desk, cell: str) -> None:
    status, location = status_of(desk, cell, None)
    led = status == 303 and location.startswith("/entrar")
    assert led or status == 401, (status, location)
    for role in ROLES:
        status, location = status_of(desk, cell, role)
        if role in MATRIX[cell]:
            assert status not in (401, 403, 405), (role, status)
            assert status != 500, (role, status)
            assert not location.startswith("/entrar?"), (role, location)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize("cell", MATRIX)
def test_page_knows_no_other_verbs(desk: Desk, cell: str) -> None:
    rule = cell.split(" ")[1]
    known = {other.split(" ")[0] for other in MATRIX if other.split(" ")[1] == rule}
    for verb in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
        assert status_of(desk, f"{verb} {rule}", "admin")[0] == 405, verb


def test_page_that_forgets_its_roles_is_caught_by_the_matrix() -> None:
    app = create_app()
    app.add_url_rule("/prova/aberta", "prova", lambda: "aberta")
    assert "GET /prova/aberta" in routes(app)
    assert "GET /prova/aberta" not in MATRIX
