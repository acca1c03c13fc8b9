"""Who calls: known and unknown identifiers cost the same and answer the same."""

from __future__ import annotations

from dataclasses import replace

from ivr.flow.requests import Answer, FindPerson, PersonLookup
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime
from ivr.service.session import Person
from ivr.service.tickets_contact import person_snapshot


@handles(FindPerson)
def find_person(rt: Runtime, context: TurnContext, request: FindPerson) -> Answer:
    """Look the identifier up in the directory that knows people."""
    account = rt.directories[rt.identity].find(kind=request.kind, number=request.number)
    if account is None:
        person = Person(key=rt.keyed_hash(request.kind, request.number))
        factors = rt.policy.questions("")
    else:
        group = rt.policy.group_of(account.group, privileged=account.privileged)
        person = Person(
            key=rt.keyed_hash("cpf", account.person_key),
            directory=rt.identity,
            uid=account.uid,
            group=group,
        )
        factors = rt.policy.questions(group)
    context.session = replace(context.session, person=person)
    snapshot = person_snapshot(rt, context.call, person=person, account=account)
    context.effects.append(snapshot)
    return PersonLookup(person=person.key, factors=factors)
