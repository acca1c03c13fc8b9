"""The minute between two codes to one person."""

from __future__ import annotations

from desk import DESK, Desk, asks, people

from ivr.carrier.call import Call
from ivr.carrier.events import GatherStarted
from ivr.carrier.exchange import Exchange


def test_caller_who_comes_back_within_the_minute_waits_for_a_new_code(desk: Desk) -> None:
    """The line fell after the code was asked for; the code of that call is of no use in this."""
    ana = people()["ana"]

    async def dial(exchange: Exchange) -> tuple[Call, Call]:
        first = exchange.call(from_=ana["mobile"], to=DESK)
        line = first.handset.listen()
        for keys in ("1", ana["cpf"], "1", ana["pin"] + "#"):
            await line.until(GatherStarted, asks)
            first.handset.press(keys)
        await line.until(GatherStarted, asks)
        first.handset.hang_up()
        await first.finished()
        old = desk.sms.code()
        second = exchange.call(from_=ana["mobile"], to=DESK)
        line = second.handset.listen()
        for keys in ("1", ana["cpf"], "1", ana["pin"] + "#"):
            await line.until(GatherStarted, asks)
            second.handset.press(keys)
        await line.until(GatherStarted, asks)
        assert desk.sms.code() != old
        second.handset.press(desk.sms.code())
        await line.until(GatherStarted, asks)
        second.handset.hang_up()
        await second.finished()
        return first, second

    first, second = desk.run(dial)
    assert "person.verified" in desk.kinds(second.sid)
    waited = (desk.call(second.sid).started_at, [e.at for e in desk.journal(second.sid)])
    sent = [e.at for e in desk.journal(second.sid) if e.kind == "code.sent"]
    earlier = [e.at for e in desk.journal(first.sid) if e.kind == "code.sent"]
    assert (sent[0] - earlier[0]).total_seconds() >= 60, waited
