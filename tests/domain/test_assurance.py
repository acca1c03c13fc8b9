from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from ivr.domain.assurance import (
    AssurancePolicy,
    Factor,
    Level,
    Needs,
    Never,
    NeverReason,
    Verified,
    mobile_frozen,
    verdict,
)
from ivr.domain.data_faults import DataFaultError

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("group", "passed", "expected"),
    [
        ("servidores", [], Needs(factor=Factor.PIN)),
        ("servidores", ["pin"], Needs(factor=Factor.SMS_CODE)),
        ("servidores", ["sms_code"], Needs(factor=Factor.PIN)),
        ("servidores", ["pin", "pin"], Needs(factor=Factor.SMS_CODE)),
        ("servidores", ["pin", "cpf", "caller_id"], Needs(factor=Factor.SMS_CODE)),
        ("servidores", ["sms_code", "pin"], Verified()),
        ("cidadaos", ["pin", "sms_code"], Verified()),
        ("", ["pin", "sms_code"], Verified()),
        ("privilegiados", ["pin", "sms_code"], Never(reason=NeverReason.GROUP)),
        ("privilegiados", [], Never(reason=NeverReason.GROUP)),
        ("outros", ["pin", "sms_code"], Never(reason=NeverReason.UNKNOWN_GROUP)),
        ("servidores", ["pin", "printed_code"], Verified()),
        ("servidores", ["printed_code"], Needs(factor=Factor.PIN)),
        ("servidores", ["sms_code", "printed_code"], Needs(factor=Factor.PIN)),
        ("privilegiados", ["pin", "printed_code"], Never(reason=NeverReason.GROUP)),
    ],
)
def test_the_policy_matrix(
    policy: AssurancePolicy, group: str, passed: list[str], expected: object
) -> None:
    assert verdict(policy, group, passed, mobile_frozen=False) == expected


def test_no_order_of_factors_verifies_with_one_missing(policy: AssurancePolicy) -> None:
    for group, rules in policy.groups.items():
        for size in range(len(rules.factors)):
            for passed in permutations(rules.factors, size):
                found = verdict(policy, group, passed, mobile_frozen=False)
                assert not isinstance(found, Verified)


def test_a_fresh_mobile_closes_self_service_even_after_both_proofs(
    policy: AssurancePolicy,
) -> None:
    found = verdict(_without_paper(policy), "servidores", ["pin", "sms_code"], mobile_frozen=True)
    assert found == Never(reason=NeverReason.MOBILE_CHANGED)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (["pin", "sms_code"], Needs(factor=Factor.PRINTED_CODE)),
        (["pin"], Needs(factor=Factor.PRINTED_CODE)),
        (["printed_code"], Needs(factor=Factor.PIN)),
        (["pin", "printed_code"], Verified()),
    ],
)
def test_with_a_fresh_mobile_only_the_paper_stands_in_for_the_code_by_sms(
    policy: AssurancePolicy, passed: list[str], expected: object
) -> None:
    assert verdict(policy, "servidores", passed, mobile_frozen=True) == expected


def test_without_a_stand_in_the_paper_proves_nothing(policy: AssurancePolicy) -> None:
    """The control."""
    found = verdict(
        _without_paper(policy), "servidores", ["pin", "printed_code"], mobile_frozen=False
    )
    assert found == Needs(factor=Factor.SMS_CODE)


def test_the_questions_name_the_stand_in_and_are_the_same_for_everybody(
    policy: AssurancePolicy,
) -> None:
    asked = {policy.questions(group) for group in ("", "servidores", "privilegiados", "x")}
    assert asked == {("pin", "sms_code|printed_code")}
    assert _without_paper(policy).questions("servidores") == ("pin", "sms_code")


def _without_paper(policy: AssurancePolicy) -> AssurancePolicy:
    groups = {
        name: group.model_copy(update={"instead": {}}) for name, group in policy.groups.items()
    }
    return policy.model_copy(update={"groups": groups})


@pytest.mark.parametrize(
    ("changed", "frozen"),
    [
        (None, False),
        (NOW - timedelta(hours=72), False),
        (NOW - timedelta(hours=72) + timedelta(seconds=1), True),
        (NOW, True),
        (NOW + timedelta(days=1), True),
    ],
)
def test_a_changed_mobile_is_frozen_for_72_hours(
    policy: AssurancePolicy, changed: datetime | None, frozen: bool
) -> None:
    assert mobile_frozen(policy, changed_at=changed, now=NOW) is frozen


def test_everybody_is_asked_for_the_same_factors_known_or_not(policy: AssurancePolicy) -> None:
    asked = {policy.factors_asked(group) for group in ("", "servidores", "privilegiados", "x")}
    assert asked == {(Factor.PIN, Factor.SMS_CODE)}


def test_a_privileged_account_falls_to_the_privileged_group(policy: AssurancePolicy) -> None:
    assert policy.group_of("servidores", privileged=True) == "privilegiados"
    assert policy.group_of("servidores", privileged=False) == "servidores"
    assert policy.group_of("", privileged=False) == "servidores"


def _one_factor(data: dict[str, Any]) -> None:
    data["groups"]["servidores"]["factors"] = ["pin"]


def _same_factor_twice(data: dict[str, Any]) -> None:
    data["groups"]["cidadaos"]["factors"] = ["pin", "pin"]


def _voiceprint(data: dict[str, Any]) -> None:
    data["groups"]["cidadaos"]["factors"] = ["pin", "voiceprint"]


def _pin_on_paper(data: dict[str, Any]) -> None:
    data["groups"]["servidores"]["instead"] = {"pin": "printed_code"}


def _stand_in_for_nothing(data: dict[str, Any]) -> None:
    data["groups"]["servidores"]["factors"] = ["pin", "printed_code"]


def _stand_in_without_self_service(data: dict[str, Any]) -> None:
    data["groups"]["privilegiados"]["instead"] = {"sms_code": "printed_code"}


def _privileged_self_service(data: dict[str, Any]) -> None:
    data["groups"]["privilegiados"] |= {"self_service": True, "factors": ["pin", "sms_code"]}


def _no_default(data: dict[str, Any]) -> None:
    data["default_group"] = "padrao"


def _strange_key(data: dict[str, Any]) -> None:
    data["groups"]["cidadaos"]["fatores"] = []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_one_factor, "groups.servidores: factors: self-service needs at least two"),
        (_same_factor_twice, "groups.cidadaos: factors: the same factor"),
        (_voiceprint, "groups.cidadaos.factors[1]"),
        (_pin_on_paper, "groups.servidores: instead: only printed_code"),
        (_stand_in_for_nothing, "groups.servidores: instead: for a factor of the group"),
        (_stand_in_without_self_service, "groups.privilegiados: instead: for a factor"),
        (_privileged_self_service, "privileged_group"),
        (_no_default, "default_group"),
        (_strange_key, "groups.cidadaos.fatores"),
    ],
)
def test_a_policy_that_weakens_the_rules_is_refused_by_its_key(
    policy_data: dict[str, Any], spoil: Callable[[dict[str, Any]], None], told: str
) -> None:
    AssurancePolicy.from_data(policy_data)
    spoil(policy_data)
    with pytest.raises(DataFaultError) as caught:
        AssurancePolicy.from_data(policy_data)
    assert told in str(caught.value)


def test_levels_are_ordered_and_have_words() -> None:
    assert Level.ANONYMOUS < Level.IDENTIFIED < Level.VERIFIED
    assert [Level.of(level.word) for level in Level] == list(Level)
    with pytest.raises(ValueError):
        Level.of("VERIFIED")
