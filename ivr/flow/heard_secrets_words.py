"""Words by which secrets are told from other speech, plain (:func:`ivr.flow.heard.plain`)."""

from __future__ import annotations

SECRETS = frozenset({"senha", "senhas", "contrassenha", "password", "pin", "passcode"})
"""Digits right after one of these are secret, however few."""
SECRET_CODES = frozenset({"codigo", "codigos", "token", "chave", "segredo", "cpf"})
"""Words after which "é" announces a secret."""
CONNECTORS = frozenset(
    (
        *("é", "eh", "era", "eram", "foi", "seria", "será", "seja", "são", "está", "tá"),
        *("ficou", "fica", "=", ":"),
    )
)
"""With accents: "e" joins, "é" announces."""
PASSED_OVER = frozenset(
    (
        *("a", "o", "as", "os", "e", "eh", "essa", "esse", "esta", "este", "isso", "isto"),
        *("seguinte", "assim", "igual", "tipo", "ao", "tudo", "sempre", "mesma", "mesmo", "ah"),
        *("hum", "ne", "numero", "numeros", "de", "digito", "digitos", "palavra", "entao"),
    )
)
"""Words before a password that are not it."""
ORDINARY = frozenset(
    (
        *("antiga", "nova", "velha", "fraca", "forte", "curta", "longa", "invalida", "valida"),
        *("incorreta", "correta", "errada", "certa", "provisoria", "temporaria", "expirada"),
        *("bloqueada", "vencida", "desconhecida", "recusada", "minha", "dele", "dela", "outra"),
        *("necessaria", "obrigatoria", "aceita", "muito", "do", "da", "que", "para", "nao"),
        *("pedida", "trocada", "alterada", "redefinida", "enviada", "criada", "rejeitada"),
    )
)
"""What is said of a password; only itself goes."""
FUNCTION_WORDS = frozenset(
    (
        *("e", "mas", "nao", "para", "pra", "porque", "que", "eu", "preciso", "quero", "queria"),
        *("so", "entao", "obrigado", "obrigada", "favor", "por", "com", "quando", "se", "ja"),
        *("meu", "minha", "no", "na", "ele", "ela", "voce", "gostaria", "aguardo", "ontem"),
        *("do", "da", "dos", "das", "de", "em", "ao", "o", "a", "os", "as"),
    )
)
"""A password of several words ends before one of these."""
FILLERS = frozenset(
    (
        *("ai", "depois", "ne", "mais", "ta", "bom", "seguido", "novamente", "outro", "outra"),
        *("vez", "espaco", "underline", "sublinhado", "arroba", "asterisco", "cerquilha"),
        *("letra", "maiusculo", "maiuscula", "minusculo", "minuscula", "agora", "assim", "certo"),
    )
)
"""Words that may stand between the digits of one secret, any number of them."""
UNITS = frozenset(
    (
        *("as", "ate", "hora", "horas", "reais", "real", "dia", "dias", "mes", "meses", "ano"),
        *("anos", "minuto", "minutos", "semana", "semanas", "porcento", "andar", "pessoas"),
        *("usuarios", "maquinas", "computadores", "impressoras"),
    )
)
"""A number before one of these counts something: it is over there."""
PHONES = frozenset(
    (
        *("telefone", "telefones", "celular", "fone", "whatsapp", "zap", "ligar", "liga"),
        *("ligue", "liguem", "ligarem", "retorno", "retornar", "retornem", "contato", "ramal"),
    )
)
STRONG_LETTERS = frozenset(
    (
        *("be", "ce", "efe", "ge", "aga", "jota", "ka", "eme", "ene", "erre", "dablio"),
        *("dabliu", "xis", "ipsilon", "psilon", "cedilha", *"bcdfghijklmnpqrstuvwxyz"),
    )
)
"""Names of letters that are seldom another word."""
LETTERS = STRONG_LETTERS | frozenset(
    ("a", "e", "o", "u", "de", "pe", "que", "ele", "esse", "te", "ve", "ze")
)
