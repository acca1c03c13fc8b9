"""Scripts against the running system, by the clock on the wall."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivr.carrier.script import BadScript, Script, read_script
from ivr.carrier.script_play import Playing, caller_of, person_of
from ivr.carrier.script_texts import Texts
from ivr.carrier.terminal_api import CarrierApi, Messages, NotReachable, Refused, Setup
from ivr.carrier.terminal_line import RemoteLine
from ivr.carrier.terminal_screen import Screen


def read_scripts(files: Sequence[Path]) -> dict[str, Script]:
    """By the name of the file as it was given. Raises BadScript with the faults of all files."""
    scripts: dict[str, Script] = {}
    faults: list[str] = []
    for file in files:
        try:
            scripts[str(file)] = read_script(file)
        except BadScript as failure:
            faults.append(str(failure))
    if faults:
        raise BadScript("\n".join(faults))
    return scripts


async def run_scripts(
    api: CarrierApi, setup: Setup, screen: Screen, scripts: Mapping[str, Script], *, to: str
) -> int:
    """One call after the other; 0 when every story went as told, else 1.

    Raises BadScript (an unknown person, a fault that the carrier does not know) and NotReachable.
    """
    for script in scripts.values():
        person_of(script, setup.people)
    results: dict[str, Sequence[str]] = {}
    texts = Texts(await api.texts())
    for name, script in scripts.items():
        screen.story(name, script.story)
        if script.at is not None:
            screen.note(f"at = {script.at.isoformat()} só vale nos testes: aqui é agora")
        results[name] = await _run(api, setup, screen, script, name=name, to=to, texts=texts)
    screen.result(results)
    return 1 if any(results.values()) else 0


async def _run(
    api: CarrierApi,
    setup: Setup,
    screen: Screen,
    script: Script,
    *,
    name: str,
    to: str,
    texts: Texts,
) -> Sequence[str]:
    person = person_of(script, setup.people)
    messages = Messages(api)
    await messages.begin()
    try:
        sid = await api.call(from_=caller_of(script, person), to=to, faults=script.faults)
    except Refused as failure:
        raise BadScript(f"{name}: {failure}") from None
    line = RemoteLine(api, sid)
    playing = Playing(
        phone=line,
        script=script,
        person=person,
        messages=lambda: messages.bodies(str(person.get("mobile") or "")),
        tell=screen.step,
        texts=texts,
    )
    beside = [asyncio.ensure_future(line.run()), asyncio.ensure_future(messages.watch())]
    try:
        await playing.play()
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    if line.lost:
        raise NotReachable(
            f"A ligação caiu: ninguém mais atende em {api.address}. Ligue tudo com: make run"
        )
    return playing.problems
