"""A progress bar for the first build, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Step = Callable[[int, int], None]
"""(pieces done, pieces to do)."""


@contextmanager
def progress_bar(label: str = "Gerando as falas") -> Iterator[Step]:
    """Shows nothing, and imports nothing, until the first step."""
    bar: list[tuple[Progress, TaskID]] = []

    def step(done: int, total: int) -> None:
        if not bar:
            bar.append(_start(label, total))
        progress, task = bar[0]
        progress.update(task, completed=done)

    try:
        yield step
    finally:
        for progress, _ in bar:
            progress.stop()


def _start(label: str, total: int) -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
    )
    progress.start()
    return progress, progress.add_task(label, total=total)
