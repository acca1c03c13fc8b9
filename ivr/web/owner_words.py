"""Words for the owner's page."""

from __future__ import annotations

EVENTS = {
    "login": "Você entrou nesta página",
    "login_failed": "Tentativa de entrar nesta página recusada",
    "login_must_change": "Entrada parada: a senha da conta precisa ser trocada antes",
    "logout": "Você saiu desta página",
    "session_over": "A entrada nesta página venceu por tempo",
    "pin_set": "Senha do telefone gravada",
    "pin_revoked": "Senha do telefone apagada",
    "pin_letter": "Senha do telefone inicial emitida em carta",
    "codes_made": "Códigos de papel emitidos; os anteriores deixaram de valer",
    "frozen": "Você bloqueou as trocas de senha por telefone",
    "unfrozen": "Você liberou as trocas de senha por telefone",
    "call": "Ligação em que o seu número foi informado",
    "person.verified": "A pessoa da ligação provou ser você",
    "code_sent": "Código enviado por SMS ao celular cadastrado",
    "link_sent": "Endereço para criar senha enviado por SMS ao celular cadastrado",
    "notice_sent": "Aviso enviado por SMS ao celular cadastrado",
    "reset_done": "Troca de senha pedida por telefone concluída",
    "reset_not_done": "Troca de senha pedida por telefone não foi feita",
    "unlock_done": "Conta desbloqueada por telefone",
    "unlock_not_done": "Desbloqueio pedido por telefone não foi feito",
    "password_changed": "Senha trocada pelo endereço enviado por SMS",
    "password_refused": "Senha nova recusada pelas regras",
    "not_me": "Aviso de “não fui eu” recebido pelo endereço do SMS",
}
"""By the word of :class:`ivr.service.owner_events.SeenEvent`."""

DONE = {
    "pin": "A senha do telefone foi gravada e já vale.",
    "revoked": "A senha do telefone foi apagada.",
    "frozen": "Por 30 dias ninguém troca a sua senha nem desbloqueia a sua conta por telefone.",
    "unfrozen": "As trocas de senha por telefone estão liberadas.",
    "out": "Você saiu. Se o computador não é seu, feche também o navegador.",
}
"""What the next page says, by a word in its address."""

REFUSED = (
    "Não foi possível entrar com estes dados. Confira o número e a senha. Depois de várias "
    "tentativas, espere 30 minutos."
)
"""The same for a wrong password, an unknown or barred person, and a limit."""
NOT_CONFIRMED = (
    "A senha da conta não confere. Depois de várias tentativas, espere 30 minutos e tente de novo."
)
MALFORMED = "Confira o número: o CPF tem 11 algarismos e a matrícula tem de 4 a 9."
MUST_CHANGE = (
    "A sua senha é provisória. Troque-a primeiro, entrando no computador ou no e-mail, e "
    "volte aqui."
)
BARRED = "A sua conta não usa senha do telefone nem códigos de papel: só uma pessoa a atende."
"""For groups without self-service."""

NOT_LIFTED = (
    "Este bloqueio não foi feito por esta página, e por segurança ela não o tira. "
    "Ligue e peça para falar com uma pessoa."
)
