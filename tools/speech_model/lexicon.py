"""How words sound, as the synthesiser really says them, alone and among others.

"dois" ends otherwise before a vowel than before a pause: each way that is not rare is kept, its
cost the logarithm of how much rarer than the usual one it is.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from tools.speech_model.graph import Sounds, read_lexicon
from tools.speech_model.synthesiser import Synthesiser

SPOKEN = {"cpf": "cê pê éfi", "email": "imêiu", "vpn": "vê pê êni"}
"""Words whose spelling is not what should be read."""
RAREST = 0.05
MOST_WAYS = 6
ALONE = 3


def sounds_of(
    words: Sequence[str], *, among: Sequence[str], phrases: int, seed: int = 7
) -> dict[str, Sounds]:
    """Ways to say each word. ``phrases`` random ones of two to five words mix them ``among``
    others. Raises ValueError for a word that the synthesiser does not say as one."""
    synthesiser, chance = Synthesiser(), random.Random(seed)
    seen: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)

    def collect(phrase: Sequence[str]) -> None:
        spoken = [SPOKEN.get(word, word) for word in phrase]
        said = list(synthesiser.say(" ".join(spoken)).words)
        sizes = [len(text.split()) for text in spoken]
        if len(said) != sum(sizes):
            return
        for word, size in zip(phrase, sizes, strict=True):
            sound = tuple(phone for part in said[:size] for phone in part)
            del said[:size]
            if sound:
                seen[word][sound] += 1

    for word in words:
        for _ in range(ALONE):
            collect([word])
    both = [*words, *among]
    for _ in range(phrases):
        collect([chance.choice(both) for _ in range(chance.randint(2, 5))])
    return {word: _ways(word, seen[word]) for word in words}


def _ways(word: str, counts: Counter[tuple[str, ...]]) -> Sounds:
    if not counts:
        raise ValueError(f"{word}: is not said as one word")
    total, most = counts.total(), counts.most_common(1)[0][1]
    kept = [
        (sound, count)
        for sound, count in counts.most_common(MOST_WAYS)
        if count == most or count / total >= RAREST
    ]
    return [(sound, round(math.log(most / count), 3)) for sound, count in kept]


def main() -> int:
    """Add words to a lexicon."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("lexicon", type=Path)
    arguments.add_argument("words", nargs="+")
    arguments.add_argument("--phrases", type=int, default=1500)
    given = arguments.parse_args()
    known = read_lexicon(given.lexicon) if given.lexicon.exists() else {}
    fresh = [word for word in given.words if word not in known]
    known |= sounds_of(fresh, among=list(known), phrases=given.phrases)
    text = json.dumps(known, ensure_ascii=False, indent=0)
    given.lexicon.write_text(f"{text}\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
