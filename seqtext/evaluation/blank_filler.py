"""Evaluate a blank filler beside a baseline that counts words between neighbours."""

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


class BlankedLine(NamedTuple):
    """Hold a text with one word replaced by a blank."""

    text: str  # with ___ in place of the word
    answer: str
    before: str  # the neighbouring words, "" at an end
    after: str


def measure_blank_filler(
    model: BlankFiller, texts: Callable[[], Iterable[str]], limit: int, seed: int
) -> dict[str, Any]:
    """Measure a blank filler on words blanked in random lines.

    texts: reads the corpus; it is called twice. limit: how many lines are drawn, by seed. For the result see
    `evaluate_blank_filler`. Raises CorpusError where no line has two words.
    """
    asked = blanked_lines(texts(), limit, seed)
    if not asked:
        raise CorpusError("The corpus holds no line with two words or more.", "give lines of text")
    hits5, surprisals, confidence, correct = [], [], [], []
    for question, fills in zip(
        asked.values(), model.fill([question.text for question in asked.values()], top=5), strict=True
    ):
        words = [fill.blanks[0] for fill in fills]
        hits5.append(question.answer in words)
        surprisals.append(-model.evidence(question.text, question.answer, ("span",))["span"])
        confidence.append(fills[0].probability if fills else 0.0)
        correct.append(words[:1] == [question.answer])
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
    """Compute perplexities from summed nats and word counts: (draws, 2) to (draws,)."""
    return np.exp(np.minimum(50.0, ratio(sums)))


def measure_choices(
    model: BlankFiller,
    sources: Sequence[str | Path],
    encoding_errors: str,
    limit: int | None,
    learnt: LearntShare | None = None,
    encoding: str | None = None,
) -> dict[str, Any]:
    """Measure a blank filler's accuracy on multiple-choice questions.

    limit: how many questions are asked, the first ones; learnt: counts the texts with their right words

    Returns questions, accuracy and calibration_error (Guo et al. 2017) from 0 to 1, "intervals", and "baseline", the
    accuracy of guessing. Raises CorpusError for a question that is not well formed, and without any.
    """
    guessed, confidence, correct = 0.0, [], []
    questions = (
        question
        for source in sources
        for question in read_questions(source, encoding_errors=encoding_errors, encoding=encoding)
    )
    for batch in batched(islice(questions, limit), _AT_ONCE):
        if learnt is not None:
            for question in batch:
                learnt.add(question.answered)
        chosen = model.choose([question.text for question in batch], [question.options for question in batch])
        for question, ranked in zip(batch, chosen, strict=True):
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


def blanked_lines(texts: Iterable[str], limit: int, seed: int) -> dict[int, BlankedLine]:
    """Blank a random word in each of `limit` random lines.

    Returns the questions by the number of their line. Lines with a blank of their own, or fewer than two words, are
    left out.
    """
    generator = np.random.default_rng(seed)
    drawn: Reservoir[tuple[int, BlankedLine]] = Reservoir(limit, generator)
    for number, text in enumerate(texts):
        words = [] if "__" in text else list(compiled(CLOZE_WORD).finditer(text))
        if len(words) < 2:
            continue
        slot = drawn.slot()
        if slot is None:
            continue
        chosen = int(generator.integers(len(words)))
        word = words[chosen]
        before = words[chosen - 1].group() if chosen else ""
        after = words[chosen + 1].group() if chosen + 1 < len(words) else ""
        question = BlankedLine(f"{text[: word.start()]}___{text[word.end() :]}", word.group(), before, after)
        drawn.put(slot, (number, question))
    return dict(drawn.items())


def _neighbours(texts: Iterable[str], asked: Mapping[int, BlankedLine]) -> dict[str, float]:
    """Score a baseline that fills each blank by its neighbours in other lines.

    It ranks the words seen most between both neighbours, then those seen most beside either, then the most frequent
    words.
    """
    wanted = {(question.before, question.after) for question in asked.values()}
    left, right = {question.before for question in asked.values()}, {question.after for question in asked.values()}
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
    for question in asked.values():
        ranked = [word for word, _ in tables[0][question.before, question.after].most_common(5)]
        either = tables[1][question.before] + tables[2][question.after]
        ranked = list(dict.fromkeys([*ranked, *(word for word, _ in either.most_common(5)), *usual]))[:5]
        hits1 += ranked[:1] == [question.answer]
        hits5 += question.answer in ranked
    return {"top1": hits1 / len(asked), "top5": hits5 / len(asked)}


def evaluate_blank_filler(model: BlankFiller, corpus: Corpus) -> dict[str, Any]:
    """Evaluate a blank filler on text or on multiple-choice questions.

    On text, one word in each of `limit` (2,000) random lines is blanked: top1, top5, the perplexity of the word and the
    expected calibration error of the first answer. The baseline is the word seen most between the same neighbours in
    the other lines. On questions with options: accuracy, beside that of guessing. Raises CorpusError.
    """
    if corpus.sources and all(is_questions(source) for source in corpus.sources):
        return measure_choices(
            model, corpus.sources, corpus.encoding_errors, corpus.limit, corpus.learnt, corpus.encoding
        )
    return measure_blank_filler(model, corpus.texts, corpus.drawn, corpus.seed)
