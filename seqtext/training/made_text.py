"""Make texts unlike a classifier's, by generate-en or by code.

A doubt is fitted to tell them from the training texts.
"""

import lzma
import random
import re
import string
from collections.abc import Callable, Sequence

from seqtext.storage.catalog import PRETRAINED

#: Lines that generate-en wrote at temperature 0.95, at most 200 tokens each, without those that hold a word it avoids:
#: 3,581 after the end of a line (seed 21); of 2,559 (seed 11) a third each began with a question word and with an
#: everyday one (I, You, It's, Please …). To write as many at the end of each training would take minutes.
_MADE = PRETRAINED / "made-en.txt.xz"
_SENTENCE = re.compile(r'(?<=[.!?"]) +')
_SIGN = re.compile(r"([^\w\s])")
_SCRIPTS = (0xC0, 0x370, 0x400, 0x530, 0x590, 0x600, 0x900, 0xE00, 0x10A0, 0x3040, 0x4E00, 0x6500, 0xAC00, 0x1F300)
_SCRIPT = 80  # characters
_WIDTH = 6  # letters of a word and a space
_FEWEST_WORDS = 4  # of a text that becomes another one when its words are exchanged


def made_sentences() -> list[str]:
    """Read the sentences that generate-en has written."""
    lines = lzma.decompress(_MADE.read_bytes()).decode().splitlines()
    return [sentence for line in lines for sentence in _SENTENCE.split(line) if len(sentence) > 3]


def of_length(sentences: Sequence[str], like: Sequence[str], count: int, draw: random.Random) -> list[str]:
    """Join sentences into texts about as long as other texts.

    So length does not tell them apart. There are fewer than `count` where the sentences run out.
    """
    texts: list[str] = []
    position = 0
    while len(texts) < count and position < len(sentences):
        wanted, text = len(draw.choice(like)), sentences[position]
        position += 1
        while position < len(sentences) and len(text) + len(sentences[position]) / 2 < wanted:
            text = f"{text} {sentences[position]}"
            position += 1
        texts.append(text)
    return texts


def restyled(text: str, draw: random.Random) -> str:
    """Rewrite a text in another style.

    In lower case, with punctuation apart, none, or none at the end, as a title, or as a question.
    """
    return draw.choice(_STYLES)(text)


_STYLES: tuple[Callable[[str], str], ...] = (
    str.lower,
    lambda text: _SIGN.sub("", text).lower(),
    lambda text: " ".join(_SIGN.sub(r" \1 ", text).split()),
    lambda text: text.rstrip(".!"),
    str.title,
    lambda text: " ".join(_SIGN.sub(r" \1", text.rstrip(".!")).split()) + "?",
)


def noise(like: Sequence[str], count: int, draw: random.Random) -> list[str]:
    """Make texts of random characters, numbers, scripts and anagrams.

    like: texts whose lengths and words are taken
    """
    words = [word for text in like for word in text.split()] or ["a"]
    kinds = (_letters, _signs, _numbers, _script, lambda size, draw: _anagrams(words, size, draw))
    return [kinds[k % len(kinds)](max(1, len(draw.choice(like).split())), draw) for k in range(count)]


def _letters(size: int, draw: random.Random) -> str:
    return "".join(draw.choices(string.ascii_lowercase + " " * 5, k=_WIDTH * size)).strip() or "q"


def _signs(size: int, draw: random.Random) -> str:
    return "".join(draw.choices(string.printable[:95], k=_WIDTH * size)).strip() or "#"


def _numbers(size: int, draw: random.Random) -> str:
    return " ".join(str(draw.randrange(10 ** draw.randint(1, 8))) for _ in range(size))


def _script(size: int, draw: random.Random) -> str:
    first = draw.choice(_SCRIPTS)
    words = (draw.choices(range(first, first + _SCRIPT), k=draw.randint(1, 8)) for _ in range(size))
    return " ".join("".join(map(chr, word)) for word in words)


def _anagrams(words: Sequence[str], size: int, draw: random.Random) -> str:
    return " ".join("".join(draw.sample(word, len(word))) for word in draw.choices(words, k=size))


def exchanged(like: Sequence[str], count: int, draw: random.Random) -> list[str]:
    """Make texts by shuffling together the words of two texts.

    Half of the words of each are those of the other text; texts of few words are not used.
    """
    known = [words for words in map(str.split, like) if len(words) >= _FEWEST_WORDS]
    texts = []
    for _ in range(count if known else 0):
        words, other = draw.choice(known), draw.choice(known)
        half = len(words) // 2
        mixed = draw.sample(words, len(words) - half) + draw.sample(other, min(len(other), half))
        draw.shuffle(mixed)
        texts.append(" ".join(mixed))
    return texts
