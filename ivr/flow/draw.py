"""Diagram of the flows as Graphviz DOT, labelled in Portuguese. Pure: running ``dot`` is up to
the caller.

A node tells its type, its name and its prompts; its colour tells the assurance it requires. Key 0
leads to a person from every node that listens, so those edges are left to the legend.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.flow.book import Flow, FlowBook
from ivr.flow.nodes import Node
from ivr.flow.state import Level

COLOURS: dict[Level, str] = {
    "anonymous": "#f2f2f2",
    "identified": "#ffe9a8",
    "verified": "#bfe3c0",
}
LEVEL_WORDS: dict[Level, str] = {
    "anonymous": "sem identificação",
    "identified": "identificada",
    "verified": "identidade provada",
}
TYPE_WORDS = {
    "branch": "desvio",
    "callback": "retorno de ligação",
    "choose_service": "escolha do sistema",
    "confirm": "confirmação",
    "enqueue": "fila",
    "explain": "gravação",
    "gather": "pergunta",
    "goto": "segue",
    "hangup": "desliga",
    "hours": "horário",
    "identify": "identificação",
    "menu": "menu",
    "outage": "aviso de falha",
    "priority": "prioridade",
    "rate": "avaliação",
    "reset": "senha nova",
    "reset_systems": "senha nova de todos os sistemas",
    "say": "fala",
    "subflow": "outro fluxo",
    "ticket_status": "andamento do chamado",
    "unlock": "desbloqueio",
    "verify": "prova de identidade",
}
KEY_WORDS = {
    "then": "",
    "to": "",
    "flow": "executa",
    "give_up": "desiste",
    "failed": "não provou",
    "unavailable": "fora do ar",
    "person_only": "só com pessoa",
    "yes": "1 sim",
    "no": "2 não",
    "open": "aberto",
    "closed": "fechado",
    "answered": "atendida",
    "unanswered": "sem resposta",
    "otherwise": "senão",
}
GROUP_WORDS = {
    "keys": "tecla",
    "cases": "é",
    "contains": "tem",
    "wish": "pede",
    "on": "",
}
VALUE_WORDS = {
    "done": "feito",
    "refused": "recusado",
    "not_found": "sem conta",
    "disabled": "conta desativada",
    "privileged": "conta privilegiada",
    "limited": "no limite",
    "later": "fica para depois",
    "other": "outro",
    "callback": "retorno",
}
_EDGE = "#555555"
_OUTSIDE = "#ffffff"


def to_dot(book: FlowBook, flow_id: str | None = None) -> str:
    """The whole book, one cluster a flow, or one flow with its neighbours as dashed boxes.

    Raises KeyError when the book has no such flow.
    """
    flows = [book.flows[flow_id]] if flow_id else list(book.flows.values())
    title = flows[0].title if flow_id else "Fluxos do atendimento"
    lines = [
        "digraph fluxos {",
        f"  graph [label={_quoted(f'{title} ({book.revision})')}, labelloc=t, rankdir=TB,"
        ' fontname="sans-serif"];',
        f'  node [shape=box, style="rounded,filled", color="{_EDGE}", fontname="sans-serif",'
        " fontsize=10];",
        f'  edge [color="{_EDGE}", fontname="sans-serif", fontsize=9];',
    ]
    drawn = {f.id for f in flows}
    outside: dict[str, None] = {}
    for number, flow in enumerate(flows):
        lines += [
            f"  subgraph cluster_{number} {{",
            f'    label={_quoted(flow.title)}; color="#999999"; fontname="sans-serif";',
            *(f"    {_node(book, flow, name, node)}" for name, node in flow.nodes.items()),
            *_return_box(flow),
            "  }",
        ]
        for source, target, key, called in _edges(book, flow):
            if target.partition(".")[0] not in drawn:
                outside[target] = None
            label = _quoted(edge_word(key)) + (", style=dashed" if called else "")
            lines.append(f"  {_quoted(source)} -> {_quoted(target)} [label={label}];")
    lines += [
        f"  {_quoted(name)} [label={_quoted(name)}, style=dashed, fillcolor={_quoted(_OUTSIDE)}];"
        for name in outside
    ]
    return "\n".join([*lines, *_legend(book), "}", ""])


def edge_word(key: str) -> str:
    """A key of the file in the words of its reader."""
    group, _, value = key.partition(".")
    if not value:
        return KEY_WORDS.get(key, key)
    return f"{GROUP_WORDS.get(group, group)} {VALUE_WORDS.get(value, value)}".strip()


def _edges(book: FlowBook, flow: Flow) -> Iterator[tuple[str, str, str, bool]]:
    """(source, target, key, whether the target is a called flow)."""
    for name, node in flow.nodes.items():
        source = f"{flow.id}.{name}"
        for key, called in node.subflows():
            found = book.flows.get(called)
            yield source, f"{called}.{found.start if found else '?'}", key, True
        for key, target in node.exits():
            whole = target if "." in target else f"{flow.id}.{target}"
            yield source, whole, key, False


def _node(book: FlowBook, flow: Flow, name: str, node: Node) -> str:
    kind = TYPE_WORDS.get(node.type, node.type)
    prompts = list(dict.fromkeys(prompt for _, prompt in node.prompts()))
    parts = [f"{kind}: {name}", *prompts]
    if node.outcome:
        parts.append(f"desfecho: {node.outcome}")
    first = flow.id == book.globals.start and name == flow.start
    width = ", penwidth=3" if first else ""
    return (
        f"{_quoted(f'{flow.id}.{name}')} [label={_quoted(*parts)},"
        f" fillcolor={_quoted(COLOURS[node.requires])}{width}];"
    )


def _return_box(flow: Flow) -> Iterator[str]:
    if any(target == "return" for node in flow.nodes.values() for _, target in node.exits()):
        name = _quoted(f"{flow.id}.return")
        yield f'    {name} [label="volta a quem chamou", shape=cds, fillcolor="{_OUTSIDE}"];'


def _legend(book: FlowBook) -> Iterator[str]:
    yield "  subgraph cluster_legend {"
    yield '    label="Legenda"; color="#999999"; fontname="sans-serif";'
    for level, colour in COLOURS.items():
        label = _quoted(f"exige: {LEVEL_WORDS[level]}")
        yield f'    "legend.{level}" [label={label}, fillcolor="{colour}"];'
    keys = (
        f"em todo ponto que escuta: 0 vai a {book.globals.person}",
        "* volta, # ou 9 repete, 8 mais devagar",
        f"falha nossa: {book.globals.fault}",
        "borda grossa: início da ligação",
    )
    yield f'    "legend.keys" [label={_quoted(*keys)}, shape=note, fillcolor="{_OUTSIDE}"];'
    yield "  }"


def _quoted(*lines: str) -> str:
    """A DOT string; each line on one of its own."""
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
