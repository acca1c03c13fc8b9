"""The build of all prompts: from nothing and with nothing changed, against the bare program of the
same engine that says the same texts once, on as many cores."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ivr.adapters.speech.build_plan import rate_of
from ivr.adapters.speech.prompt_build import WORKERS, build
from ivr.adapters.speech.prompt_files import load_catalogue
from ivr.adapters.speech.synthesis import Voice, pronounced
from ivr.settings import ROOT

COLD, UNCHANGED = 60.0, 2.0
"""Bars, in seconds."""
ROUNDS = 5


def bare(pieces: dict[str, str]) -> float:
    """Seconds of one ``espeak-ng`` a text, and nothing else."""
    voice = Voice()

    def say(piece: str) -> None:
        command = ["espeak-ng", "-v", voice.name, "-s", str(rate_of(piece, voice)), "--stdout"]
        subprocess.run([*command, "--", pronounced(pieces[piece])], capture_output=True, check=True)

    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(say, [piece for piece, text in pieces.items() if text]))
    return time.perf_counter() - began


def processor_seconds() -> float:
    """Of this process and of its children that ended: what a busy machine cannot stretch."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def command(out: Path) -> float:
    """Seconds of ``flask prompts build`` as a person waits for it."""
    began = time.perf_counter()
    subprocess.run(
        [str(Path(sys.executable).with_name("flask")), "prompts", "build", "--out", str(out)],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return time.perf_counter() - began


def report() -> list[str]:
    """Lines for people."""
    pieces = dict(load_catalogue(ROOT / "prompts" / "pt-BR.toml").pieces())
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "prompts")
        floor = [bare(pieces)]
        before = processor_seconds()
        made = build(pieces, out=out, recorded=ROOT / "prompts")
        cold = processor_seconds() - before
        floor.append(bare(pieces))
        kept = [build(pieces, out=out, recorded=ROOT / "prompts").seconds for _ in range(ROUNDS)]
        before = processor_seconds()
        whole = [command(out) for _ in range(ROUNDS)]
        one = (processor_seconds() - before) / ROUNDS
    bottom = statistics.fmean(floor)
    load = os.getloadavg()[0]
    return [
        f"{len(pieces)} pieces, {WORKERS} children at a time, load {load:.1f} on "
        f"{os.cpu_count()} cores, {len(made.problems)} problems",
        f"from nothing {made.seconds:.1f} s (bar: under {COLD:.0f} s), {cold:.1f} s of processor",
        f"bare espeak-ng, each text once, before and after {floor[0]:.1f} and {floor[1]:.1f} s; "
        f"ratio {made.seconds / bottom:.1f}",
        f"nothing changed: the build {statistics.median(kept):.2f} s, the command "
        f"{statistics.median(whole):.2f} s with {one:.2f} s of processor, medians of {ROUNDS} "
        f"(bar: under {UNCHANGED:.0f} s)",
    ]
