"""What the terminal shows: lines for people, in colour on a screen, or JSON, one object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ivr.carrier.events import LineEvent
from ivr.carrier.script_play import StepTold
from ivr.carrier.terminal_line import without_secrets
from ivr.carrier.terminal_words import Said

PROMPT = "> "


class Screen(Protocol):
    """Everything that the terminal shows passes here."""

    def event(self, event: LineEvent) -> None:
        """Something happened on the line."""
        ...

    def said(self, said: Said) -> None:
        """The service speaks; comes again as the utterance grows."""
        ...

    def message(self, to: str, body: str) -> None:
        """A text message came."""
        ...

    def note(self, text: str) -> None: ...

    def table(self, rows: Sequence[Sequence[str]]) -> None: ...

    def story(self, name: str, story: str) -> None:
        """A script begins."""
        ...

    def step(self, told: StepTold) -> None: ...

    def result(self, results: Mapping[str, Sequence[str]]) -> None:
        """All scripts are done: file name → what was not met."""
        ...


class Lines:
    """For people. On a screen, what somebody types stays below what is shown."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._tty = out.isatty()
        self._console = Console(file=out, highlight=False, soft_wrap=True)
        self._rows = 0
        self._prompt_shown = False

    def prompt(self) -> None:
        """The prompt stands on the screen and somebody may type after it."""
        self._prompt_shown = self._tty

    def typed(self) -> None:
        """Somebody has pressed Enter."""
        self._prompt_shown = False
        self._rows = 0
        self.prompt()

    def event(self, event: LineEvent) -> None:
        return None

    def said(self, said: Said) -> None:
        if said.whole or self._tty:
            mark = f" [{said.prompt}]" if said.prompt else ""
            line = Text.assemble(("URA> ", "bold cyan"), said.text, (mark, "dim"))
            rows = self._rows
            self._line(line, over=rows)
            self._rows = 0 if said.whole else self._height(line)

    def message(self, to: str, body: str) -> None:
        self._other(Text.assemble(("SMS> ", "bold magenta"), body))

    def note(self, text: str) -> None:
        self._other(Text(f"  · {text}", style="dim"))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        widths = (
            [max(cell_len(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
        )
        for row in rows:
            cells = [
                cell + " " * (width - cell_len(cell))
                for cell, width in zip(row, widths, strict=True)
            ]
            self._other(Text("  " + "  ".join(cells).rstrip()))

    def story(self, name: str, story: str) -> None:
        self._other(Text.assemble((name, "bold"), f"  {story}"))

    def step(self, told: StepTold) -> None:
        mark = ("✓", "bold green") if told.ok else ("✗", "bold red")
        name = f"passo {told.number}" if told.number else "fim"
        heard = ", ".join(told.heard) or "–"
        self._other(Text.assemble("  ", mark, f" {name}: ouviu {heard}"))
        if not told.ok:
            self._other(Text(f"      esperava ouvir {', '.join(told.wanted) or '–'}"))
            self._other(Text(f"      {told.problem}", style="red"))

    def result(self, results: Mapping[str, Sequence[str]]) -> None:
        failed = [name for name, problems in results.items() if problems]
        met = len(results) - len(failed)
        if not failed:
            self._other(Text(f"{met} de {met}: tudo como o roteiro diz", style="bold green"))
            return
        self._other(
            Text(f"{met} de {len(results)} como o roteiro diz; falharam:", style="bold red")
        )
        for name in failed:
            self._other(Text(f"  {name}"))

    def _other(self, line: Text) -> None:
        self._line(line, over=0)
        self._rows = 0

    def _line(self, line: Text, *, over: int) -> None:
        """Print ``line``, over the last ``over`` rows, and the prompt again below it."""
        if self._prompt_shown:
            self._out.write("\r\x1b[K")
        if over:
            self._out.write(f"\x1b[{over}A\r\x1b[J")
        self._console.print(line)
        if self._prompt_shown:
            self._out.write(PROMPT + _being_typed())
        self._out.flush()

    def _height(self, line: Text) -> int:
        return max(1, -(-line.cell_len // max(1, self._console.width)))


class JsonLines:
    """One JSON object a line: the events of the line, and with them ``utterance``, ``sms`` …"""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def event(self, event: LineEvent) -> None:
        self._write(without_secrets(event))

    def said(self, said: Said) -> None:
        if said.whole:
            self._write({"event": "utterance", "prompt": said.prompt, "text": said.text})

    def message(self, to: str, body: str) -> None:
        self._write({"event": "sms", "to": to, "body": body})

    def note(self, text: str) -> None:
        self._write({"event": "note", "text": text})

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        for row in rows:
            self._write({"event": "row", "cells": list(row)})

    def story(self, name: str, story: str) -> None:
        self._write({"event": "story", "file": name, "story": story})

    def step(self, told: StepTold) -> None:
        self._write({"event": "step", "ok": told.ok, **asdict(told)})

    def result(self, results: Mapping[str, Sequence[str]]) -> None:
        self._write(
            {
                "event": "result",
                "ok": not any(results.values()),
                "scripts": [
                    {"file": name, "ok": not problems, "problems": list(problems)}
                    for name, problems in results.items()
                ],
            }
        )

    def _write(self, content: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(content, ensure_ascii=False) + "\n")
        self._out.flush()


def _being_typed() -> str:
    try:
        import readline
    except ImportError:
        return ""
    return readline.get_line_buffer()
