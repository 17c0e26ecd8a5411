"""Write the files that steps read: made-up texts with known answers."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from seqtext.errors import InputError, arguments
from seqtext.storage.atomic import write_atomically

_SMALL_WORDS = "the a of in on and it was to with for by at from as but so then now here"
FILLERS = _SMALL_WORDS.split()
_COLOURS = ("red", "blue")
_FOUR = (*_COLOURS, "green", "black")
#: What every classifier of the tour learns with, unless its command says otherwise: --config FOLDER/settings.json.
SETTINGS = {
    "steps": 150, "batch_size": 2048, "learning_rate": 0.004, "dropout": 0.0, "average": 0.0, "evaluations": 3,
    "hidden": 32, "embedding": 32, "threads": 1, "precision": "fp32",
}  # fmt: skip
_DISTRACTING = (*FILLERS[:8], *_FOUR)
LEARNT, HELD_OUT = 2000, 300  # texts of a kind
SETTINGS_FILE = "settings.json"
LABELLED = "labelled.tsv"  # a corpus of seqtext's own: sentences, each with what it does
_SENTENCES = 300  # of its lines are learnt from, the others measured on

#: English and French, with the gender of the noun: adjectives agree with it, and stand after it.
_NOUNS = {
    "house": ("maison", "f"), "dog": ("chien", "m"), "cat": ("chat", "m"),
    "door": ("porte", "f"), "book": ("livre", "m"), "flower": ("fleur", "f"),
}  # fmt: skip
_ADJECTIVES = {
    "red": ("rouge", "rouge"), "blue": ("bleu", "bleue"), "green": ("vert", "verte"), "black": ("noir", "noire"),
}  # fmt: skip
_VERBS = {"sees": "voit", "finds": "trouve", "wants": "veut"}


def _some(draw: random.Random, low: int, high: int) -> list[str]:
    return draw.choices(FILLERS, k=draw.randint(low, high))


def _ordered(draw: random.Random, low: int, high: int) -> str:
    """A label and a text with two words, so many others between them: the label is which comes first."""
    first, second = draw.sample(_COLOURS, 2)
    words = [*_some(draw, 4, 8), first, *_some(draw, low, high), second, *_some(draw, 4, 8)]
    return f"{first}\t{' '.join(words)}"


def _counted(draw: random.Random) -> str:
    """The label is which of two words comes five times; the other comes three times, and between is one word alone."""
    more, less = draw.sample(_COLOURS, 2)
    colours = [more] * 5 + [less] * 3
    draw.shuffle(colours)
    # A gap is as wide as the widest filter, so that no filter sees two of them.
    words = [word for colour in colours for word in (colour, *_gap(draw))]
    return f"{more}\t{' '.join([*_gap(draw), *words])}"


def _gap(draw: random.Random) -> list[str]:
    return FILLERS[:1] * draw.randint(4, 6)


def _remembered(draw: random.Random, low: int, high: int, others: Sequence[str] = FILLERS[:8]) -> str:
    """The label is the first word; so many others follow, short texts being as likely as long ones."""
    first = draw.choice(_FOUR)
    count = round(low * (high / low) ** draw.random())
    return f"{first}\t{' '.join([first, *draw.choices(others, k=count)])}"


def _repeated(draw: random.Random) -> str:
    """A text whose last word is its second one."""
    second = draw.choice(_COLOURS)
    return " ".join([*_some(draw, 1, 1), second, *_some(draw, 3, 6), second])


def _translated(draw: random.Random) -> str:
    """An English noun phrase or sentence and its French translation; from short ones a network learns where to look."""
    english: list[str] = []
    french: list[str] = []
    for place in range(draw.choice((1, 2))):
        if place:
            verb = draw.choice([*_VERBS])
            english.append(verb)
            french.append(_VERBS[verb])
        noun, adjective = draw.choice([*_NOUNS]), draw.choice([*_ADJECTIVES])
        name, gender = _NOUNS[noun]
        english += ["the", adjective, noun]
        french += [("le", "la")[gender == "f"], name, _ADJECTIVES[adjective][gender == "f"]]
    return f"{' '.join(english)}\t{' '.join(french)}"


#: What a file holds, by its name: a line for each text.
WRITERS: dict[str, Callable[[random.Random], str]] = {
    "next.tsv": lambda draw: _ordered(draw, 0, 0),
    "near.tsv": lambda draw: _ordered(draw, 2, 2),
    "far.tsv": lambda draw: _ordered(draw, 6, 9),
    "more.tsv": _counted,
    "memory.tsv": lambda draw: _remembered(draw, 100, 100),
    "growing.tsv": lambda draw: _remembered(draw, 2, 100),
    "first.tsv": lambda draw: _remembered(draw, 2, 100, _DISTRACTING),
    "repeated.txt": _repeated,
    "french.tsv": _translated,
}
#: Of these kinds, all texts to measure on are long.
_LONG: dict[str, Callable[[random.Random], str]] = {
    "growing.tsv": lambda draw: _remembered(draw, 100, 100),
    "first.tsv": lambda draw: _remembered(draw, 100, 100, _DISTRACTING),
}


def held_out(name: str) -> str:
    """Name the held-out file beside a training file.

    >>> held_out("near.tsv")
    'near-valid.tsv'
    """
    stem, dot, suffix = name.partition(".")
    return f"{stem}-valid{dot}{suffix}"


def _made_up(name: str) -> dict[str, str]:
    """The texts of a kind, some of them held out: always the same."""
    draw = random.Random(name)
    learnt = [WRITERS[name](draw) + "\n" for _ in range(LEARNT)]
    known, new = set(learnt), list[str]()
    while len(new) < HELD_OUT:
        line = _LONG.get(name, WRITERS[name])(draw) + "\n"
        new += [line] if line not in known else []
    return {name: "".join(learnt), held_out(name): "".join(new)}


def _sentences(name: str, corpora: Path) -> dict[str, str]:
    """Sentences of seqtext's own corpus, the last ones held out."""
    lines = (corpora / LABELLED).read_text(encoding="utf-8").splitlines(keepends=True)
    return {name: "".join(lines[:_SENTENCES]), held_out(name): "".join(lines[_SENTENCES:])}


def write_file(name: str, folder: Path, corpora: Path) -> None:
    """Write a file of the tour, with its held-out texts.

    Existing files stay.

    Raises InputError where a file of that name holds something else; ModelError for one that cannot be written
    """
    if name == SETTINGS_FILE:
        files = {name: json.dumps(SETTINGS, indent=1) + "\n"}
    else:
        files = _made_up(name) if name in WRITERS else _sentences(name, corpora)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        path, data = folder / file, text.encode("utf-8")
        if not path.exists():
            write_atomically(path, data)
        elif path.read_bytes() != data:
            raise InputError(
                f"{path} holds something else than the tour's own texts, which are written there.",
                arguments(run=f"{folder}-2"),
            )
