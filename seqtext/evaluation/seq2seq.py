"""Evaluate translators and summarizers beside copies, leads and extracts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from seqtext.config import SearchConfig
from seqtext.data.sampling import reservoir_sample
from seqtext.data.sentences import count_words, join_sentences, lead, lead_sentences, sentences_of
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.evaluation.corpus import Corpus
from seqtext.evaluation.intervals import FEWEST, Interval, intervals, parts
from seqtext.evaluation.metrics import ROUGE, bleu, chrf, rouge, rouge_of_each
from seqtext.models.lexrank import extract
from seqtext.models.summarizer import Summarizer
from seqtext.models.translator import Translator

PairRow = Mapping[str, str]  # source and target


def measure_translator(
    model: Translator,
    rows: Iterable[PairRow],
    *,
    limit: int | None = None,
    seed: int = 1,
    output: str | Path | None = None,
    search: SearchConfig | None = None,
) -> dict[str, Any]:
    """Measure a translator and a copying baseline on source–target rows.

    limit:  of more rows than that, so many random ones are measured
    output: a file to which the translations are written, one per line, see `DrawnPairs.in_place`
    search: the search settings; None takes the model's own

    Returns sentences (rows); bleu with its bleu_signature, of the text as it is; chrf; bleu_lowercased, the way most
    papers quote it; "intervals" of these; "skipped", the number of incomplete rows; "baseline", the scores of copying
    the source. A source that comes with several targets counts once with each. Raises CorpusError without a whole row,
    ConfigError where the file cannot be written, SeqtextError without sacreBLEU.
    """
    drawn = DrawnPairs.of(rows, limit, seed)
    sources, targets = drawn.sources, drawn.targets
    copied = translation_scores(sources, targets)  # first, because it fails at once where sacreBLEU is not installed
    with opened(output) as file:
        translations = model.translate(sources) if search is None else model.translate(sources, search)
        texts = [hypotheses[0].text for hypotheses in translations]
        write_lines(file, drawn.in_place(texts))
    scores = translation_scores(texts, targets)
    signature = {"bleu_signature": bleu(texts, targets)["signature"]}
    counts = {"sentences": len(sources), **drawn.skipped}
    return {
        **counts,
        **scores,
        **signature,
        "intervals": translation_intervals(texts, targets),
        "baseline": {"copy": copied},
    }


def translation_scores(texts: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
    """Compute BLEU, lower-cased BLEU and chrF of translations.

    BLEU (Papineni et al. 2002) and chrF2 (Popović 2015), from 0 to 100, are those of sacreBLEU (Post 2018) with one
    reference; nan without texts. Raises InputError where there are not as many targets as texts, and
    SeqtextError without sacreBLEU.
    """
    return {
        "bleu": bleu(texts, targets)["bleu"],
        "bleu_lowercased": bleu(texts, targets, lowercase=True)["bleu"],
        "chrf": chrf(texts, targets)["chrf"],
    }


def translation_intervals(texts: Sequence[str], targets: Sequence[str]) -> dict[str, Interval]:
    """Estimate the intervals of translation scores by sacreBLEU's bootstrap.

    1,000 resamples; of more than 2,000 translations fewer, at least 100, because sacreBLEU holds all of them in memory.
    Empty for fewer than 20 translations, see `seqtext.evaluation.intervals`.
    """
    if len(texts) < FEWEST:
        return {}
    resamples = min(1_000, max(100, 2_000_000 // len(texts)))
    return {
        "bleu": bleu(texts, targets, resamples=resamples)["interval"],
        "bleu_lowercased": bleu(texts, targets, lowercase=True, resamples=resamples)["interval"],
        "chrf": chrf(texts, targets, resamples=resamples)["interval"],
    }


def measure_summarizer(
    model: Summarizer,
    rows: Iterable[PairRow],
    *,
    limit: int | None = None,
    seed: int = 1,
    output: str | Path | None = None,
    search: SearchConfig | None = None,
) -> dict[str, Any]:
    """Measure a summarizer and three extractive baselines on document–summary rows.

    Returns texts (rows); rouge1, rouge2, rougeL (see `seqtext.evaluation.metrics.rouge`), their "intervals"; words, the
    mean length of a summary; "baseline". Baselines: "lead sentences", the document's first sentences, as many as a
    target has on average; "lead of the same length", its first words, as many as a target has on average; "extract",
    that many most central sentences. Their lengths are rounded, at least 1. limit, output, search, CorpusError and
    ConfigError: as for `measure_translator`.
    """
    drawn = DrawnPairs.of(rows, limit, seed)
    sources, targets = drawn.sources, drawn.targets
    with opened(output) as file:
        summaries = model.summarize(sources) if search is None else model.summarize(sources, search)
        texts = [hypotheses[0].text for hypotheses in summaries]
        write_lines(file, drawn.in_place(texts))
    words = max(1, round(float(np.mean([count_words(text) for text in targets]))))
    count = max(1, round(float(np.mean([len(sentences_of(text)) for text in targets]))))
    baselines = {
        "lead sentences": [lead_sentences(text, count) for text in sources],
        "lead of the same length": [lead(text, words) for text in sources],
        "extract": [join_sentences(extract(text, count)) for text in sources],
    }
    return {
        "texts": len(sources),
        **drawn.skipped,
        **summary_scores(texts, targets),
        "intervals": summary_intervals(texts, targets),
        "baseline": {name: summary_scores(answers, targets) for name, answers in baselines.items()},
    }


def summary_scores(texts: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
    """Compute ROUGE and the mean length in words of summaries.

    ROUGE is in percent, see `seqtext.evaluation.metrics.rouge`.
    """
    return {**rouge(texts, targets), "words": float(np.mean([count_words(text) for text in texts]))}


def summary_intervals(texts: Sequence[str], targets: Sequence[str]) -> dict[str, Interval]:
    """Estimate the intervals of ROUGE scores in percent.

    See `seqtext.evaluation.intervals`.
    """
    spans = intervals(dict(zip(ROUGE, map(parts, rouge_of_each(texts, targets).T), strict=True)))
    return {name: [100 * end for end in ends] for name, ends in spans.items()}


class DrawnPairs(NamedTuple):
    """Hold the sampled pairs and mark the complete rows of the corpus.

    sources, targets: of the pairs, without white space around them
    """

    sources: list[str]
    targets: list[str]
    whole: list[bool]  # of every row of the corpus, False where source or target is blank

    @classmethod
    def of(cls, rows: Iterable[PairRow], limit: int | None, seed: int) -> "DrawnPairs":
        """Sample `limit` complete pairs, or take all, in order.

        Raises CorpusError where there is none.
        """
        whole: list[bool] = []

        def pairs() -> Iterator[PairRow]:
            for row in rows:
                whole.append(all(row[field].strip() for field in ("source", "target")))
                if whole[-1]:
                    yield row

        drawn = reservoir_sample(pairs(), limit, seed)
        if not drawn:
            raise CorpusError("The corpus holds no pair of source and target.", "give lines source<TAB>target")
        sources, targets = ([row[field].strip() for row in drawn] for field in ("source", "target"))
        return cls(sources, targets, whole)

    @property
    def skipped(self) -> dict[str, int]:
        """Return the number of incomplete rows as "skipped", if there are any."""
        count = self.whole.count(False)
        return {"skipped": count} if count else {}

    def in_place(self, texts: Sequence[str]) -> list[str]:
        """Align answers with the corpus rows, "" for each incomplete row.

        Of a sample, the answers alone are returned.
        """
        if len(texts) < sum(self.whole):
            return list(texts)
        answers = iter(texts)
        return [next(answers) if whole else "" for whole in self.whole]


@contextmanager
def opened(path: str | Path | None) -> Iterator[TextIO | None]:
    """Open the output file before any long work begins.

    Gives None without a path. Raises ConfigError where the file cannot be written.
    """
    if path is None:
        yield None
        return
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            yield file
    except OSError as error:
        message = f"{argument('output')} received {str(path)!r}, which cannot be written: {error.strerror or error}."
        raise ConfigError(message, arguments(output="answers.txt")) from error


def write_lines(file: TextIO | None, texts: Sequence[str]) -> None:
    """Write texts to a file, one per line.

    A line break in a text becomes a space. Without a file nothing is written.
    """
    if file is not None:
        file.writelines(" ".join(text.splitlines()) + "\n" for text in texts)


def evaluate_translator(
    model: Translator, corpus: Corpus, *, output: str | Path | None = None, search: SearchConfig | None = None
) -> dict[str, Any]:
    """Evaluate a translator beside copied sources.

    Measures all pairs, or `limit` random ones; see `measure_translator`. Raises ConfigError if `output` is the corpus.
    """
    _check_output(output, corpus)
    return measure_translator(model, corpus.pairs(), limit=corpus.limit, seed=corpus.seed, output=output, search=search)


def evaluate_summarizer(
    model: Summarizer, corpus: Corpus, *, output: str | Path | None = None, search: SearchConfig | None = None
) -> dict[str, Any]:
    """Evaluate a summarizer beside leads and extracts.

    Measures all pairs, or `limit` random ones; see `measure_summarizer`. Raises ConfigError if `output` is the corpus.
    """
    _check_output(output, corpus)
    return measure_summarizer(model, corpus.pairs(), limit=corpus.limit, seed=corpus.seed, output=output, search=search)


def _check_output(output: str | Path | None, corpus: Corpus) -> None:
    """Raise ConfigError where answers would overwrite the corpus."""
    if output is not None and Path(output).resolve() in (Path(source).resolve() for source in corpus.sources):
        raise ConfigError(
            f"{argument('output')} received {str(output)!r}, the corpus itself.", arguments(output="answers.txt")
        )
