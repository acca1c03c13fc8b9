"""``python -m ivr.carrier``: run the local carrier until it is interrupted."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from ivr.carrier.call import Goto, Route
from ivr.carrier.exchange import Exchange
from ivr.carrier.presets import BadPresets, Presets, load_presets
from ivr.carrier.server import make_app
from ivr.carrier.sid import is_sid
from ivr.carrier.transport_http import HttpTransport
from ivr.carrier.twiml.dial import StatusCallback


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ivr.carrier", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument(
        "--public-url", default="", help="the carrier's own address, as seen by the service"
    )
    parser.add_argument("--voice-url", required=True)
    parser.add_argument("--fallback-url", default="")
    parser.add_argument("--status-callback", default="")
    parser.add_argument("--account-sid", default=os.environ.get("TWILIO_ACCOUNT_SID", ""))
    parser.add_argument(
        "--auth-token-env",
        default="TWILIO_AUTH_TOKEN",
        help="the environment variable that holds the auth token",
    )
    parser.add_argument("--presets", type=Path, default=None, metavar="FILE.json")
    return parser


def make_exchange(options: argparse.Namespace, token: str, presets: Presets) -> Exchange:
    status = None
    if options.status_callback:
        status = StatusCallback(url=options.status_callback, method="POST", events=("completed",))
    return Exchange(
        account_sid=options.account_sid,
        token=token,
        transport=HttpTransport(),
        route=Route(
            voice=Goto(url=options.voice_url), fallback_url=options.fallback_url, status=status
        ),
        dial_plan=presets.dial_plan,
        faults=presets.faults,
        rest_url=options.public_url or f"http://{options.host}:{options.port}",
    )


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments().parse_args(argv)
    token = os.environ.get(options.auth_token_env, "")
    if not token:
        sys.stderr.write(f"{options.auth_token_env} is not set\n")
        return 2
    if not is_sid(options.account_sid, prefix="AC"):
        sys.stderr.write("--account-sid needs AC and 32 hexadecimal digits\n")
        return 2
    try:
        presets = load_presets(options.presets) if options.presets else Presets()
    except (BadPresets, OSError) as failure:
        sys.stderr.write(f"--presets: {failure}\n")
        return 2
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")

    async def app() -> web.Application:
        return make_app(make_exchange(options, token, presets), presets)

    sys.stdout.write(f"carrier on http://{options.host}:{options.port}\n")
    sys.stdout.flush()
    web.run_app(app(), host=options.host, port=options.port, print=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
