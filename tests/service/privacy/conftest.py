"""A desk whose clock only the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk
from web.phone_line import quick_folder, still_desk


@pytest.fixture
def desk(tmp_path: Path, desk_store: str) -> Iterator[Desk]:
    with quick_folder(tmp_path) as folder:
        yield still_desk(folder)
