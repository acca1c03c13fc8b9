"""docs/threats.md names only what exists; each threat has a control or says that it has none."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text("utf-8")
LIST = "## Not held or not tested"
CELLS = ("threat", "held by", "test", "negative control", "measured")
NONE = ("no test", "no control")


def rows(page: str) -> dict[int, dict[str, str]]:
    """The cells of each threat by its number."""
    found: dict[int, dict[str, str]] = {}
    for line in page.splitlines():
        number, *cells = re.split(r"(?<!\\)\|", line)[1:-1] if line.startswith("|") else [""]
        if number.strip().isdigit():
            assert int(number) not in found, f"{number} stands twice"
            found[int(number)] = dict(zip(CELLS, (cell.strip() for cell in cells), strict=True))
    return found


def listed(page: str) -> set[int]:
    """Numbers of which the list at the end tells."""
    lines = re.findall(r"^- (\*\*.*)$", page.partition(LIST)[2], re.MULTILINE)
    return {int(n) for line in lines for n in re.findall(r"\*\*(\d+)\*\*", line)}


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of the test functions of a file below ``tests/``; none when there is no such file."""
    file = ROOT / "tests" / path
    if not file.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def missing(page: str) -> list[str]:
    """Tests and files that are named and are not there."""
    named = re.findall(r"`([\w./-]+\.py)(?:::(\w+))?`", page)
    return [
        f"{path}::{test}" if test else path
        for path, test in named
        if (test and test not in names_in(path))
        or (not test and not any((ROOT / top / path).is_file() for top in ("", "tests")))
    ]


def test_every_test_that_the_page_names_exists() -> None:
    assert missing(PAGE) == []
    assert len(re.findall(r"\.py::test_", PAGE)) > 200, "the pattern finds them"


def test_a_name_that_does_not_exist_is_found() -> None:
    for name in (
        "web/test_canary.py::test_that_nobody_wrote",
        "web/test_nowhere.py::test_a_leak_is_found",
        "ivr/nowhere.py",
    ):
        assert missing(f"{PAGE}\n`{name}`") == [name]


def test_every_threat_stands_once_and_is_told_whole() -> None:
    found = rows(PAGE)
    assert list(found) == list(range(1, 81))
    for number, cells in found.items():
        assert all(cells.values()), number
        assert cells["held by"] != "–" and cells["test"] != "–", number
    assert listed(PAGE) <= set(found)


def test_every_threat_has_a_negative_control_or_stands_in_the_list_at_the_end() -> None:
    bare = {
        number
        for number, cells in rows(PAGE).items()
        if any(none in cells["test"] + cells["negative control"] for none in NONE)
        or "in part" in cells["measured"]
    }
    assert bare - listed(PAGE) == set()
    assert bare, "a page without a gap would not be believed"
