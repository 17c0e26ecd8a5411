"""Measure a model on a corpus, beside an honest baseline made from the same corpus."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from seqtext.anomaly import AnomalyDetector
from seqtext.classify import Classifier
from seqtext.comparing import measure_summarizer, measure_translator
from seqtext.config import SearchConfig
from seqtext.corpus import is_questions, read_labelled, read_questions, read_rows, read_texts
from seqtext.detecting import NORMAL_LABELS, measure_detector
from seqtext.errors import ConfigError, CorpusError, ModelError
from seqtext.fill import BlankFiller
from seqtext.labelling import measure_classifier
from seqtext.language import LanguageModel
from seqtext.measuring import measure
from seqtext.metrics import expected_calibration_error
from seqtext.seq2seq import Summarizer, Translator

#: A word of letters with its contraction: what a tokenizer of words keeps whole.
WORD = re.compile(r"[^\W\d_]+(?:['’](?:t|re|ve|ll|m|d)\b)?")
DEFAULT_LIMIT = 2000
_PAIRS = ("translate", "summarize")


class Asked(NamedTuple):
    """A text with one word taken out."""

    text: str  # with ___ in place of the word
    answer: str
    before: str  # the neighbouring words, "" at an end
    after: str


def evaluate(
    model: BlankFiller | LanguageModel | AnomalyDetector | Translator | Summarizer | Classifier,
    corpora: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    limit: int | None = None,
    seed: int = 1,
    anomalies: str | Path | Sequence[str | Path] | None = None,
    normal_labels: Sequence[str] | None = None,
    false_alarms: float | None = None,
    output: str | Path | None = None,
    search: SearchConfig | None = None,
    baseline: str | Path | Sequence[str | Path] | None = None,
    picture: str | Path | None = None,
) -> dict[str, Any]:
    """The scores of a model on held-out text, and under "baseline" those of a simple one made from the same corpus.

    A blank filler, on text: one word of each of `limit` (2,000) random lines is blanked; top1, top5, perplexity of the
    word, expected calibration error of the first answer; baseline: the word seen most between the same neighbours in
    the other lines. On questions with options: accuracy; baseline: that of guessing. A language model, on `limit`
    (2,000) random lines: see `seqtext.measuring.measure`; baseline: n-grams of the other lines. An anomaly detector, on
    all rows of label and text, or on normal lines and those of `anomalies` (of each file list, the first `limit`): see
    `seqtext.detecting.measure_detector`, which also explains normal_labels and false_alarms; baseline: counting. A
    translator or summarizer, on all rows of source and target, or `limit` random ones: see `seqtext.comparing`, which
    also explains output and search. A classifier, on all rows of label and text, or `limit` random ones: see
    `seqtext.labelling`; baseline: naive Bayes, which learns from the rows of `baseline`, or from nine tenths of those
    measured; picture: a file for its confusion matrix. Raises CorpusError; ConfigError for a limit below 1 or a setting
    of another task; ModelError for a model of another task.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"--limit received {limit}; accepted is at least 1.", f"--limit {DEFAULT_LIMIT}")
    sources = [corpora] if isinstance(corpora, str | Path) else list(corpora)
    how: dict[str, Any] = {"columns": columns, "encoding_errors": encoding_errors}

    def texts() -> Iterable[str]:
        return read_texts(sources, **how)

    task = getattr(model, "task", None)
    for flag, value, tasks, who in (
        ("anomalies", anomalies, ("anomaly",), "a detector of anomalies"),
        ("normal", normal_labels, ("anomaly",), "a detector of anomalies"),
        ("false-alarms", false_alarms, ("anomaly",), "a detector of anomalies"),
        ("output", output, _PAIRS, "a translator or summarizer"),
        ("search", search, _PAIRS, "a translator or summarizer"),
        ("baseline", baseline, ("classify",), "a classifier"),
        ("picture", picture, ("classify",), "a classifier"),
    ):
        if value is not None and task not in tasks:
            raise ConfigError(
                f"--{flag} was given for a model of {task!r:.80}; only {who} takes it.", f"leave --{flag} out"
            )
    if task in _PAIRS:
        if output is not None and Path(output).resolve() in (Path(source).resolve() for source in sources):
            raise ConfigError(f"--output received {str(output)!r}, the corpus itself.", "--output answers.txt")
        rows = read_rows(sources, ("source", "target"), **how)
        settings: dict[str, Any] = {"limit": limit, "seed": seed, "output": output, "search": search}
        if task == "translate":
            return measure_translator(cast(Translator, model), rows, **settings)
        return measure_summarizer(cast(Summarizer, model), rows, **settings)
    if task == "anomaly":
        labelled: Iterable[tuple[str, str]]
        if anomalies is None:
            labelled = read_labelled(sources, unlabelled=True, **how)
        elif normal_labels is not None:
            raise ConfigError(
                "--normal and --anomalies were both given; lines of two files have no labels.", "--normal -"
            )
        else:
            parts = (("normal", texts()), ("anomaly", read_texts(anomalies, **how)))
            most, limit = limit, None
            labelled = ((label, text) for label, part in parts for text in islice(part, most))
        return measure_detector(
            cast(AnomalyDetector, model), labelled,
            normal_labels=normal_labels or NORMAL_LABELS, false_alarms=false_alarms, limit=limit,
        )  # fmt: skip
    if task == "classify":
        classifier = cast(Classifier, model)
        how["several"] = classifier.several
        learnt = None if baseline is None else read_labelled(baseline, **how)
        return measure_classifier(
            classifier, read_labelled(sources, **how), learnt=learnt, limit=limit, seed=seed, picture=picture
        )
    if task == "generate":
        return measure(cast(LanguageModel, model), texts(), limit or DEFAULT_LIMIT, seed)
    if task != "fill":
        raise ModelError(
            f"The model's task is {task!r:.80}; "
            "a model of fill, generate, anomaly, translate, summarize or classify can be evaluated.",
            "seqtext models",
        )
    filler = cast(BlankFiller, model)
    if sources and all(is_questions(source) for source in sources):
        return _evaluate_questions(filler, sources, encoding_errors, limit)
    return _evaluate_text(filler, texts, limit or DEFAULT_LIMIT, seed)


def _evaluate_text(model: BlankFiller, texts: Callable[[], Iterable[str]], limit: int, seed: int) -> dict[str, Any]:
    asked = ask(texts(), limit, seed)
    if not asked:
        raise CorpusError("The corpus holds no line with two words or more.", "give lines of text")
    hits1 = hits5 = 0
    nats, confidence, correct = 0.0, [], []
    for one in asked.values():
        fills = model.fill(one.text, top=5)
        words = [fill.blanks[0] for fill in fills]
        hits1 += words[:1] == [one.answer]
        hits5 += one.answer in words
        nats -= model.evidence(one.text, one.answer, ("span",))["span"]
        confidence.append(fills[0].probability if fills else 0.0)
        correct.append(words[:1] == [one.answer])
    count = len(asked)
    return {
        "blanks": count,
        "top1": hits1 / count,
        "top5": hits5 / count,
        "perplexity": float(np.exp(min(50.0, nats / count))),
        "calibration_error": expected_calibration_error(np.array(confidence), np.array(correct)),
        "baseline": _neighbours(texts(), asked),
    }


def _evaluate_questions(
    model: BlankFiller, sources: Sequence[str | Path], encoding_errors: str, limit: int | None
) -> dict[str, Any]:
    right = count = 0
    guessed, confidence, correct = 0.0, [], []
    for source in sources:
        for question in read_questions(source, encoding_errors=encoding_errors):
            if limit is not None and count >= limit:
                break
            best = model.choose(question.text, question.options)[0]
            hit = best.option == question.options[question.answer]
            right, count, guessed = right + hit, count + 1, guessed + 1 / len(question.options)
            confidence.append(best.probability)
            correct.append(hit)
    if not count:
        raise CorpusError("The corpus holds no question.", "give a file with one question per line")
    return {
        "questions": count,
        "accuracy": right / count,
        "calibration_error": expected_calibration_error(np.array(confidence), np.array(correct)),
        "baseline": {"accuracy": guessed / count},
    }


def ask(texts: Iterable[str], limit: int, seed: int) -> dict[int, Asked]:
    """Take one random word out of each of `limit` random lines (reservoir sampling); the key is the line's number."""
    generator = np.random.default_rng(seed)
    kept: list[tuple[int, Asked]] = []
    seen = 0
    for number, text in enumerate(texts):
        words = [] if "__" in text else list(WORD.finditer(text))
        if len(words) < 2:
            continue
        seen += 1
        place = len(kept) if len(kept) < limit else int(generator.integers(seen))
        if place >= limit:
            continue
        k = int(generator.integers(len(words)))
        word = words[k]
        before = words[k - 1].group() if k else ""
        after = words[k + 1].group() if k + 1 < len(words) else ""
        one = Asked(f"{text[: word.start()]}___{text[word.end() :]}", word.group(), before, after)
        kept[place : place + 1] = [(number, one)]
    return dict(sorted(kept, key=lambda item: item[0]))


def _neighbours(texts: Iterable[str], asked: Mapping[int, Asked]) -> dict[str, float]:
    """Fill each blank with the words seen most between its neighbours in the other lines, then beside one of them."""
    wanted = {(one.before, one.after) for one in asked.values()}
    left, right = {one.before for one in asked.values()}, {one.after for one in asked.values()}
    tables: list[defaultdict[Any, Counter[str]]] = [defaultdict(Counter) for _ in range(3)]
    common: Counter[str] = Counter()
    for number, text in enumerate(texts):
        if number in asked:
            continue
        words = ["", *WORD.findall(text), ""]
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
