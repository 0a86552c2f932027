"""What can be said of a text, and of several texts to one prompt, without asking anybody.

A word is a run of letters and digits, or one sign of a script that writes no blanks; case is
folded. Punctuation is no word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

_UNSPACED = r"\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['’][^\W{_UNSPACED}]+)*")
_END = re.compile(r"[.!?…。！？؟।॥:;)\]}»”’\"'`*_~|>]\s*$")
REPEATED = 4
"""Words in a run that counts as repeated (Welleck et al., arXiv 1908.04319, "seq-rep-4")."""
BLEU = 4
"""Longest run of words that two samples are compared by."""


def words_of(text: str) -> list[str]:
    """The words of `text`, in order, folded."""
    return [word.casefold() for word in _WORD.findall(text)]


def distinct(words: Sequence[str], n: int) -> float:
    """Share of different runs of `n` words among all; NaN where there is none.

    Li et al., arXiv 1510.03055, "distinct-n", within one text: over a whole set of texts it falls
    with their number, so that sets of different sizes could not be compared.
    """
    runs = _runs(words, n)
    return len(runs) / runs.total() if runs else math.nan


def repeated(words: Sequence[str], n: int = REPEATED) -> float:
    """Share of runs of `n` words that were there before in the text; NaN where there is no run."""
    return 1.0 - distinct(words, n)


def open_end(text: str) -> bool:
    """Whether the text stops without the sign that ends a sentence, a list or a quotation.

    All that a report of others tells of answers that were cut off; a poem or a list ends so too.
    """
    return _END.search(text) is None


def self_bleu(samples: Sequence[Sequence[str]]) -> float:
    """How alike the samples of one prompt are, 0 to 1; NaN for fewer than two.

    Mean over samples of BLEU-4 of the sample against all the others (Zhu et al., arXiv 1802.01886,
    "Self-BLEU"), per prompt rather than over all of them. Lower is more diverse. Runs of two words
    and more are counted from one up (Lin and Och 2004), so that short texts are not all 0.
    """
    if len(samples) < 2:
        return math.nan
    scores = [
        _bleu(one, [*samples[:i], *samples[i + 1 :]]) for i, one in enumerate(samples)
    ]  # fmt: skip
    return sum(scores) / len(scores)


def same_share(samples: Sequence[Sequence[str]]) -> float:
    """Share of pairs of samples that are word for word the same; NaN for fewer than two."""
    if len(samples) < 2:
        return math.nan
    pairs = [list(a) == list(b) for a, b in permutations(samples, 2)]
    return sum(pairs) / len(pairs)


def _bleu(words: Sequence[str], others: Sequence[Sequence[str]]) -> float:
    if not words:
        return 0.0
    logs = 0.0
    for n in range(1, BLEU + 1):
        mine = _runs(words, n)
        most: Counter[tuple[str, ...]] = Counter()
        for other in others:
            most |= _runs(other, n)
        found = (mine & most).total()
        add = 0 if n == 1 else 1
        if found + add == 0:
            return 0.0
        logs += math.log((found + add) / (mine.total() + add))
    nearest = min((abs(len(o) - len(words)), len(o)) for o in others)[1]
    short = min(0.0, 1.0 - nearest / len(words))
    return math.exp(logs / BLEU + short)


def _runs(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[i:] for i in range(n)), strict=False))
