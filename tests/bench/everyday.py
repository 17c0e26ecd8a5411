"""Everyday sentences of our own (tests/golden): sensible words for a blank, translations that a fluent reader accepts.

What is not in the lists is shown on stderr, to be read: there are more renderings than anybody writes down.
"""

import argparse
from collections.abc import Sequence

from table import Row, say

import seqtext
from golden_sentences import TRANSLATIONS, Sensible, blanks, plain, translations

_FILLS = {"old": "everyday", "new": "daily_life"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--fill", default="fill-en", help="a blank filler's name or folder (fill-en)")
    for language in ("de", "fr"):
        name = f"translate-en-{language}"
        parser.add_argument(f"--{language}", default=name, help=f"a translator's name or folder ({name})")
    parser.add_argument(
        "--all", action="store_true", help="show every answer, not only those that are not in the lists"
    )


def measure(options: argparse.Namespace) -> list[Row]:
    """How many sentences are answered as a fluent reader accepts."""
    rows = []
    for when, name in _FILLS.items():
        rows += _filled(options.fill, when, blanks(name), options.all)
    for language in ("de", "fr"):
        for when, name in TRANSLATIONS.items():
            accepted = translations(language, name)
            rows.append(_translated(getattr(options, language), f"{language}, {when}", accepted, options.all))
    return rows


def _filled(model: str, when: str, asked: Sequence[Sensible], every: bool) -> list[Row]:
    found = [
        [fill.blanks[0] for fill in fills]
        for fills in seqtext.load(model, "fill").fill([one.text for one in asked], top=5)
    ]
    places = [one.place(words) for one, words in zip(asked, found, strict=True)]
    for one, words, place in zip(asked, found, places, strict=True):
        if every or place != 1:
            say(f"{place or '-'}  {one.text}  {', '.join(words)}")
    return [
        Row(f"fill, {when}: a sensible word first", sum(place == 1 for place in places), f"of {len(asked)}"),
        Row(f"fill, {when}: a sensible word among five", sum(map(bool, places)), f"of {len(asked)}"),
    ]


def _translated(model: str, what: str, accepted: dict[str, list[str]], every: bool) -> Row:
    found = [plain(one[0].text) for one in seqtext.load(model, "translate").translate(list(accepted))]
    right = [text in known for text, known in zip(found, accepted.values(), strict=True)]
    for source, text, good in zip(accepted, found, right, strict=True):
        if every or not good:
            say(f"{'+' if good else '-'}  {source}  {text}")
    return Row(f"translate, {what}: in the lists", sum(right), f"of {len(accepted)}")
