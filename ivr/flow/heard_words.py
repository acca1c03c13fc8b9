"""Words that numbers are made of, plain, and what stands among them."""

from __future__ import annotations

ONES = {"um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5}
ONES |= {"seis": 6, "sete": 7, "oito": 8, "nove": 9}
DIGITS = ONES | {"zero": 0, "meia": 6, "primeiro": 1, "primeira": 1}
PLURALS = {"zeros": 0, "uns": 1, "umas": 1, "quatros": 4, "cincos": 5, "meias": 6}
PLURALS |= {"setes": 7, "oitos": 8, "noves": 9}
TEENS = {"dez": 10, "onze": 11, "doze": 12, "treze": 13, "quatorze": 14, "catorze": 14}
TEENS |= {"quinze": 15, "dezesseis": 16, "dezasseis": 16, "dezessete": 17, "dezassete": 17}
TEENS |= {"dezoito": 18, "dezenove": 19, "dezanove": 19}
TENS = {"vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60}
TENS |= {"setenta": 70, "oitenta": 80, "noventa": 90}
HUNDREDS = {"cento": 100, "duzentos": 200, "trezentos": 300, "quatrocentos": 400}
HUNDREDS |= {"quinhentos": 500, "seiscentos": 600, "setecentos": 700, "oitocentos": 800}
HUNDREDS |= {"novecentos": 900}
HUNDREDS |= {f"{word[:-2]}as": value for word, value in HUNDREDS.items() if value > 100}
COUNTS = {"duplo": 2, "dupla": 2, "triplo": 3, "tripla": 3}
TIMES = "vezes"
PAUSES = frozenset(
    (
        *("e", "eh", "ah", "ahn", "hum", "hmm", "ahm", "aham", "entao"),
        *("tipo", "ponto", "traco", "hifen", "barra", "virgula", "digito", "codigo", "numero"),
        *("opcao", "tecla"),
    )
)
"""Words between digits that say nothing: hesitations, written marks, what is being named."""
LEAD_IN = frozenset(
    (
        *("o", "a", "e", "eh", "ah", "hum", "meu", "minha", "cpf"),
        *("matricula", "numero", "do", "da", "de"),
    )
)
"""Words before a number that say which one it is: "meu CPF é …"."""
NUMBER_WORDS: tuple[str, ...] = (
    *("zero", "um", "uma", "dois", "duas", "três", "quatro", "cinco"),
    *("seis", "meia", "sete", "oito", "nove", "dez", "onze", "doze"),
    *("treze", "quatorze", "catorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove"),
    *("vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"),
    *("cem", "cento", "mil", "e"),
)
"""As a recogniser writes the words that numbers are mostly said with."""
