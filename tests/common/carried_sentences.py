"""English sentences that hold what a translation must carry over, and what counts as intact in German and French.

Digits and codes are intact letter for letter, separators as typed or as the target language writes them, months in the
words of the target language. `carried_sentences` draws them by a seed; every word of them is made up here.
"""

import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from carried_words import CURRENCIES, FIRST_AND_LAST, MONTHS, TEMPLATES, TOWNS

LANGUAGES = ("de", "fr")

_SPACE = "[ \u00a0\u202f]"


class Piece(NamedTuple):
    """What must come through; intact: by language, a pattern of what counts as intact."""

    kind: str
    text: str
    intact: dict[str, str]


class Sentence(NamedTuple):
    """A sentence, the kind that it was drawn for, and its pieces."""

    kind: str
    text: str
    pieces: tuple[Piece, ...]


def lost(sentence: Sentence, answer: str, language: str) -> list[Piece]:
    """The pieces of a sentence that are not intact in its translation."""
    return [piece for piece in sentence.pieces if not re.search(piece.intact[language], answer)]


def is_clean(answer: str) -> bool:
    """Whether no character of an answer stands for another: private use, or a replacement."""
    return not any("\ue000" <= one <= "\uf8ff" or one == "\ufffd" for one in answer)


def carried_sentences(count: int = 400, seed: int = 21) -> list[Sentence]:
    """Draw so many different sentences, as many of each kind as of any other."""
    draw, kinds, found = random.Random(seed), list(_SLOTS), dict[str, Sentence]()
    while len(found) < count:
        sentence = _drawn(kinds[len(found) % len(kinds)], draw)
        found.setdefault(sentence.text, sentence)
    return list(found.values())


def _drawn(kind: str, draw: random.Random) -> Sentence:
    """Fill the slots of one of a kind's templates; §x is a slot that _SLOTS or _PARTS fills."""
    pieces: list[Piece] = []
    slots = {"§": _SLOTS[kind], **_PARTS}

    def filled(found: re.Match[str]) -> str:
        text, some = slots["§" + found[1]](draw)
        pieces.extend(some)
        return text

    text = re.sub(r"§(\w?)", filled, draw.choice(TEMPLATES[kind]))
    return Sentence(kind, re.sub(r"\.\.$", ".", text), tuple(pieces))  # of "at 7 p.m.", one stop is enough


Slot = Callable[[random.Random], tuple[str, list[Piece]]]


def _literal(kind: str, text: str) -> Piece:
    """What stands letter for letter, and is no part of something longer."""
    before = r"(?<!\w)" if text[0].isalnum() else ""
    after = r"(?!\w)" if text[-1].isalnum() else ""
    return Piece(kind, text, dict.fromkeys(LANGUAGES, before + re.escape(text) + after))


def _alone(pattern: str) -> str:
    """A figure that is no part of a longer one."""
    return rf"(?<!\d)(?<!\d[.,:])(?:{pattern})(?!\d|[.,:]\d)"


def _number(kind: str, text: str) -> Piece:
    """A figure with English separators: 1,234.5 may become 1.234,5 or 1234,5, in French 1 234,5."""
    whole, point, rest = text.partition(".")
    groups = whole.split(",")
    decimals = rf",{rest}" if point else ""
    forms = {
        "de": [r"\.".join(groups) + decimals, f"{_SPACE}".join(groups) + decimals, "".join(groups) + decimals],
        "fr": [f"{_SPACE}".join(groups) + decimals, "".join(groups) + decimals],
    }
    return Piece(kind, text, {to: _alone("|".join([re.escape(text), *some])) for to, some in forms.items()})


def _figure(draw: random.Random) -> str:
    """An integer, one with groups, a decimal fraction, or one with groups and decimals."""
    form = draw.randrange(5)
    if form == 0:
        return str(draw.randint(2, 999))
    if form == 1:
        return str(draw.randint(1000, 99999))
    if form == 2:
        return f"{draw.randint(1000, 9_999_999):,}"
    if form == 3:
        return f"{draw.randint(0, 99)}.{draw.randint(1, 9)}"
    return f"{draw.randint(1000, 99_999):,}.{draw.randint(10, 99)}"


def _numbers(draw: random.Random) -> tuple[str, list[Piece]]:
    text = _figure(draw)
    return text, [_number("number", text)]


def _currency(draw: random.Random) -> tuple[str, list[Piece]]:
    sign = draw.choice(list(CURRENCIES))
    cents = f".{draw.randint(10, 99)}"
    amount = draw.choice([f"{draw.randint(2, 999)}{cents}", f"{draw.randint(1000, 99_999):,}{cents}",
                          str(draw.randint(2, 900)), f"{draw.randint(1000, 99_999):,}"])  # fmt: skip
    pieces = [_number("currency", amount), Piece("currency", sign, dict.fromkeys(LANGUAGES, CURRENCIES[sign]))]
    return sign + amount, pieces


def _percent(draw: random.Random) -> tuple[str, list[Piece]]:
    amount = draw.choice([str(draw.randint(2, 99)), f"{draw.randint(2, 99)}.{draw.randint(1, 9)}"])
    plain = _number("percent", amount).intact
    words = {"de": "Prozent", "fr": "pour ?cent"}
    return f"{amount}%", [
        Piece("percent", f"{amount}%", {to: rf"{plain[to]}{_SPACE}?(?:%|{words[to]})" for to in LANGUAGES})
    ]


def _time(draw: random.Random) -> tuple[str, list[Piece]]:
    hour, minute = draw.randint(2, 23), draw.randint(10, 59)
    if draw.random() < 0.3:
        hour = draw.randint(2, 11)
        later = rf"(?<!\d)(?:{hour}|{hour + 12})(?!\d)"
        return f"{hour} p.m.", [Piece("time", f"{hour} p.m.", dict.fromkeys(LANGUAGES, later))]
    between = {"de": "Uhr", "fr": "h|heures"}
    forms = {
        to: rf"(?<!\d)0?{hour}(?:[:.]{minute}|{_SPACE}?(?:{word}){_SPACE}?{minute})(?!\d)"
        for to, word in between.items()
    }
    return f"{hour}:{minute}", [Piece("time", f"{hour}:{minute}", forms)]


def _date(draw: random.Random) -> tuple[str, list[Piece]]:
    day, year = draw.randint(1, 28), draw.randint(1890, 2031)
    if draw.random() < 0.2:
        text = f"{year}-{draw.randint(1, 12):02}-{day:02}"
        return text, [_literal("date", text)]
    if draw.random() < 0.15:
        text = f"{day}/{draw.randint(1, 12)}/{year}"
        return text, [_literal("date", text)]
    month = draw.choice(list(MONTHS))
    text, dated = draw.choice(
        [(f"{month} {day}, {year}", True), (f"{day} {month} {year}", True), (f"{month} {day}", False)]
    )
    tails = {"de": r"\.", "fr": "(?:er)?"}
    forms = {
        to: rf"(?<!\d){day}{tails[to]}{_SPACE}(?:{name})" + rf"{_SPACE}{year}(?!\d)" * dated
        for to, name in MONTHS[month].items()
    }
    return text, [Piece("date", text, forms)]


def _range(draw: random.Random) -> tuple[str, list[Piece]]:
    low = draw.randint(2, 60)
    high, sign = low + draw.randint(1, 40), draw.choice("-–")
    form = rf"(?<!\d){low}{_SPACE}?(?:[-–—]|bis|à|-à-){_SPACE}?{high}(?!\d)"
    return f"{low}{sign}{high}", [Piece("range", f"{low}{sign}{high}", dict.fromkeys(LANGUAGES, form))]


def _version(draw: random.Random) -> tuple[str, list[Piece]]:
    parts = [draw.randint(0, 20) for _ in range(3)]
    text = draw.choice(["{}.{}.{}", "v{}.{}", "{}.{}.{}-rc2", "v{}.{}.{}"]).format(*parts)
    return text, [_literal("version", text)]


def _code(draw: random.Random) -> tuple[str, list[Piece]]:
    def letters(count: int, of: str = "ABCDEFGHJKLMNPRSTUVWXYZ") -> str:
        return "".join(draw.choices(of, k=count))

    text = draw.choice(
        [
            f"{letters(2)}-{draw.randint(1000, 9999)}",
            f"{letters(1)}{draw.randint(10, 999)}",
            f"INV-{draw.randint(2019, 2029)}-{draw.randint(1, 999):04}",
            letters(8, "0123456789abcdef") + "7f",
            f"{draw.choice(['user', 'order', 'build'])}_id_{draw.randint(2, 99)}",
            f"DE{draw.randint(10, 99)}{letters(16, '0123456789')}",
            f"{draw.choice(['report', 'backup', 'IMG'])}_{draw.randint(2, 9999)}{draw.choice(['.pdf', '.tar.gz'])}",
            draw.choice(["getUserName()", "max_retry_count", "x86_64", "libfoo.so.6", "/etc/hosts", "C3PO"]),
            f"+{draw.randint(30, 49)} {draw.randint(20, 99)} {draw.randint(1_000_000, 9_999_999)}",
        ]
    )  # fmt: skip
    return text, [_literal("code", text)]


def _url(draw: random.Random) -> tuple[str, list[Piece]]:
    host = draw.choice(["example.org", "docs.example.com", "shop.example.net", "example.co.uk"])
    query = f"?lang=en&id={draw.randint(2, 999)}"
    path = draw.choice(["", "/help", f"/a/b-{draw.randint(2, 99)}{query}", "/~ann/index.html",
                        f"/issues/{draw.randint(2, 9999)}#top"])  # fmt: skip
    text = draw.choice(["https://", "http://", "https://www."]) + host + path if path else f"www.{host}"
    return text, [_literal("url", text)]


def _email(draw: random.Random) -> tuple[str, list[Piece]]:
    user = draw.choice(["ann.lee", "sales+eu", "j_kowalska", "info", "support-team", f"user{draw.randint(2, 99)}"])
    text = f"{user}@{draw.choice(['example.org', 'mail.example.com', 'uni-example.de'])}"
    return text, [_literal("email", text)]


def _emoji(draw: random.Random) -> tuple[str, list[Piece]]:
    text = draw.choice(["🙂", "🎉", "👍🏽", "❤️", "🚀", "☕", "🇫🇷", "👨‍👩‍👧", "✅", "🐈"])
    return text, [_literal("emoji", text)]


def _placeholder(draw: random.Random) -> tuple[str, list[Piece]]:
    text = draw.choice(
        ["{name}", "{count}", "%s", "%d", "%(user)s", "{0}", "${HOME}", "{{title}}", "%1$s", "{user.name}"]
    )
    return text, [_literal("placeholder", text)]


def _tag(draw: random.Random) -> tuple[str, list[Piece]]:
    text = draw.choice(["<br>", "<br/>", "<img/>", "<hr>"])
    return text, [_literal("placeholder", text)]


def _name(draw: random.Random) -> tuple[str, list[Piece]]:
    firsts, lasts = FIRST_AND_LAST[draw.choice(list(FIRST_AND_LAST))]
    first, last = draw.choice(firsts.split()), draw.choice(lasts.split()).replace("_", " ")
    text = draw.choice([first, last, f"{first} {last}", f"{first} {last}"])
    return text, [_named(text)]


def _town(draw: random.Random) -> tuple[str, list[Piece]]:
    text = draw.choice(TOWNS)
    piece = _named(text)
    if text == "Yekaterinburg":  # Екатеринбург is transliterated by each language in its own way
        forms = {"de": "Jekaterinburgs?", "fr": "[IJ]?[EÉ]katerin[Bb]ourg"}
        piece = piece._replace(intact={to: f"{piece.intact[to]}|{form}" for to, form in forms.items()})
    return text, [piece]


def _named(text: str) -> Piece:
    """A name, perhaps in the German genitive."""
    own = re.escape(text)
    return Piece("name", text, {"de": rf"(?<!\w){own}s?(?!\w)", "fr": rf"(?<!\w){own}(?!\w)"})


_SLOTS: dict[str, Slot] = {
    "number": _numbers, "currency": _currency, "percent": _percent, "time": _time, "date": _date, "range": _range,
    "version": _version, "code": _code, "url": _url, "email": _email, "emoji": _emoji, "placeholder": _placeholder,
    "name": _name, "mixed": _numbers,
}  # fmt: skip
_PARTS: dict[str, Slot] = {
    "§c": _currency, "§p": _percent, "§t": _time, "§d": _date, "§v": _version, "§k": _code, "§u": _url, "§e": _email,
    "§n": _name, "§o": _town, "§f": _numbers, "§b": _tag, "§j": _emoji,
}  # fmt: skip


def by_kind(sentences: list[Sentence]) -> Iterator[tuple[str, list[Sentence]]]:
    """The sentences of each kind."""
    for kind in _SLOTS:
        yield kind, [one for one in sentences if one.kind == kind]
