"""Words of the page of call-backs, pt-BR."""

from __future__ import annotations

from datetime import timedelta

TABS = {
    "retornos": "Retornos",
    "perdidas": "Perdidas",
    "recados": "Recados",
    "feitos": "Feitos",
}
TITLES = {
    "retornos": "Retornos a fazer",
    "perdidas": "Ligações perdidas",
    "recados": "Recados sem resposta",
    "feitos": "Feitos nos últimos 7 dias",
}
EMPTY = {
    "retornos": "Ninguém espera retorno.",
    "perdidas": "Nenhuma ligação perdida sem tratamento.",
    "recados": "Nenhum recado de chamado aberto.",
    "feitos": "Nada foi feito nos últimos 7 dias.",
}
KINDS = {
    "asked": "Pediu retorno",
    "scheduled": "Retorno com hora marcada",
    "dropped_call": "A ligação caiu",
    "missed": "Desistiu na fila",
    "outgoing": "Ligação a partir do chamado",
}
POINTS = {
    "verified": "identidade estava provada",
    "identified": "disse quem é, sem provar",
    "anonymous": "não se identificou",
}
PLACES = {
    "main": "no menu",
    "identify": "ao se identificar",
    "access": "na troca de senha",
    "person": "a caminho de uma pessoa",
    "ticket": "na consulta de chamado",
    "explain": "ao deixar o relato",
    "rate": "na avaliação",
}
ERRORS = {
    "indisponivel": "Fique disponível no console antes de ligar: o seu telefone toca primeiro.",
    "na_linha": "A pessoa está na linha ou na fila agora.",
    "sem_numero": "Não há telefone desta pessoa: o número veio oculto e o cadastro não tem.",
    "sem_chamado": "Não existe chamado com este protocolo.",
    "mudou": "Alguém mexeu neste retorno agora há pouco. Veja como está e tente de novo.",
    "acabou": "Este retorno já foi feito ou tratado.",
    "form": "A página ficou aberta tempo demais. Confira e tente de novo.",
}
DONE = {
    "assumido": "O retorno está com você.",
    "solto": "O retorno voltou para a lista de todos.",
    "ligando": "O seu telefone vai tocar no console. Ao atender, o sistema liga para a pessoa.",
    "tratado": "Marcado como tratado.",
    "nenhum": "Nada havia para marcar.",
}


def taken(name: str) -> str:
    """Whose it is."""
    return f"Este retorno já está com {name}." if name else ERRORS["acabou"]


def place(node: str) -> str:
    """Where a call was, by ``flow.node``."""
    return PLACES.get(node.partition(".")[0], "")


def point(node: str, identity: str) -> str:
    """How far a call had come: for a person who goes on from there."""
    parts = [part for part in (place(node), POINTS.get(identity, "")) if part]
    return "; ".join(parts)


def span(time: timedelta | None) -> str:
    """``12 min 05 s``"""
    if time is None:
        return ""
    seconds = int(time.total_seconds())
    return f"{seconds // 60} min {seconds % 60:02d} s" if seconds >= 60 else f"{seconds} s"
