"""Write the node reference of ``docs/call-flows.md`` from the node types themselves."""

from __future__ import annotations

import sys
from pathlib import Path

from ivr.flow.nodes import NODE_TYPES

FILE = Path(__file__).resolve().parent.parent / "docs" / "call-flows.md"
BEGIN, END = "<!-- node types: begin -->", "<!-- node types: end -->"


def reference() -> str:
    """One section a node type: what it is for, an example, its fields."""
    sections = []
    for name, cls in sorted(NODE_TYPES.items()):
        module = sys.modules[cls.__module__].__doc__ or ""
        summary, _, example = module.partition(".. code-block:: toml")
        lines = [f"### `{name}`", "", summary.strip().split(": ", 1)[-1].capitalize()]
        code = "\n".join(line[4:] for line in example.strip("\n").splitlines()).strip("\n")
        lines += ["", "```toml", code, "```", "", (cls.__doc__ or "").strip(), ""]
        lines += ["| key | needed | default |", "|---|---|---|"]
        for field, info in cls.model_fields.items():
            if field in ("note",):
                continue
            default = (
                "" if info.is_required() else f"`{info.get_default(call_default_factory=True)!r}`"
            )
            lines.append(f"| `{field}` | {'yes' if info.is_required() else ''} | {default} |")
        sections.append("\n".join(lines))
    return "\n\n".join(sections)


def main() -> int:
    """Rewrite the part between the marks."""
    text = FILE.read_text("utf-8")
    head, rest = text.split(BEGIN, 1)
    FILE.write_text(f"{head}{BEGIN}\n\n{reference()}\n\n{END}{rest.split(END, 1)[1]}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
