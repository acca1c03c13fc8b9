from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.data_faults import DataFaultError
from ivr.domain.service_catalogue import ServiceCatalogue


def test_the_public_facts_are_those_of_the_page(catalogue: ServiceCatalogue) -> None:
    facts = catalogue.facts
    assert (facts.phone, facts.chatbot_phone) == ("(67) 3318-3600", "(67) 3318-3700")
    assert (facts.email, facts.free_of_charge) == ("suportems@ms.gov.br", True)
    assert facts.phone_e164 == "+556733183600"


def test_1001_is_the_official_mail_with_reset_and_unlock(catalogue: ServiceCatalogue) -> None:
    mail = catalogue.by_code("1001")
    assert mail is not None and mail is catalogue.by_key("email")
    assert mail.can("reset") and mail.can("unlock")
    assert mail.delivery == ("link", "spoken")
    assert mail.prompt == "service.email"


@pytest.mark.parametrize("code", ["", "100", "10011", "9999", "1001 ", "*"])
def test_an_unknown_code_finds_nothing(catalogue: ServiceCatalogue, code: str) -> None:
    assert catalogue.by_code(code) is None


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("quero trocar a senha do e-mail", "email"),
        ("E MAIL", "email"),
        ("o correio eletrônico por favor", "email"),
        ("correio eletronico", "email"),
        ("vpn", "network"),
        ("ponto de rede", "internet"),
        ("rede do estado", "network"),
        ("wifi", "internet"),
    ],
)
def test_a_spoken_name_or_synonym_finds_its_service(
    catalogue: ServiceCatalogue, said: str, key: str
) -> None:
    found = catalogue.by_spoken(said)
    assert found is not None and found.key == key


@pytest.mark.parametrize("said", ["", "bom dia", "enredeado", "e-mail e impressora", "..."])
def test_nothing_or_two_things_said_find_no_service(catalogue: ServiceCatalogue, said: str) -> None:
    assert catalogue.by_spoken(said) is None


def test_two_services_said_are_both_offered(catalogue: ServiceCatalogue) -> None:
    keys = {service.key for service in catalogue.spoken_candidates("e-mail e impressora")}
    assert keys == {"email", "workstation"}


def test_every_service_is_found_by_everything_it_is_called(catalogue: ServiceCatalogue) -> None:
    for service in catalogue.services:
        for name in service.spoken_names:
            assert catalogue.by_spoken(name) == service, name


@given(st.text(max_size=60))
def test_any_speech_gets_an_answer(catalogue: ServiceCatalogue, said: str) -> None:
    assert set(catalogue.spoken_candidates(said)) <= set(catalogue.services)


Spoil = Callable[[dict[str, Any]], object]
SPOILT: list[tuple[Spoil, str]] = [
    (lambda d: d["facts"].update(phone="3318"), "facts: phone: not a telephone number"),
    (lambda d: d["facts"].update(email="suporte"), "facts.email"),
    (lambda d: d["facts"].pop("deadline_business_days"), "facts.deadline_business_days"),
    (lambda d: d["facts"].update(deadline_business_days="3"), "facts.deadline_business_days"),
    (lambda d: d["facts"].update(prazo=3), "facts.prazo"),
    (lambda d: d["services"][1].update(code="1001"), "the code '1001' is there twice"),
    (lambda d: d["services"][1].update(code=1002), "services[1].code"),
    (lambda d: d["services"][1].update(code="10O2"), "services[1].code"),
    (lambda d: d["services"][2].update(key="e-mail"), "services[2].key"),
    (lambda d: d["services"][0].update(prompt="service.mail"), "services[0]: prompt"),
    (lambda d: d["services"][0].update(self_service=False), "services[0]: self_service"),
    (lambda d: d["services"][0].pop("directory"), "services[0]: directory"),
    (lambda d: d["services"][0].pop("delivery"), "services[0]: delivery"),
    (lambda d: d["services"][0].update(delivery=["email"]), "services[0].delivery[0]"),
    (lambda d: d["services"][0].update(actions=["reset", "delete"]), "services[0].actions[1]"),
    (lambda d: d["services"][0].update(actions=["reset", "reset"]), "services[0]: actions"),
    (lambda d: d["services"][1]["synonyms"].append("E-MAIL"), "spoken name 'email'"),
    (lambda d: d["services"][1]["synonyms"].append("--"), "services[1]: synonyms"),
    (lambda d: d.update(services=[]), "services"),
    (lambda d: d.update(version=2), "version"),
]


@pytest.mark.parametrize(("spoil", "told"), SPOILT, ids=[told for _, told in SPOILT])
def test_a_wrong_entry_is_refused_by_its_key(
    service_data: dict[str, Any], spoil: Spoil, told: str
) -> None:
    ServiceCatalogue.from_data(service_data)
    spoil(service_data)
    with pytest.raises(DataFaultError) as caught:
        ServiceCatalogue.from_data(service_data)
    assert told in str(caught.value)


def test_all_faults_of_a_file_are_told_at_once(service_data: dict[str, Any]) -> None:
    service_data["facts"].pop("name")
    service_data["services"][0]["code"] = "x"
    with pytest.raises(DataFaultError) as caught:
        ServiceCatalogue.from_data(service_data)
    assert len(caught.value.problems) == 2
