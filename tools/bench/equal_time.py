"""Whether time tells who exists: a wrong PIN for known and for unknown people, interleaved, over
the real route in process, with the PIN hash at its real cost. A deliberately leaking variant
must be caught by the same measure."""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from math import sqrt
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = 400
"""A class; security bars of 10,000 a class belong to the soak run."""
BOUND = 4.5


def welch(a: list[float], b: list[float]) -> float:
    """Welch's t of two samples."""
    spread = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    return (statistics.fmean(a) - statistics.fmean(b)) / sqrt(spread)


def crop(samples: list[float]) -> list[float]:
    """The lowest nine tenths: what a hiccup of the machine did not touch."""
    return sorted(samples)[: len(samples) * 9 // 10]


def measure(*, leaking: bool) -> tuple[float, float]:
    """Welch's t, raw and cropped, of the seconds that a wrong PIN takes."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from desk import make_desk, people

    from ivr.adapters.pin_hash import PinHasher
    from ivr.domain.limits import Limits
    from ivr.flow.requests import CheckPin, FindPerson
    from ivr.service.opening import open_call
    from ivr.service.requests import TurnContext, run_request
    from ivr.service.session import Session

    hasher = PinHasher("normal")

    def leak(pin_hash: str | None, secret: str, /) -> bool:
        return False if pin_hash is None else hasher(pin_hash, secret)

    verifier: Callable[[str | None, str], bool] = leak if leaking else hasher
    generous = Limits(
        account_failures=10**6, caller_failures=10**6, global_failures=10**6, tries_per_call=10**6
    )
    seconds: dict[bool, list[float]] = {True: [], False: []}
    order = [True, False] * SAMPLES
    random.Random(7).shuffle(order)
    with tempfile.TemporaryDirectory() as folder:
        desk = make_desk(Path(folder), limits=generous, verify_pin=verifier)
        key = desk.rt.keyed_hash("cpf", people()["ana"]["cpf"])
        with desk.rt.store.begin() as tx:
            tx.proofs.set_pin(key, hasher.hash(people()["ana"]["pin"]))
        for number, known in enumerate(order):
            sid = f"CA{number:032x}"
            open_call(desk.rt, sid=sid, caller=None)
            call = desk.call(sid)
            context = TurnContext(
                call=call, turn=3, session=Session.from_dict(call.state), effects=[]
            )
            cpf = people()["ana" if known else "iara"]["cpf"]
            began = time.perf_counter()
            run_request(desk.rt, context, FindPerson(kind="cpf", number=cpf))
            run_request(desk.rt, context, CheckPin(secret="99999999"))
            seconds[known].append(time.perf_counter() - began)
    raw = welch(seconds[True], seconds[False])
    return raw, welch(crop(seconds[True]), crop(seconds[False]))


def report() -> list[str]:
    """Lines for people."""
    raw, cropped = measure(leaking=False)
    leak_raw, leak_cropped = measure(leaking=True)
    return [
        f"known against unknown, {SAMPLES} a class: |t| {abs(raw):.1f} raw, {abs(cropped):.1f} "
        f"on the lowest 90 % (bar: under {BOUND})",
        f"a leaking variant: |t| {abs(leak_raw):.1f} raw, {abs(leak_cropped):.1f} "
        f"(must be over {BOUND})",
    ]
