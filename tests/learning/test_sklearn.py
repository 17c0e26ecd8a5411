"""SeqtextClassifier on a table in memory: better than the usual label, in a pipeline and by cross-validation."""

import random

import numpy as np
import pytest

pandas = pytest.importorskip("pandas")
pytest.importorskip("sklearn", minversion="1.6")

from sklearn.dummy import DummyClassifier  # noqa: E402
from sklearn.model_selection import cross_val_score  # noqa: E402

from seqtext.integrations.sklearn import SeqtextClassifier  # noqa: E402

PARTS = {
    "billing": ["the invoice is wrong", "I was charged twice", "please refund the payment", "my card was declined"],
    "delivery": ["the parcel never came", "where is my order", "the courier left no note", "the box was damaged"],
    "account": ["I cannot log in", "the password is not accepted", "please close my account", "my name is misspelt"],
}
FILLERS = ["hello", "since Monday", "thank you", "for the third time", "as I wrote before", "kind regards", "again"]


def tickets(rows: int) -> "pandas.DataFrame":
    """Two tickets of three are about billing; half of all hold a phrase of another label, too, after a "not"."""
    chance = random.Random(3)
    found = []
    for _ in range(rows):
        queue = chance.choice(["billing"] * 4 + ["delivery", "account"])
        other = chance.choice([name for name in PARTS if name != queue])
        parts = [chance.choice(PARTS[queue]), chance.choice(FILLERS)]
        parts += [f"it is not that {chance.choice(PARTS[other])}"] * chance.choice([0, 1])
        chance.shuffle(parts)
        found.append({"text": ", ".join(parts), "queue": queue})
    return pandas.DataFrame(found).astype({"queue": "category"})


@pytest.mark.learning
def test_tickets_are_told_apart_better_than_by_the_usual_label() -> None:
    table = tickets(900)
    classifier = SeqtextClassifier(encoder="lstm", hidden=32, embedding=32, steps=600, random_state=1)
    scores = cross_val_score(classifier, table["text"], table["queue"], cv=3, error_score="raise")
    usual = cross_val_score(DummyClassifier(), np.zeros((len(table), 1)), table["queue"], cv=3)
    assert usual.mean() < 0.7
    assert scores.min() > usual.max() + 0.2
