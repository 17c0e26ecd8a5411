"""What an encoder–decoder must be able to learn in minutes: copy, reverse, sort; and to copy what it never saw."""

import random
import string
from pathlib import Path
from typing import Any

import pytest

import seqtext
from seqtext.config import SearchConfig
from seqtext.training.train import train

SETTINGS: dict[str, Any] = {
    "tokens": "char", "hidden": 128, "embedding": 64, "batch_size": 1024, "learning_rate": 4e-3, "dropout": 0.0,
    "label_smoothing": 0.0, "evaluations": 2, "threads": 1, "precision": "fp32",
}  # fmt: skip
TASKS = {"copy": lambda digits: digits, "reverse": lambda digits: digits[::-1], "sort": sorted}


@pytest.mark.learning
@pytest.mark.parametrize("task", TASKS)
def test_digits_are_mastered(task: str, tmp_path: Path) -> None:
    draw = random.Random(1)
    found = {"".join(draw.choices(string.digits, k=draw.randint(3, 10))) for _ in range(20_000)}
    lines = [f"{' '.join(digits)}\t{' '.join(TASKS[task](digits))}" for digits in sorted(found)]
    draw.shuffle(lines)
    asked, learnt = lines[:500], lines[500:]
    (tmp_path / "pairs.tsv").write_text("\n".join(learnt) + "\n", encoding="utf-8")
    # On some processors, reversing is learnt after 1,500 updates only: a plateau comes before.
    list(train("translate", tmp_path / "pairs.tsv", tmp_path / "run", steps=2500, **SETTINGS))
    sources, targets = zip(*(line.split("\t") for line in asked), strict=True)
    answers = seqtext.load(tmp_path / "run").translate(sources, SearchConfig(beam=1))
    assert sum(one[0].text == target for one, target in zip(answers, targets, strict=True)) >= 0.99 * len(asked)


SENTENCES = [
    ("Please call {} before noon.", "Appelez {} avant midi."),
    ("The train to {} was late again.", "Le train pour {} avait encore du retard."),
    ("We paid for it at {} yesterday.", "Nous avons payé cela à {} hier."),
    ("You will find the rules at {} today.", "Vous trouverez les règles sur {} aujourd'hui."),
    ("Nobody in our office knows {} well.", "Personne dans notre bureau ne connaît bien {}."),
    ("Did {} arrive this morning?", "Est-ce que {} est arrivé ce matin ?"),
]


def invented(draw: random.Random) -> str:
    """A name, a number or an address that nobody has seen."""
    letters = "".join(draw.choices(string.ascii_lowercase, k=draw.randint(4, 9)))
    kind = draw.randrange(3)
    if kind == 0:
        return letters.capitalize()
    if kind == 1:
        return str(draw.randrange(10, 10 ** draw.randint(2, 8)))
    return f"www.{letters}.{draw.choice(['org', 'net', 'de'])}/{draw.randrange(1000)}"


@pytest.mark.learning
def test_names_numbers_and_addresses_never_seen_come_through(tmp_path: Path) -> None:
    draw = random.Random(2)
    rows = [(*draw.choice(SENTENCES), invented(draw)) for _ in range(12_000)]
    lines = [f"{source.format(name)}\t{target.format(name)}" for source, target, name in rows]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    how = {**SETTINGS, "tokens": "bpe", "vocab_size": 600, "copy": True, "coverage": True, "batch_size": 2048}
    list(train("translate", tmp_path / "pairs.tsv", tmp_path / "run", steps=750, **how))
    seen = {name for _, _, name in rows}
    fresh = [(*draw.choice(SENTENCES), name) for name in (invented(draw) for _ in range(80)) if name not in seen][:50]
    assert len(fresh) == 50
    answers = seqtext.load(tmp_path / "run").translate([source.format(name) for source, _, name in fresh])
    through = [name in one[0].text for one, (_, _, name) in zip(answers, fresh, strict=True)]
    assert sum(through) >= 45, [one[0].text for one, good in zip(answers, through, strict=True) if not good]
