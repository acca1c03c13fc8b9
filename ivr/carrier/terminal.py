"""``python -m ivr.carrier.terminal``: a telephone in the terminal, by hand or by script.

Exit code: 0 all went as expected, 1 a script did not, 2 a bad file or no carrier.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ivr.carrier.script import BadScript, Script
from ivr.carrier.terminal_api import CarrierApi, NotReachable, Refused, Setup
from ivr.carrier.terminal_input import Lines, terminal_kept
from ivr.carrier.terminal_screen import JsonLines, Screen
from ivr.carrier.terminal_screen import Lines as ScreenLines
from ivr.carrier.terminal_script import read_scripts, run_scripts
from ivr.carrier.terminal_talk import Talk

API = "http://127.0.0.1:8090"
WITHHELD = "withheld"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ivr.carrier.terminal",
        description="Um telefone no terminal. Antes, ligue tudo com: make run",
    )
    parser.add_argument("--to", default="", metavar="NÚMERO", help="padrão: o da central")
    parser.add_argument(
        "--from",
        dest="caller",
        default="",
        metavar="QUEM",
        help="um número (+55…), withheld (oculto) ou uma pessoa inventada (ana, bento…)",
    )
    parser.add_argument("--api", default=API, metavar="ENDEREÇO", help=f"padrão: {API}")
    parser.add_argument(
        "--script",
        nargs="+",
        type=Path,
        default=[],
        metavar="ARQUIVO.toml",
        help="toca roteiros em vez de ler o teclado",
    )
    parser.add_argument(
        "--voice-url",
        default="",
        metavar="ENDEREÇO",
        help="quem atende, se não for o endereço da central",
    )
    parser.add_argument("--fast", action="store_true", help="o áudio dura um décimo do tempo")
    parser.add_argument("--json", action="store_true", help="um objeto JSON por linha")
    return parser


def who_calls(asked: str, setup: Setup) -> tuple[str, Mapping[str, Any] | None]:
    """The number (or ``withheld``) and the person. Raises Refused for somebody unknown."""
    if not asked:
        first: Mapping[str, Any] = next(iter(setup.callers or setup.people), {})
        asked = str(first.get("number", first.get("mobile")) or WITHHELD)
    if asked == WITHHELD:
        return WITHHELD, None
    if asked.startswith("+"):
        return asked, setup.person_of_number(asked)
    person = setup.person(asked)
    if person is None:
        known = ", ".join(str(p.get("key")) for p in setup.people)
        raise Refused(f"Não há pessoa “{asked}”; há: {known or 'nenhuma'}")
    return str(person.get("mobile") or WITHHELD), person


async def _run(options: argparse.Namespace, scripts: Mapping[str, Script], screen: Screen) -> int:
    async with CarrierApi(options.api, voice_url=options.voice_url, fast=options.fast) as api:
        setup = await api.setup()
        to = options.to or setup.to
        if scripts:
            return await run_scripts(api, setup, screen, scripts, to=to)
        caller, person = who_calls(options.caller, setup)
        talk = Talk(api, setup, screen, Lines(sys.stdin), caller=caller, to=to, person=person)
        return await talk.run()


def main(argv: Sequence[str] | None = None) -> int:
    parser = arguments()
    options = parser.parse_args(argv)
    if options.script and options.caller:
        parser.error("com --script, quem liga é o roteiro que diz")
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    screen: Screen = JsonLines(sys.stdout) if options.json else ScreenLines(sys.stdout)
    try:
        scripts = read_scripts(options.script)
        with terminal_kept(sys.stdin):
            return asyncio.run(_run(options, scripts, screen))
    except (BadScript, NotReachable, Refused) as failure:
        sys.stderr.write(f"{failure}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


if __name__ == "__main__":
    sys.exit(main())
