from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    f"ivr.domain.{path.stem}"
    for path in (ROOT / "ivr" / "domain").glob("*.py")
    if path.stem != "__init__"
)
SLOW = ("holidays", "zxcvbn", "phonenumbers", "validate_docbr", "babel")


def loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nsys.stdout.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_rules_loads_no_slow_library() -> None:
    loaded = loaded_by("\n".join(f"import {module}" for module in MODULES))
    assert set(MODULES) <= loaded
    assert not loaded & set(SLOW)


@pytest.mark.parametrize("module", ["flask", "sqlalchemy", "twilio", "logging.config"])
def test_the_rules_do_not_know_what_they_serve(module: str) -> None:
    assert module not in loaded_by("\n".join(f"import {module}" for module in MODULES))
