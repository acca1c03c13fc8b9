"""A call by hand: what is heard scrolls by, what is typed goes to the line."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivr.carrier.audio import CHARACTERS_PER_SECOND
from ivr.carrier.script import BadScript
from ivr.carrier.script_play import ACROSS_A_STEP
from ivr.carrier.script_texts import Texts
from ivr.carrier.script_words import fill, newest_code, own_values, protocol_in
from ivr.carrier.terminal_api import CarrierApi, Messages, NotReachable, Refused, Setup
from ivr.carrier.terminal_input import (
    HELP,
    Command,
    HangUp,
    Lines,
    NotUnderstood,
    Press,
    Silence,
    Speak,
    Typed,
    read_typed,
)
from ivr.carrier.terminal_line import RemoteLine
from ivr.carrier.terminal_listen import Ear
from ivr.carrier.terminal_save import Recorder
from ivr.carrier.terminal_screen import PROMPT, Screen
from ivr.carrier.terminal_screen import Lines as ScreenLines

LATE_MESSAGES = 1.5
"""Seconds for which messages may still come when the call has ended."""
SILENCE_SECONDS = 60.0
"""How long the end of a pipe stays on the line, silent."""
LISTENS_SECONDS = 900.0
"""How long a line from a pipe waits for the service to listen."""


class Talk:
    """One call. :meth:`run` returns the exit code."""

    def __init__(
        self,
        api: CarrierApi,
        setup: Setup,
        screen: Screen,
        lines: Lines,
        *,
        caller: str,
        to: str,
        person: Mapping[str, Any] | None,
    ) -> None:
        self._api = api
        self._setup = setup
        self._screen = screen
        self._lines = lines
        self._caller = caller
        self._to = to
        self._person: Mapping[str, Any] = person or {}
        self._messages = Messages(api)
        self._line: RemoteLine
        self._ear: Ear
        self._recorder = Recorder(
            codes=self._codes,
            public=frozenset(
                str(entry.get("number") or "").removeprefix("+55") for entry in setup.callers
            )
            - {""},
            person=self._person,
        )

    async def run(self) -> int:
        """Raises NotReachable, Refused."""
        await self._messages.begin()
        texts = await self._api.texts()
        self._ear = Ear(self._screen, texts)
        self._recorder.texts = Texts(texts)
        sid = await self._api.call(from_=self._caller, to=self._to, faults=None)
        self._line = RemoteLine(self._api, sid, refused=self._screen.note)
        self._line.follow(self._recorder.see)
        self._line.follow(self._ear.see)
        who = str(self._person.get("name") or "")
        shown = "número oculto" if self._caller == "withheld" else self._caller
        self._screen.note(f"ligando para {self._to} de {shown}{f' ({who})' if who else ''}")
        self._lines.start(PROMPT)
        if self._lines.keyboard and isinstance(self._screen, ScreenLines):
            self._screen.prompt()
        with contextlib.suppress(NotImplementedError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._lines.say, None)
        tasks = [
            asyncio.ensure_future(work)
            for work in (self._line.run(), self._watch(), self._say_that_it_is_over())
        ]
        try:
            await self._obey()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._line.lost:
            raise NotReachable(
                f"A ligação caiu: ninguém mais atende em {self._api.address}. "
                "Ligue tudo com: make run"
            )
        return 0

    async def _obey(self) -> None:
        """Lines until the input and the call have ended."""
        while True:
            typed = await self._next_typed()
            if isinstance(typed, Command):
                if not self._lines.keyboard:
                    await self._wait_until_it_listens()
                self._command(typed)
            elif self._ear.closed.is_set():
                if self._lines.keyboard:
                    return
                if isinstance(typed, HangUp):
                    await asyncio.sleep(LATE_MESSAGES)
                    return
            elif typed is not None:
                await self._act(typed)

    async def _next_typed(self) -> Typed | None:
        """The end of the input hangs up, from a pipe after the service has waited once more."""
        text = await self._lines.next()
        if isinstance(self._screen, ScreenLines) and self._lines.keyboard:
            self._screen.typed()
        if text is None:
            if not self._lines.keyboard and not self._ear.closed.is_set():
                await self._say_nothing()
            return HangUp(at_once=True)
        try:
            return read_typed(text)
        except NotUnderstood as failure:
            self._screen.note(str(failure))
            return None

    async def _say_that_it_is_over(self) -> None:
        await self._ear.closed.wait()
        if self._lines.keyboard:
            self._screen.note("fim da ligação: Enter sai; /salvar e /sms ainda valem")

    async def _act(self, typed: Typed) -> None:
        if not self._lines.keyboard and typed != HangUp(at_once=True):
            await self._wait_until_it_listens()
            self._ear.listens.clear()
            self._ear.gather_over.clear()
        if self._ear.closed.is_set():
            return
        try:
            await self._do(typed)
        except BadScript as failure:
            self._screen.note(str(failure))

    async def _do(self, typed: Typed) -> None:
        match typed:
            case Press(keys=keys):
                keys = await self._filled(keys)
                if set(keys) - set("0123456789*#"):
                    raise BadScript("O teclado só tem 0 a 9, * e #.")
                self._line.press(keys)
                self._recorder.pressed(keys)
                self._who_is_it(keys)
            case Speak(text=text, confidence=confidence):
                text = await self._filled(text)
                self._line.speak(text, confidence)
                self._recorder.spoke(text, confidence, len(text) / CHARACTERS_PER_SECOND)
            case Silence():
                self._recorder.silent()
                if not self._lines.keyboard:
                    await self._ear.gather_over.wait()
            case HangUp():
                self._recorder.hung_up()
                self._line.hang_up()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ear.closed.wait(), 20)

    async def _filled(self, text: str) -> str:
        if "{sms_code}" in text and not self._codes():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(20):
                    while not self._codes():
                        await asyncio.sleep(0.2)
        return fill(
            text,
            {
                **own_values(self._person),
                "sms_code": lambda: newest_code(self._bodies()),
                "protocol": lambda: protocol_in(self._ear.pieces),
            },
        )

    def _who_is_it(self, keys: str) -> None:
        """Whoever keys a person's number in is that person from then on."""
        number = keys.rstrip("#")
        for person in self._setup.people:
            if number and number in (person.get("cpf"), person.get("matricula")):
                self._person = person
                self._recorder.person = person

    async def _wait_until_it_listens(self) -> None:
        closed = asyncio.ensure_future(self._ear.closed.wait())
        listens = asyncio.ensure_future(self._ear.listens.wait())
        try:
            await asyncio.wait(
                {closed, listens},
                timeout=LISTENS_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            closed.cancel()
            listens.cancel()
        await asyncio.sleep(ACROSS_A_STEP)

    async def _say_nothing(self) -> None:
        await self._wait_until_it_listens()
        self._ear.gather_over.clear()
        if not self._ear.closed.is_set():
            self._recorder.silent()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ear.gather_over.wait(), SILENCE_SECONDS)

    async def _watch(self) -> None:
        while True:
            try:
                for message in await self._messages.look():
                    if message.get("to") in self._numbers():
                        self._screen.message(str(message["to"]), str(message.get("body", "")))
            except (NotReachable, Refused):
                pass
            await asyncio.sleep(0.4)

    def _numbers(self) -> set[str]:
        return {str(self._person.get("mobile") or ""), self._caller} - {"", "withheld"}

    def _bodies(self) -> list[str]:
        return [
            str(m.get("body", "")) for m in self._messages.all if m.get("to") in self._numbers()
        ]

    def _codes(self) -> list[str]:
        return [code for body in self._bodies() for code in re.findall(r"\b[0-9]{6}\b", body)]

    # Commands.

    def _command(self, command: Command) -> None:
        match command.name:
            case "ajuda":
                self._screen.table(HELP)
            case "pessoas":
                columns = ("key", "name", "cpf", "matricula", "pin", "mobile")
                self._screen.table(
                    [[str(p.get(c) or "–") for c in columns] for p in self._setup.people]
                )
            case "sms":
                bodies = self._bodies()
                for body in bodies:
                    self._screen.note(body)
                if not bodies:
                    self._screen.note("Nenhuma mensagem nesta ligação.")
            case "salvar" if command.argument:
                self._save(Path(command.argument))
            case _:
                self._screen.note("Comandos: /pessoas, /sms, /salvar ARQUIVO.toml, /ajuda")

    def _save(self, file: Path) -> None:
        try:
            with file.open("x", encoding="utf-8") as out:
                out.write(self._recorder.toml(caller=self._caller))
        except FileExistsError:
            self._screen.note(f"{file} já existe; escolha outro nome.")
        except OSError as failure:
            self._screen.note(f"{file}: {failure.strerror}")
        else:
            self._screen.note(f"roteiro guardado em {file}")
