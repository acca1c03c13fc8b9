"""``make run``: the whole desk on one machine, until Ctrl-C.

Settings of the first run are made by chance and kept in ``var/local.env``. With ``--speech``
(``make run SPEECH=1``) the desk listens with its own engine.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
WEB = "http://127.0.0.1:8000"
CARRIER = "http://127.0.0.1:8090"
BIN = Path(sys.executable).parent
TEST_MODEL = ROOT / "tests" / "fixtures" / "speech" / "model-pt-8k-test-only"


def local_env() -> dict[str, str]:
    """Settings for this machine; what the environment already says wins."""
    file = VAR / "local.env"
    if not file.exists():
        VAR.mkdir(mode=0o700, exist_ok=True)
        lines = {
            "SECRET_KEY": secrets.token_hex(32),
            "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "TWILIO_API_URL": CARRIER,
            "PUBLIC_URL": WEB,
        }
        file.write_text("".join(f"{k}={v}\n" for k, v in lines.items()), encoding="utf-8")
        file.chmod(0o600)
    kept = dict(line.split("=", 1) for line in file.read_text("utf-8").split() if "=" in line)
    return {**kept, **os.environ, "FLASK_APP": "app:create_app", "PYTHONUNBUFFERED": "1"}


def listening(env: dict[str, str]) -> dict[str, str]:
    """``env`` for a desk that listens with its own engine: by the operator's model, or, where there
    is none, by the tests'."""
    own = VAR / "speech" / "model"
    model = env.get("IVR_SPEECH_MODEL") or str(own if own.is_dir() else TEST_MODEL)
    return {**env, "IVR_SPEECH": "vosk", "IVR_SPEECH_MODEL": model}


def prepare(env: dict[str, str]) -> None:
    """Audio, database, demo people."""
    for words in (["flows", "check"], ["prompts", "build"], ["db", "upgrade"]):
        subprocess.run([BIN / "flask", *words], cwd=ROOT, env=env, check=True)
    people = subprocess.run(
        [BIN / "flask", "demo", "load", "--json"],
        cwd=ROOT,
        env=env,
        check=True,
        stdout=subprocess.PIPE,
    )
    (VAR / "demo.json").write_bytes(people.stdout)
    demo = json.loads(people.stdout)
    (VAR / "carrier.json").write_text(json.dumps(telephones(demo), indent=1), encoding="utf-8")


def telephones(demo: dict[str, Any]) -> dict[str, Any]:
    """Presets of the local carrier: callers to be, and the desk phones of the agents, which ring
    until somebody picks up on the carrier's page."""
    known: dict[str, Any] = {key: demo[key] for key in ("people", "presets") if key in demo}
    lines = [one["line"] for one in demo.get("staff", ()) if one.get("line")]
    return {**known, "numbers": dict.fromkeys(lines, "rings"), "others": "rings"}


def busy_ports() -> list[int]:
    """Ports of ours that somebody else listens on."""
    taken = []
    for port in (8000, 8090):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                taken.append(port)
    return taken


def processes(env: dict[str, str]) -> dict[str, list[str]]:
    """Name → command line of what runs. The web processes serve the event stream too: it holds
    none of their threads."""
    python = str(BIN / "python")
    return {
        "web": [
            str(BIN / "gunicorn"),
            "wsgi:application",
            "--bind=127.0.0.1:8000",
            "--worker-class=gthread",
            "--workers=2",
            "--threads=8",
            "--preload",
            "--no-control-socket",
            "--log-level=warning",
        ],
        "worker": [str(BIN / "flask"), "worker"],
        "carrier": [
            python,
            "-m",
            "ivr.carrier",
            "--port=8090",
            f"--voice-url={WEB}/voice/incoming",
            f"--fallback-url={WEB}/voice/fallback",
            f"--status-callback={WEB}/voice/status",
            f"--account-sid={env['TWILIO_ACCOUNT_SID']}",
            "--auth-token-env=TWILIO_AUTH_TOKEN",
            f"--presets={VAR / 'carrier.json'}",
        ],
    }


def wait_for(url: str, seconds: float = 20) -> bool:
    """Whether the address answers in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def tell_of_speech(env: dict[str, str]) -> None:
    """Who listens, when it is our own engine."""
    say = sys.stdout.write
    if env.get("IVR_SPEECH") != "vosk":
        return
    say("\n  Voz: o próprio atendimento escuta. Aperte “Ligar o microfone” no telefone de teste,\n")
    say("  ou escreva em “Fale”: uma voz sintética fala por você.\n")
    if Path(env["IVR_SPEECH_MODEL"]).resolve() == TEST_MODEL:
        say("  Modelo de voz de TESTE: aprendeu de uma voz sintética, não de pessoas; espere que\n")
        say("  não entenda a sua voz. Um modelo de verdade: flask speech fetch\n")


def tell() -> None:
    """Addresses and people to try with."""
    demo = json.loads((VAR / "demo.json").read_text("utf-8"))
    people, staff = demo["people"], demo.get("staff", [])
    say = sys.stdout.write
    say(f"\n  Telefone de teste   {CARRIER}/   (disque daqui; os SMS chegam na mesma página)\n")
    say(f"  Páginas             {WEB}/\n\n")
    say("  Pessoas inventadas (CPF, matrícula, senha do telefone):\n")
    for person in people:
        columns = [person.get(k) or "–" for k in ("name", "cpf", "matricula", "pin")]
        say("    {:<24} {:<13} {:<10} {}\n".format(*columns))
        say(f"      {person.get('note', '')}\n")
    if staff:
        word = staff[0]["password"]
        say(f"\n  Console de atendimento   {WEB}/agente   (senha de todos: {word})\n")
        say("  Equipe inventada (usuário, papéis, ramal no telefone de teste):\n")
    for one in staff:
        roles = ", ".join(one.get("roles") or ["agent"])
        say("    {:<20} {:<24} {}\n".format(one["login"], roles, one.get("line") or "–"))
    say("\n  Ctrl-C para tudo.\n")
    sys.stdout.flush()


def main() -> int:
    """Run until a signal, or until one of the processes ends."""
    parser = argparse.ArgumentParser(description="Liga tudo nesta máquina, até Ctrl-C.")
    parser.add_argument(
        "--speech", action="store_true", help="o próprio atendimento escuta (IVR_SPEECH=vosk)"
    )
    env = local_env()
    if parser.parse_args().speech or env.get("IVR_SPEECH") == "vosk":
        env = listening(env)
    for port in busy_ports():
        sys.stderr.write(f"a porta {port} está em uso: pare o programa que a usa e tente de novo\n")
        return 1
    try:
        prepare(env)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    running = {
        name: subprocess.Popen(words, cwd=ROOT, env=env, start_new_session=True)
        for name, words in processes(env).items()
    }
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    code = 0
    try:
        if wait_for(f"{WEB}/healthz") and wait_for(f"{CARRIER}/healthz"):
            tell()
            tell_of_speech(env)
            sys.stdout.flush()
        while all(p.poll() is None for p in running.values()):
            time.sleep(0.3)
        for name, process in running.items():
            if process.poll() is not None:
                sys.stderr.write(f"{name} terminou com código {process.returncode}\n")
                code = 1
    except KeyboardInterrupt:
        sys.stdout.write("\nparando…\n")
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    for process in running.values():
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    return code


if __name__ == "__main__":
    sys.exit(main())
