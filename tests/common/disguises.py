"""The same text typed otherwise, as hypothesis strategies: curly quotes, NFD, invisible characters, odd spaces."""

import unicodedata

from hypothesis import strategies as st

#: Ways to type a character; those without an entry can be typed in one way only.
WAYS = {
    "'": "'’‘‛ʼ＇",
    '"': '"“”„＂',
    " ": " \u00a0\u2009\u202f\u3000",
    **{letter: f"{letter}{chr(ord(letter) + 0xFEE0)}" for letter in "abcxyzABCXYZ0123456789"},
}
LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ", "st": "ﬆ"}
UNSEEN = "\ufeff\u200b\u2060\u00ad\u200e\u200f\u202a\u202c\u2066\u2069"
WORDS = [
    "The", "I", "we", "she", "office", "flag", "fine", "first", "staff", "cat", "house", "café", "naïve", "Zoë",
    "isn't", "don't", "it's", '"yes"', "3", "20", "river", "asked", "'no'", "sleeps", "walks", "opened,", "waiting",
    "was", "where", "of", "in", "a", "and", "to", "the", "the", "happily.", "went?", "said:", "Paris",
]  # fmt: skip


def texts(most: int = 9) -> st.SearchStrategy[str]:
    """Some words with spaces between them."""
    return st.lists(st.sampled_from(WORDS), min_size=2, max_size=most).map(" ".join)


def with_blank(most: int = 9) -> st.SearchStrategy[str]:
    """Some words, and a blank among them."""
    return st.tuples(texts(most), texts(most)).map(lambda sides: f"{sides[0]} ___ {sides[1]}")


@st.composite
def disguised(draw: st.DrawFn, of: st.SearchStrategy[str]) -> tuple[str, str]:
    """A text, and the same typed otherwise."""
    plain = draw(of)
    text = plain
    for letters, ligature in LIGATURES.items():
        if letters in text and draw(st.booleans()):
            text = text.replace(letters, ligature)
    if draw(st.booleans()):
        text = "".join(draw(st.sampled_from(WAYS.get(one, one))) for one in text)
    if draw(st.booleans()):
        text = unicodedata.normalize("NFD", text)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.sampled_from([k for k in range(len(text) + 1) if text[max(0, k - 1) : k + 1] != "__"]))
        text = text[:place] + draw(st.sampled_from(UNSEEN)) + text[place:]
    return plain, text
