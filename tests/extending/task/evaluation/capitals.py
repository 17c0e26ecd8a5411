"""Evaluate a truecaser beside the answer that is right most often."""

from itertools import islice
from typing import Any

from seqtext.errors import CorpusError
from seqtext.evaluation.corpus import Corpus
from seqtext.models.capitals import Truecaser


def evaluate_truecaser(model: Truecaser, corpus: Corpus) -> dict[str, Any]:
    """Measure the share of the words of `limit` texts that are told right."""
    marks = [mark for text in islice(corpus.texts(), corpus.drawn) for mark in model.mark(text)]
    if not marks:
        raise CorpusError("The corpus holds no word.", "give lines of text")
    true = [mark.word[0].isupper() for mark in marks]
    right = sum((mark.probability >= 0.5) == one for mark, one in zip(marks, true, strict=True))
    usual = max(sum(true), len(true) - sum(true))
    return {"words": len(marks), "accuracy": right / len(marks), "baseline": {"accuracy": usual / len(marks)}}
