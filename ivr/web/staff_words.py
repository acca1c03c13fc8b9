"""Words for the staff's log-in and account pages."""

from __future__ import annotations

REFUSED = (
    "Não foi possível entrar com estes dados. Confira o usuário e a senha. Depois de várias "
    "tentativas, espere 15 minutos."
)
"""The same for a wrong password, an unknown or closed account, and a limit."""
CODE_REFUSED = (
    "O código não foi aceito. Confira a hora do celular, espere o próximo código e digite-o. "
    "Depois de várias tentativas, espere 15 minutos."
)
NOT_CONFIRMED = "A senha atual não confere."
LINE = {
    "number": "Digite um telefone do Brasil com DDD, por exemplo (67) 3318-3611.",
    "sip": "Digite um endereço como sip:ramal@servidor.exemplo.gov.br.",
}
DONE = {
    "out": "Você saiu. Se o computador não é seu, feche também o navegador.",
    "password": "A senha foi trocada. As outras entradas desta conta foram encerradas.",
    "audio": "O lugar do atendimento foi gravado.",
}
ROLES = {
    "agent": "atendente",
    "supervisor": "supervisão",
    "manager": "gestão",
    "auditor": "auditoria",
    "admin": "administração",
}
OIDC = {
    "away": "O serviço de identidade não respondeu. Tente de novo em alguns minutos.",
    "refused": (
        "A entrada não foi aceita. Comece de novo. Se continuar assim, fale com a administração "
        "da central."
    ),
    "level": (
        "A sua conta não tem o nível de segurança que esta central pede. Aumente o nível da "
        "conta ou ligue a verificação em duas etapas e entre de novo."
    ),
}
