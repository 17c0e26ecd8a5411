"""A small corpus for each task, and settings with which it is learnt in a few updates."""

import random
from pathlib import Path
from typing import Any

from seqtext.tasks import TASKS

_NOUNS, _VERBS = ["cat", "dog", "hen", "owl", "fox"], ["sat", "ran", "slept", "sang"]
_WORDS = [*_NOUNS, *_VERBS, "a", "the", "old", "big", "red", "on", "in", "by", "hill", "barn", "door", "and", "then"]
_HEADERS = {"translate": "source\ttarget", "summarize": "source\ttarget", "classify": "label\ttext"}

#: Of every task; few enough that a test takes seconds.
SMALL: dict[str, Any] = {
    "hidden": 8, "embedding": 8, "vocab_size": 400, "batch_size": 200, "max_length": 12, "threads": 1, "evaluations": 1,
}  # fmt: skip


def small_corpus(folder: Path, task: str) -> Path:
    """Write texts, pairs or labelled texts, as the task learns from; KeyError for a task that is not known."""
    assert task in TASKS
    chance = random.Random(task)
    texts = [" ".join(chance.choices(_WORDS, k=chance.randint(3, 9))) for _ in range(200)]
    rows = texts
    if task in ("translate", "summarize"):
        rows = [f"{text}\t{' '.join(reversed(text.split()[:4]))}" for text in texts]
    elif task == "classify":
        rows = [f"{'animal' if 'cat' in text or 'dog' in text else 'other'}\t{text}" for text in texts]
    path = folder / (f"{task}.tsv" if task in _HEADERS else f"{task}.txt")
    path.write_text("\n".join([_HEADERS[task], *rows] if task in _HEADERS else rows), encoding="utf-8")
    return path
