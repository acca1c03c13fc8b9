"""Who learns of a change: the hub alone, without sockets or clocks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.ports.changes import TOPICS, Change
from ivr.ports.staff import ROLES, StaffRow
from ivr.service.live import QUEUE, Console, Hub, session_stands, words_of

AT = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)


class Hand:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def a_hub(clock: Hand | None = None) -> Hub:
    return Hub(encode=lambda t, e, v: f"{t} {e} {v}".encode(), now=clock or Hand())


def a_person(name: str, *, roles: tuple[str, ...] = ("agent",), skills: str = "") -> StaffRow:
    return StaffRow(
        id=name,
        login=name,
        name=name,
        roles=roles,  # type: ignore[arg-type]
        skills=tuple(skills.split()),
        created_at=AT,
    )


def a_console(staff: StaffRow, **words: object) -> Console:
    def words_for(row: StaffRow) -> frozenset[str]:
        return words_of(row, **words)  # type: ignore[arg-type]

    return Console(staff=staff, words=words_for(staff), still=lambda: staff, words_for=words_for)


def a_change(topic: str, entity: str, *audience: str, version: int = 1) -> Change:
    return Change(at=AT, topic=topic, entity=entity, version=version, audience=audience)


def heard(console: Console) -> list[str]:
    found = [frame.decode() for frame in console.frames]
    console.frames.clear()
    return found


def test_five_thousand_pops_to_two_hundred_agents_and_none_crossed() -> None:
    hub = a_hub()
    consoles = {f"a{n}": a_console(a_person(f"a{n}", skills="redes")) for n in range(200)}
    for console in consoles.values():
        hub.join(console)
    for pop in range(5000):
        agent = f"a{pop * 7919 % 200}"
        hub.publish(a_change("oferta.nova", f"{agent}.{pop}", f"agent:{agent}"))
    got = {name: heard(console) for name, console in consoles.items()}
    assert sum(map(len, got.values())) == 5000
    for name, lines in got.items():
        assert all(line.startswith(f"oferta.nova {name}.") for line in lines)


_names = st.sampled_from(["ana", "bia", "caio", "davi"])
_queues = st.sets(st.sampled_from(["redes", "contas", "geral"]))
_roles = st.sets(st.sampled_from(ROLES), min_size=1)
_words = st.sets(
    st.one_of(
        _names.map(lambda n: f"agent:{n}"),
        st.sampled_from(["queue:redes", "queue:contas", "queue:geral"]),
        st.sampled_from([f"role:{role}" for role in ROLES]),
        st.sampled_from(["ticket:2026-1", "ticket:2026-2"]),
    ),
    min_size=1,
)


@settings(max_examples=200, deadline=None)
@given(
    people=st.lists(st.tuples(_names, _roles, _queues, st.booleans()), max_size=6),
    told=st.lists(
        st.tuples(st.sampled_from(["oferta.nova", "chamado.mudou"]), _words), max_size=12
    ),
)
def test_a_console_hears_exactly_what_its_words_allow(
    people: list[tuple[str, set[str], set[str], bool]], told: list[tuple[str, set[str]]]
) -> None:
    hub = a_hub()
    consoles = []
    for name, roles, skills, looks in people:
        person = a_person(name, roles=tuple(sorted(roles)), skills=" ".join(sorted(skills)))
        consoles.append(a_console(person, tickets=["2026-1"] if looks else []))
        hub.join(consoles[-1])
    for number, (topic, audience) in enumerate(told):
        hub.publish(a_change(topic, str(number), *sorted(audience)))
    for (name, roles, skills, looks), console in zip(people, consoles, strict=True):
        may = {f"agent:{name}"} | {f"role:{role}" for role in roles}
        if "agent" in roles:
            may |= {f"queue:{skill}" for skill in skills}
        if looks and roles & {"agent", "supervisor", "auditor", "admin"}:
            may.add("ticket:2026-1")
        want = [f"{topic} {n} 1" for n, (topic, audience) in enumerate(told) if audience & may]
        assert heard(console) == want


def test_a_manager_does_not_hear_of_a_ticket_nor_of_a_queue() -> None:
    manager = a_person("rui", roles=("manager",), skills="redes")
    assert words_of(manager, tickets=["2026-1"]) == {"agent:rui", "role:manager"}


def test_a_console_that_does_not_keep_up_is_marked_and_gets_no_more() -> None:
    hub = a_hub()
    slow, quick = a_console(a_person("ana")), a_console(a_person("bia"))
    hub.join(slow)
    hub.join(quick)
    for n in range(QUEUE + 5):
        hub.publish(a_change("oferta.nova", str(n), "agent:ana", "agent:bia"))
        heard(quick)
    assert slow.overflowed and len(slow.frames) == QUEUE
    assert not quick.overflowed


def test_a_queue_is_told_once_a_second_and_its_last_state_is_never_lost() -> None:
    clock = Hand()
    hub = a_hub(clock)
    console = a_console(a_person("ana", skills="redes"))
    hub.join(console)
    for version in range(1, 8):
        hub.publish(a_change("fila.resumo", "redes", "queue:redes", version=version))
        hub.flush()
    assert heard(console) == ["fila.resumo redes 1"]
    clock.at = 0.9
    hub.flush()
    assert heard(console) == []
    clock.at = 1.0
    hub.flush()
    hub.flush()
    assert heard(console) == ["fila.resumo redes 7"]


def test_held_back_changes_reach_the_audience_of_each_of_them() -> None:
    clock = Hand()
    hub = a_hub(clock)
    agent = a_console(a_person("ana", skills="redes"))
    boss = a_console(a_person("caio", roles=("supervisor",)))
    hub.join(agent)
    hub.join(boss)
    hub.publish(a_change("fila.resumo", "redes", "queue:redes"))
    hub.publish(a_change("fila.resumo", "redes", "role:supervisor", version=2))
    hub.publish(a_change("fila.resumo", "redes", "queue:redes", version=3))
    heard(agent)
    clock.at = 1.5
    hub.flush()
    assert heard(boss) == ["fila.resumo redes 3"]
    assert heard(agent) == ["fila.resumo redes 3"]


def test_two_queues_do_not_wait_for_each_other() -> None:
    hub = a_hub()
    console = a_console(a_person("ana", skills="redes contas"))
    hub.join(console)
    hub.publish(a_change("fila.resumo", "redes", "queue:redes"))
    hub.publish(a_change("fila.resumo", "contas", "queue:contas"))
    assert Counter(heard(console)) == Counter(["fila.resumo redes 1", "fila.resumo contas 1"])


def test_an_end_of_session_is_looked_up_before_it_is_believed() -> None:
    hub = a_hub()
    console = a_console(a_person("ana"))
    console.check_at = 60.0
    hub.join(console)
    hub.publish(a_change("sessao.fim", "s1", "agent:ana"))
    assert heard(console) == [] and console.check_at == 0.0
    assert session_stands(hub, console)
    assert heard(console) == []


def test_a_log_out_ends_the_stream_and_says_so() -> None:
    hub = a_hub()
    console = a_console(a_person("ana"))
    console.still = lambda: None
    hub.join(console)
    assert not session_stands(hub, console)
    hub.publish(a_change("oferta.nova", "of-1", "agent:ana"))
    assert heard(console) == ["sessao.fim ana 0"]
    assert console.leaving


def test_another_role_ends_the_stream_and_a_shut_account_too() -> None:
    ana = a_person("ana")
    for now in (replace(ana, roles=("supervisor",)), replace(ana, active=False)):
        hub = a_hub()
        console = a_console(ana)
        console.still = lambda now=now: now  # type: ignore[misc]
        hub.join(console)
        assert not session_stands(hub, console)
        assert heard(console) == ["sessao.fim ana 0"]


def test_another_queue_changes_what_is_heard_and_reads_everything_anew() -> None:
    hub = a_hub()
    ana = a_person("ana", skills="redes")
    console = a_console(ana)
    hub.join(console)
    console.still = lambda: replace(ana, skills=("contas",))
    assert session_stands(hub, console)
    hub.publish(a_change("fila.resumo", "redes", "queue:redes"))
    hub.publish(a_change("fila.resumo", "contas", "queue:contas"))
    assert heard(console) == ["ressincronizar  0", "fila.resumo contas 1"]


def test_who_left_hears_nothing_and_leaves_no_trace() -> None:
    hub = a_hub()
    console = a_console(a_person("ana", skills="redes"))
    hub.join(console)
    hub.leave(console)
    hub.leave(console)
    hub.publish(a_change("oferta.nova", "of-1", "agent:ana", "queue:redes"))
    assert heard(console) == [] and len(hub) == 0 and hub.of_person("ana") == 0


def test_the_browser_knows_every_topic_that_is_told() -> None:
    from pathlib import Path

    script = Path("ivr/web/static/live-core.js")
    text = (Path(__file__).resolve().parents[2] / script).read_text("utf-8")
    assert [topic for topic in TOPICS if f'"{topic}"' not in text] == []
