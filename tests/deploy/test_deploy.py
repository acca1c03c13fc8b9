"""What stands in ``deploy/``: nginx, systemd, compose and gunicorn read it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import Authority

from ivr.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-compose.conf"])
@pytest.mark.parametrize("spoilt", [False, True])
def test_nginx_reads_its_configuration(tmp_path: Path, name: str, spoilt: bool) -> None:
    if not NGINX:
        pytest.skip("nginx is not installed")
    text = (DEPLOY / name).read_text("utf-8")
    certificate, key = Authority(tmp_path).server("web", dns="atendimento.example.ms.gov.br")
    for old, new in (
        ("/etc/ssl/atendimento/fullchain.pem", str(certificate)),
        ("/etc/ssl/atendimento/privkey.pem", str(key)),
        ("/var/log/nginx", str(tmp_path)),
        ("web:8000", "127.0.0.1:8000"),
        ("live:8001", "127.0.0.1:8001"),
        ("media:8002", "127.0.0.1:8002"),
    ):
        text = text.replace(old, new)
    if spoilt:
        text = text.replace("proxy_buffering off;", "proxy_bufering off;")
    (tmp_path / "site.conf").write_text(text)
    paths = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}include {tmp_path}/site.conf;\n}}\n"
    )
    done = subprocess.run(
        [NGINX, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is not spoilt, done.stderr


def test_nginx_hides_metrics_logs_no_path_and_leaves_paths_as_they_are() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert re.search(r"location = /metrics \{\s*return 404;", text)
    assert "$request_uri" not in text.split("server {")[0]
    assert "$request " not in text and '"$request"' not in text
    assert all("/" not in one.split("//")[1] for one in re.findall(r"proxy_pass (\S+);", text))
    assert "X-Forwarded-For" in text, "without it /metrics would be open through the proxy"


@pytest.mark.parametrize("unit", sorted(p.name for p in (DEPLOY / "systemd").glob("*.[st]*e*")))
def test_systemd_reads_every_unit(unit: str) -> None:
    if not unit.endswith((".service", ".timer")):
        pytest.skip("not a unit")
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    done = subprocess.run(
        [program, "verify", str(DEPLOY / "systemd" / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [
        line
        for line in done.stderr.splitlines()
        if unit.split("@")[0].split(".")[0] in line and "is not executable" not in line
    ]
    assert told == []


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
    return found


def test_compose_runs_web_live_worker_and_one_database() -> None:
    services = compose()["services"]
    assert {"web", "live", "worker", "database", "migrate", "proxy"} <= set(services)
    for name in ("web", "live", "worker"):
        awaited = services[name]["depends_on"]["migrate"]["condition"]
        assert awaited == "service_completed_successfully"
        assert services[name]["build"]["dockerfile"] == "deploy/Dockerfile"
        given = {key for key in services[name]["environment"] if key != "PROMETHEUS_MULTIPROC_DIR"}
        assert given <= {field.upper() for field in Settings.model_fields}
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists()


def test_no_secret_stands_in_the_files() -> None:
    text = (DEPLOY / "compose.yml").read_text("utf-8")
    for name in ("SECRET_KEY", "TWILIO_AUTH_TOKEN", "POSTGRES_PASSWORD"):
        for value in re.findall(rf"^\s*{name}: (.+)$", text, re.M):
            assert value.startswith("${")
    env = (DEPLOY / "systemd" / "atendimento.env.example").read_text("utf-8")
    names = {line.split("=")[0] for line in env.splitlines() if line and not line.startswith("#")}
    known = {field.upper() for field in Settings.model_fields}
    assert {name.removesuffix("_FILE") for name in names} <= known
    assert "SECRET_KEY_FILE" in names


def test_image_installs_what_the_makefile_installs() -> None:
    line = re.search(r"^RUN_PACKAGES := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert line is not None
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert [name for name in line[1].split() if name not in image] == []


@pytest.mark.parametrize("preload", ["0", "1"])
def test_gunicorn_takes_its_settings(tmp_path: Path, preload: str) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"of a process that is gone")
    program = (
        "from gunicorn.app.wsgiapp import WSGIApplication\n"
        "import sys\n"
        f"sys.argv = ['gunicorn', '-c', {str(DEPLOY / 'gunicorn.conf.py')!r}, 'x:y']\n"
        "app = WSGIApplication()\n"
        "app.cfg.on_starting(None)\n"
        "assert app.cfg.worker_class_str == 'gthread' and app.cfg.threads == 8\n"
        "assert app.cfg.accesslog is None and app.cfg.control_socket_disable\n"
        "import os\n"
        "class Server:\n"
        "    loaded = 0\n"
        "    def wsgi(self): self.loaded += 1\n"
        "Server.app = server = Server()\n"
        "app.cfg.when_ready(server)\n"
        "assert server.loaded == int(os.environ['WEB_PRELOAD'])\n"
        "assert not app.cfg.preload_app\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "WEB_PRELOAD": preload},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == []
