"""A password letter by letter. Any printable ASCII character except the space has a name."""

from __future__ import annotations

from ivr.domain.prompts.errors import Unspeakable

AGAIN = "v.again"

_LETTERS = {
    "a": "á", "b": "bê", "c": "cê", "d": "dê", "e": "é", "f": "éfe", "g": "gê", "h": "agá",
    "i": "i", "j": "jota", "k": "cá", "l": "éle", "m": "ême", "n": "ene", "o": "ó", "p": "pê",
    "q": "quê", "r": "érre", "s": "ésse", "t": "tê", "u": "u", "v": "vê", "w": "dáblio",
    "x": "xis", "y": "ípsilon", "z": "zê",
}  # fmt: skip
_SYMBOLS = {
    "!": ("exclamation", "exclamação"),
    '"': ("quotes", "aspas"),
    "#": ("hash", "jogo da velha"),
    "$": ("dollar", "cifrão"),
    "%": ("percent", "por cento"),
    "&": ("ampersand", "e comercial"),
    "'": ("apostrophe", "apóstrofo"),
    "(": ("left_paren", "abre parêntese"),
    ")": ("right_paren", "fecha parêntese"),
    "*": ("star", "asterisco"),
    "+": ("plus", "sinal de mais"),
    ",": ("comma", "vírgula"),
    "-": ("hyphen", "hífen"),
    ".": ("dot", "ponto"),
    "/": ("slash", "barra"),
    ":": ("colon", "dois-pontos"),
    ";": ("semicolon", "ponto e vírgula"),
    "<": ("less", "sinal de menor"),
    "=": ("equals", "sinal de igual"),
    ">": ("greater", "sinal de maior"),
    "?": ("question", "interrogação"),
    "@": ("at", "arroba"),
    "[": ("left_bracket", "abre colchete"),
    "\\": ("backslash", "barra invertida"),
    "]": ("right_bracket", "fecha colchete"),
    "^": ("caret", "circunflexo"),
    "_": ("underscore", "sublinhado"),
    "`": ("grave", "acento grave"),
    "{": ("left_brace", "abre chave"),
    "|": ("bar", "barra vertical"),
    "}": ("right_brace", "fecha chave"),
    "~": ("tilde", "til"),
}


def letter_piece(character: str) -> str:
    """Piece that names one character. Raises Unspeakable, which does not quote it."""
    if len(character) != 1 or not character.isascii():
        raise Unspeakable
    if character.isdigit():
        return f"v.digit.{character}"
    if character in _LETTERS:
        return f"v.letter.{character}"
    if character.lower() in _LETTERS:
        return f"v.upper.{character.lower()}"
    if character in _SYMBOLS:
        return f"v.symbol.{_SYMBOLS[character][0]}"
    raise Unspeakable


def table() -> dict[str, str]:
    """All pieces of this file with their words."""
    small = {f"v.letter.{letter}": name for letter, name in _LETTERS.items()}
    capital = {f"v.upper.{letter}": f"{name} maiúsculo" for letter, name in _LETTERS.items()}
    symbols = {f"v.symbol.{piece}": name for piece, name in _SYMBOLS.values()}
    return small | capital | symbols | {AGAIN: "Vou repetir."}
