"""Invented people for demonstrations: nobody here exists, and no mail or number reaches anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Engine, insert, select, update

from ivr.adapters.directory.demo_tables import ACCOUNT, create_tables, tables_of
from ivr.ports.sealing import KeyedHash
from ivr.ports.store import Store

MAIL_DOMAIN = "demo.ms.gov.br.invalid"
"""RFC 2606: ``.invalid`` never resolves."""


class Hasher(Protocol):
    """Argon2id of a secret, as PHC text (``argon2.PasswordHasher`` fits)."""

    def hash(self, password: str, /) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """``matricula`` and ``password`` are empty for somebody whom the directory does not know;
    ``pin`` is empty for somebody who never registered one."""

    key: str
    name: str
    cpf: str = field(repr=False)
    note: str
    matricula: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    mobile: str | None = field(default=None, repr=False)
    locked: bool = False
    disabled: bool = False
    privileged: bool = False
    must_change: bool = False
    mobile_age: timedelta | None = None
    """How long ago the mobile was changed."""
    network: Literal["", "active", "disabled"] = ""
    """The account in the second system, empty when there is none."""

    @property
    def in_directory(self) -> bool:
        return bool(self.password)

    @property
    def mail(self) -> str:
        return f"{self.key}@{MAIL_DOMAIN}" if self.in_directory else ""


PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson(
        key="ana",
        name="Ana Demonstração",
        cpf="12345678909",
        matricula="100013",
        pin="80264917",
        password="Inicial-Ana-4729",
        mobile="+5567999990001",
        note="Servidora comum. Tudo dá certo: redefinir a senha, desbloquear, consultar chamado.",
    ),
    DemoPerson(
        key="bento",
        name="Bento Exemplo",
        cpf="11144477735",
        matricula="100021",
        pin="59318046",
        password="Inicial-Bento-8136",
        mobile="+5567999990002",
        network="active",
        note="Servidor com e-mail e rede: troca a senha de um sistema ou dos dois de uma vez.",
    ),
    DemoPerson(
        key="clara",
        name="Clara Bloqueada",
        cpf="11122233396",
        matricula="100030",
        pin="27905184",
        password="Inicial-Clara-3058",
        mobile="+5567999990003",
        locked=True,
        note="Conta bloqueada por tentativas. Peça o desbloqueio: a senha continua a mesma.",
    ),
    DemoPerson(
        key="davi",
        name="Davi Desativado",
        cpf="22233344405",
        matricula="100048",
        pin="64071593",
        password="Inicial-Davi-9274",
        mobile="+5567999990004",
        disabled=True,
        note="Conta desativada. A senha não muda por telefone; a chamada vai a um atendente.",
    ),
    DemoPerson(
        key="elisa",
        name="Elisa Privilegiada",
        cpf="33344455508",
        matricula="100056",
        pin="91530728",
        password="Inicial-Elisa-6401",
        mobile="+5567999990005",
        privileged=True,
        note="Conta de administração. Nunca é redefinida por telefone, nem com todas as provas.",
    ),
    DemoPerson(
        key="fabio",
        name="Fábio Sem Celular",
        cpf="44455566619",
        matricula="100064",
        pin="38649205",
        password="Inicial-Fabio-1987",
        note="Não tem celular cadastrado: a prova é o código de papel, feito em /meu-acesso.",
    ),
    DemoPerson(
        key="gilda",
        name="Gilda Troca Recente",
        cpf="55566677720",
        matricula="100072",
        pin="70493861",
        password="Inicial-Gilda-5530",
        mobile="+5567999990007",
        mobile_age=timedelta(days=1),
        note="Trocou o celular ontem: o número novo ainda não prova nada; o código de papel, sim.",
    ),
    DemoPerson(
        key="hugo",
        name="Hugo Sem PIN",
        cpf="66677788830",
        matricula="100080",
        password="Inicial-Hugo-7612",
        mobile="+5567999990008",
        note="Nunca cadastrou o PIN do telefone: qualquer PIN é recusado, com as mesmas palavras.",
    ),
    DemoPerson(
        key="iara",
        name="Iara Cidadã",
        cpf="77788899941",
        mobile="+5567999990009",
        note="Cidadã sem conta de e-mail do Estado. O CPF é válido, mas o diretório não a conhece.",
    ),
    DemoPerson(
        key="joca",
        name="Joca Provisório",
        cpf="98765432100",
        matricula="100099",
        pin="16827350",
        password="Inicial-Joca-2845",
        mobile="+5567999990010",
        must_change=True,
        network="disabled",
        note="Está com senha provisória, e a conta da rede está desativada: dos dois sistemas, só o"
        " e-mail dá certo.",
    ),
    DemoPerson(
        key="lia",
        name="Lia d'Ávila Zero à Esquerda",
        cpf="00112233406",
        matricula="000116",
        pin="04715829",
        password="Inicial-Lia-6093",
        mobile="+5567999990011",
        note="CPF, matrícula e PIN começam por zero: nenhum zero pode se perder no caminho.",
    ),
    DemoPerson(
        key="mauro",
        name="Mauro Tentativas",
        cpf="12131415168",
        matricula="100129",
        pin="53902746",
        password="Inicial-Mauro-4180",
        mobile="+5567999990012",
        note="Para gastar: erre o PIN três vezes e veja a chamada ir a um atendente.",
    ),
)

PRESETS: tuple[Mapping[str, Any], ...] = (
    {"id": "known", "label": "Servidora conhecida (Ana)", "number": "+5567999990001"},
    {"id": "unknown", "label": "Número desconhecido", "number": "+5567999990098"},
    {"id": "withheld", "label": "Número oculto", "number": None},
    {"id": "blocked", "label": "Pessoa com a conta bloqueada (Clara)", "number": "+5567999990003"},
)
"""Numbers to call from. ``number`` None: the caller withholds it."""


def load(engine: Engine, store: Store, keyed_hash: KeyedHash, hasher: Hasher) -> int:
    """Write the accounts and PIN hashes that are missing; return how many accounts were new.

    A second run leaves passwords and states as they are, and sets only the dates that a note
    speaks of ("ontem") afresh.
    """
    create_tables(engine)
    with store.begin(write=False) as tx:
        now = tx.now()
        missing = [
            (account, person.pin)
            for person in PEOPLE
            if person.pin and tx.proofs.pin_hash(account := keyed_hash("cpf", person.cpf)) is None
        ]
    hashes = [(account, hasher.hash(pin)) for account, pin in missing]
    if hashes:
        with store.begin() as tx:
            for account, pin_hash in hashes:
                tx.proofs.set_pin(account, pin_hash)
    with engine.connect() as connection:
        known = set(connection.execute(select(ACCOUNT.c.uid)).scalars())
    rows = [
        _row(person, hashed=hasher.hash(person.password), now=now)
        for person in PEOPLE
        if person.in_directory and person.key not in known
    ]
    with engine.begin() as connection:
        if rows:
            connection.execute(insert(ACCOUNT), rows)
        _refresh_dates(connection, now=now)
    _load_network(engine, hasher, now=now)
    return len(rows)


def as_json() -> dict[str, Any]:
    """People and caller numbers as plain data, for ``flask demo load --json`` and tests."""
    return {
        "people": [
            {
                "key": person.key,
                "name": person.name,
                "cpf": person.cpf,
                "matricula": person.matricula or None,
                "pin": person.pin or None,
                "mobile": person.mobile,
                "mail": person.mail or None,
                "password": person.password or None,
                "note": person.note,
                "systems": ["network"] if person.network else [],
                "disabled": ["network"] if person.network == "disabled" else [],
            }
            for person in PEOPLE
        ],
        "presets": [dict(preset) for preset in PRESETS],
    }


def _load_network(engine: Engine, hasher: Hasher, *, now: datetime) -> None:
    account = tables_of("network").account
    with engine.begin() as connection:
        known = set(connection.execute(select(account.c.uid)).scalars())
        rows = [
            {
                **_row(person, hashed=hasher.hash(f"Rede-{person.password}"), now=now),
                "disabled": person.network == "disabled",
                "must_change": False,
            }
            for person in PEOPLE
            if person.network and person.key not in known
        ]
        if rows:
            connection.execute(insert(account), rows)


def _refresh_dates(connection: Connection, *, now: datetime) -> None:
    for person in PEOPLE:
        if person.mobile_age is not None:
            connection.execute(
                update(ACCOUNT)
                .where(ACCOUNT.c.uid == person.key)
                .values(mobile_changed_at=now - person.mobile_age)
            )


def _row(person: DemoPerson, *, hashed: str, now: datetime) -> dict[str, Any]:
    changed_at = now - person.mobile_age if person.mobile_age is not None else None
    return {
        "uid": person.key,
        "cpf": person.cpf,
        "matricula": person.matricula,
        "name": person.name,
        "mail": person.mail,
        "mobile": person.mobile,
        "mobile_changed_at": changed_at,
        "group_name": "servidores",
        "locked": person.locked,
        "disabled": person.disabled,
        "privileged": person.privileged,
        "must_change": person.must_change,
        "password_hash": hashed,
        "history": [hashed],
        "last_marker": "",
        "version": 1,
    }
