from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.outcome import (
    CONTAINED,
    LABELS,
    PRECEDENCE,
    STATUS_LABELS,
    CallOutcome,
    TicketStatus,
    end_call,
    final_outcome,
    stronger,
    ticket_status,
)

C = CallOutcome
outcomes = st.lists(st.sampled_from(CallOutcome), max_size=6)


@pytest.mark.parametrize(
    ("seen", "told", "status"),
    [
        ([], C.ABANDONED, TicketStatus.CLOSED),
        ([C.FAILED_PROOF, C.RESOLVED_SELF_SERVICE], C.RESOLVED_SELF_SERVICE, TicketStatus.CLOSED),
        ([C.RESOLVED_SELF_SERVICE, C.WANTS_PERSON], C.WANTS_PERSON, TicketStatus.OPEN),
        ([C.WANTS_PERSON, C.ATTENDED_BY_PERSON], C.ATTENDED_BY_PERSON, TicketStatus.OPEN),
        ([C.WANTS_PERSON, C.CALLBACK_BOOKED], C.CALLBACK_BOOKED, TicketStatus.PENDING),
        ([C.FAULT, C.WANTS_PERSON], C.FAULT, TicketStatus.OPEN),
        ([C.FAULT, C.ATTENDED_BY_PERSON], C.ATTENDED_BY_PERSON, TicketStatus.OPEN),
        ([C.IN_PROGRESS], C.IN_PROGRESS, TicketStatus.PENDING),
        ([C.IN_PROGRESS, C.RESOLVED_SELF_SERVICE], C.RESOLVED_SELF_SERVICE, TicketStatus.CLOSED),
        ([C.INFORMED, C.COMPLAINT_RECORDED], C.COMPLAINT_RECORDED, TicketStatus.OPEN),
        ([C.TICKET_STATUS_TOLD, C.NEED_RECORDED], C.NEED_RECORDED, TicketStatus.OPEN),
        ([C.REFUSED, C.FAILED_PROOF], C.REFUSED, TicketStatus.OPEN),
    ],
)
def test_what_the_caller_still_lacks_outranks_what_was_done(
    seen: list[CallOutcome], told: CallOutcome, status: TicketStatus
) -> None:
    assert final_outcome(seen) is told
    assert ticket_status(told) is status


@given(outcomes)
def test_the_outcome_of_a_call_does_not_depend_on_the_order_of_events(
    seen: list[CallOutcome],
) -> None:
    assert final_outcome(seen) is final_outcome(reversed(seen)) is final_outcome(seen * 2)


@given(st.sampled_from(CallOutcome), st.sampled_from(CallOutcome))
def test_the_stronger_of_two_is_the_one_that_stands(one: CallOutcome, other: CallOutcome) -> None:
    assert stronger(one, other) is stronger(other, one) is final_outcome([one, other])


def test_a_ticket_is_never_closed_while_somebody_waits_for_a_person() -> None:
    for outcome in PRECEDENCE:
        told = final_outcome([outcome, C.WANTS_PERSON])
        assert ticket_status(told) is not TicketStatus.CLOSED


def test_every_outcome_has_a_label_and_a_status() -> None:
    assert set(LABELS) == set(CallOutcome) == set(PRECEDENCE)
    assert set(STATUS_LABELS) == set(TicketStatus)
    assert all(ticket_status(outcome) in TicketStatus for outcome in CallOutcome)
    assert len(set(LABELS.values())) == len(LABELS)


def test_containment_counts_only_closed_tickets() -> None:
    assert all(ticket_status(outcome) is TicketStatus.CLOSED for outcome in CONTAINED)


def test_an_abandoned_call_tells_where() -> None:
    end = end_call([], node="identify.ask_number")
    assert (end.outcome, end.node) == (C.ABANDONED, "identify.ask_number")
    assert end.label == "Ligação abandonada em identify.ask_number"
    assert end_call([C.INFORMED], node="main.end").node == ""
