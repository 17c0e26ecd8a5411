"""Evaluate a blank filler beside the words seen between the same neighbours."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqtext.characters import CLOZE_WORD, compiled
from seqtext.data.questions import is_questions, read_questions
from seqtext.data.sampling import Reservoir, batched
from seqtext.errors import CorpusError
from seqtext.evaluation.corpus import Corpus
from seqtext.evaluation.intervals import Floats, intervals, parts, ratio
from seqtext.evaluation.learnt import LearntShare
from seqtext.evaluation.metrics import expected_calibration_error
from seqtext.models.blank_filler import BlankFiller

_AT_ONCE = 256  # questions that are answered at once


class Asked(NamedTuple):
    """A text with one word taken out."""

    text: str  # with ___ in place of the word
    answer: str
    before: str  # the neighbouring words, "" at an end
    after: str


def measure_blank_filler(
    model: BlankFiller, texts: Callable[[], Iterable[str]], limit: int, seed: int
) -> dict[str, Any]:
    """Blank a word in each of `limit` random lines and score the fills; baseline: words between the same neighbours."""
    asked = ask(texts(), limit, seed)
    if not asked:
        raise CorpusError("The corpus holds no line with two words or more.", "give lines of text")
    hits5, surprisals, confidence, correct = [], [], [], []
    for one, fills in zip(asked.values(), model.fill([one.text for one in asked.values()], top=5), strict=True):
        words = [fill.blanks[0] for fill in fills]
        hits5.append(one.answer in words)
        surprisals.append(-model.evidence(one.text, one.answer, ("span",))["span"])
        confidence.append(fills[0].probability if fills else 0.0)
        correct.append(words[:1] == [one.answer])
    count = len(asked)
    return {
        "blanks": count,
        "top1": sum(correct) / count,
        "top5": sum(hits5) / count,
        "perplexity": float(np.exp(min(50.0, sum(surprisals) / count))),
        "calibration_error": expected_calibration_error(np.array(confidence), np.array(correct)),
        "intervals": intervals(
            {"top1": parts(correct), "top5": parts(hits5), "perplexity": (parts(surprisals), _perplexity)}
        ),
        "baseline": _neighbours(texts(), asked),
    }


def _perplexity(sums: Floats) -> Floats:
    """The perplexity of sums of nats and of words: (draws, 2) to (draws,)."""
    return np.exp(np.minimum(50.0, ratio(sums)))


def measure_choices(
    model: BlankFiller,
    sources: Sequence[str | Path],
    encoding_errors: str,
    limit: int | None,
    learnt: LearntShare | None = None,
    encoding: str | None = None,
) -> dict[str, Any]:
    """Score the choice among given options; baseline: guessing. learnt: counts the texts with their right words."""
    guessed, confidence, correct = 0.0, [], []
    every = (
        one for source in sources for one in read_questions(source, encoding_errors=encoding_errors, encoding=encoding)
    )
    for some in batched(islice(every, limit), _AT_ONCE):
        if learnt is not None:
            for question in some:
                learnt.add(question.answered)
        chosen = model.choose([one.text for one in some], [one.options for one in some])
        for question, ranked in zip(some, chosen, strict=True):
            hit = ranked[0].option == question.options[question.answer]
            guessed += 1 / len(question.options)
            confidence.append(ranked[0].probability)
            correct.append(hit)
    count = len(correct)
    if not count:
        raise CorpusError("The corpus holds no question.", "give a file with one question per line")
    return {
        "questions": count,
        "accuracy": sum(correct) / count,
        "calibration_error": expected_calibration_error(np.array(confidence), np.array(correct)),
        "intervals": intervals({"accuracy": parts(correct)}),
        "baseline": {"accuracy": guessed / count},
    }


def ask(texts: Iterable[str], limit: int, seed: int) -> dict[int, Asked]:
    """Take a random word out of each line of a sample of `limit`; the key is the line's number."""
    generator = np.random.default_rng(seed)
    drawn: Reservoir[tuple[int, Asked]] = Reservoir(limit, generator)
    for number, text in enumerate(texts):
        words = [] if "__" in text else list(compiled(CLOZE_WORD).finditer(text))
        if len(words) < 2:
            continue
        slot = drawn.slot()
        if slot is None:
            continue
        k = int(generator.integers(len(words)))
        word = words[k]
        before = words[k - 1].group() if k else ""
        after = words[k + 1].group() if k + 1 < len(words) else ""
        one = Asked(f"{text[: word.start()]}___{text[word.end() :]}", word.group(), before, after)
        drawn.put(slot, (number, one))
    return dict(drawn.items())


def _neighbours(texts: Iterable[str], asked: Mapping[int, Asked]) -> dict[str, float]:
    """Fill each blank with the words seen most between its neighbours in the other lines, then beside one of them."""
    wanted = {(one.before, one.after) for one in asked.values()}
    left, right = {one.before for one in asked.values()}, {one.after for one in asked.values()}
    tables: list[defaultdict[Any, Counter[str]]] = [defaultdict(Counter) for _ in range(3)]
    common: Counter[str] = Counter()
    for number, text in enumerate(texts):
        if number in asked:
            continue
        words = ["", *compiled(CLOZE_WORD).findall(text), ""]
        common.update(words[1:-1])
        for before, word, after in zip(words, words[1:], words[2:], strict=False):
            if (before, after) in wanted:
                tables[0][before, after][word] += 1
            if before in left:
                tables[1][before][word] += 1
            if after in right:
                tables[2][after][word] += 1
    usual = [word for word, _ in common.most_common(5)]
    hits1 = hits5 = 0
    for one in asked.values():
        ranked = [word for word, _ in tables[0][one.before, one.after].most_common(5)]
        either = tables[1][one.before] + tables[2][one.after]
        ranked = list(dict.fromkeys([*ranked, *(word for word, _ in either.most_common(5)), *usual]))[:5]
        hits1 += ranked[:1] == [one.answer]
        hits5 += one.answer in ranked
    return {"top1": hits1 / len(asked), "top5": hits5 / len(asked)}


def evaluate_blank_filler(model: BlankFiller, corpus: Corpus) -> dict[str, Any]:
    """Evaluate a blank filler on text, or on questions where the corpus holds them.

    On text one word of each of `limit` (2,000) random lines is blanked; top1, top5, perplexity of the word, expected
    calibration error of the first answer; baseline: the word seen most between the same neighbours in the other lines.
    On questions with options: accuracy; baseline: that of guessing. Raises CorpusError.
    """
    if corpus.sources and all(is_questions(source) for source in corpus.sources):
        return measure_choices(
            model, corpus.sources, corpus.encoding_errors, corpus.limit, corpus.learnt, corpus.encoding
        )
    return measure_blank_filler(model, corpus.texts, corpus.drawn, corpus.seed)
