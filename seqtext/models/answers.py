"""Answers as JSON objects: one record per command says how its texts are asked, and how an answer is told.

The command line prints these objects, the server sends them; a task's record names its commands' ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from seqtext.errors import InputError
from seqtext.fields import plain
from seqtext.models.flags import as_json
from seqtext.models.many import answers_or_faults
from seqtext.models.options import (
    AnomalyOptions,
    ClassifyOptions,
    ClozeOptions,
    FillOptions,
    GenerateOptions,
    NextOptions,
    ScoreOptions,
    SummarizeOptions,
    TranslateOptions,
    where_unusual_extracted,
)
from seqtext.normalization import is_blank
from seqtext.tasks import TASKS, resolve

if TYPE_CHECKING:
    from seqtext.models.seq2seq import Alignment

Json = dict[str, Any]


class Cost(NamedTuple):
    """How long answers take, about: in units of 50 µs, measured alone on one slow core; in a batch, it is less.

    character: for one that is read; text: for a text, or for each blank of it
    """

    character: float
    text: float


def _usual(answering: "Answering", options: Any) -> tuple[str, str]:
    return answering.task, answering.model


@dataclass(frozen=True)
class Answering:
    """How a command answers texts.

    task:    whose models answer, a name in `seqtext.tasks.TASKS`; model: the bundled one that does by default, or ""
    given:   what a text is called in the object: "text", "prompt" or "source"
    options: the dataclass of what may be asked beside the texts
    ask:     (model, texts, options) -> the answers in order, as the model gives them to a list or a stream of texts
    tell:    (model, text, answer, options) -> the object; an answer of None is that to a blank text
    cost:    how long a text takes, by which a server shares its time
    blank:   whether a text of nothing but white space is asked
    alone:   whether it is where it comes alone, not among others whose places it keeps
    streams: whether a text can be given piece by piece, as it is written
    counts:  whether lines can be judged by counting over themselves, where there is no model
    chosen:  (answering, options) -> the task and the bundled model, where options choose another one; no task where
             no model is asked
    bundled: the options where none is named and the bundled model answers by default
    """

    task: str
    model: str
    given: str
    options: type
    ask: Callable[[Any, Any, Any], Any]
    tell: Callable[[Any, str, Any, Any], Json]
    cost: Cost
    blank: bool = False
    alone: bool = False
    streams: bool = False
    counts: bool = False
    chosen: Callable[["Answering", Any], tuple[str, str]] = _usual
    bundled: Callable[[Any], Any] = lambda options: options

    def answers(
        self, model: Any, texts: Sequence[str], options: Any, *, alone: bool = False
    ) -> list[Json | InputError]:
        """The object of each text, in order, fit for JSON; in its place the InputError of a text at fault.

        alone: whether each of the texts came alone
        """
        blank = self.blank or (alone and self.alone)
        asked = [text for text in texts if blank or not is_blank(text)]
        found = iter(answers_or_faults(lambda some: self.ask(model, some, options), asked))
        answers = [next(found) if blank or not is_blank(text) else None for text in texts]
        return [
            one if isinstance(one, InputError) else plain(self.tell(model, text, one, options))
            for text, one in zip(texts, answers, strict=True)
        ]


def answering(command: str) -> Answering:
    """Return the record of a command; raises KeyError for one that answers no texts."""
    for task in TASKS.values():
        if command in task.commands and task.answers:
            found: Answering = resolve(task.answers)[command]
            return found
    raise KeyError(command)


def _ask_fill(model: Any, texts: Sequence[str], options: FillOptions) -> Sequence[Any]:
    if options.option:
        found: Sequence[Any] = model.choose(texts, options.option)
    else:
        found = model.fill(texts, options.top, options.max_words, options.avoid)
    return found


def _tell_fill(model: Any, text: str, found: Any, options: FillOptions) -> Json:
    return {"text": text, "options" if options.option else "fills": [one._asdict() for one in found or ()]}


def _ask_cloze(model: Any, texts: Sequence[str], options: ClozeOptions) -> Sequence[Any]:
    exercises: Sequence[Any] = model.cloze(texts, options, options.avoid)
    return exercises


def _tell_cloze(model: Any, text: str, found: Any, options: ClozeOptions) -> Json:
    from seqtext.models.exercises import Exercise  # only an exercise needs to know how one is written

    told: Json = (found or Exercise(text, ())).as_json()
    return told


def _ask_generate(model: Any, texts: Sequence[str], options: GenerateOptions) -> Sequence[str]:
    found: Sequence[str] = model.generate(
        texts, options.length, options.sampling, options.stop, options.seed, options.adapt, options.avoid
    )
    return found


def _tell_generate(model: Any, text: str, found: str | None, options: GenerateOptions) -> Json:
    return {"prompt": text, "text": found or ""}


def _ask_next(model: Any, texts: Sequence[str], options: NextOptions) -> Sequence[Any]:
    found: Sequence[Any] = model.next(texts, options.top, options.complete, options.avoid)
    return found


def _tell_next(model: Any, text: str, found: Any, options: NextOptions) -> Json:
    return {"text": text, "next": [word._asdict() for word in found or ()]}


def _ask_score(model: Any, texts: Sequence[str], options: ScoreOptions) -> Sequence[Any]:
    found: Sequence[Any] = model.score(texts, options.adapt)
    return found


def _tell_score(model: Any, text: str, found: Any, options: ScoreOptions) -> Json:
    return {
        "text": text, "bits": found.bits, "bits_per_character": found.bits_per_character,
        "tokens": [token._asdict() for token in found.tokens],
    }  # fmt: skip


def _ask_anomaly(model: Any, texts: Sequence[str], options: AnomalyOptions) -> Sequence[Any]:
    found: Sequence[Any] = model.detect(texts, options.threshold)
    return found


def _tell_anomaly(model: Any, text: str, found: Any, options: AnomalyOptions) -> Json:
    return {**found._asdict(), "spans": [span._asdict() for span in found.spans], **_read(model, text)}


def _read(model: Any, text: str) -> Json:
    """How many words of a text were read, and how many were not; nothing where all were."""
    read, cut = model.words_read(text)
    return {"read": read, "cut": cut} if cut else {}


def _ask_translate(model: Any, texts: Sequence[str], options: TranslateOptions) -> Sequence[Any]:
    found: Sequence[Any] = model.translate(texts, options.search, options.avoid, **options.more)
    return found


def _tell_translate(model: Any, text: str, found: Any, options: TranslateOptions) -> Json:
    told: Json = {
        "source": text,
        "translations": [_written(one) for one in found or ()],
        "unusual": any(one.unusual for one in found or ()),
        "flags": as_json(found[0].flags) if found else [],
    }
    if options.alignment:
        wanted = found and found[0].text.strip()
        told["alignment"] = alignment_pairs(model.align(text, found[0].text) if wanted else None)
    return told


def _written(answer: Any) -> Json:
    """A translation as an object; whether its text is unusual is said once for all of them."""
    fields = {name: value for name, value in answer._asdict().items() if name != "unusual"}
    return {**fields, "flags": as_json(answer.flags)}


def _translator(answering: Answering, options: TranslateOptions) -> tuple[str, str]:
    from seqtext.storage.catalog import bundled_for

    return answering.task, bundled_for("translate", options.source or "en", options.target or "fr")


def _ask_summarize(model: Any, texts: Sequence[str], options: SummarizeOptions) -> Sequence[Any]:
    if options.quotes:
        from seqtext.models.summaries import quoted

        return quoted(texts, options.lead, options.sentences, options.max_words)
    found: Sequence[Any] = model.summarize(
        texts, options.search, options.max_words, options.avoid, **options.where_unusual
    )
    return found


def _tell_summarize(model: Any, text: str, found: Any, options: SummarizeOptions) -> Json:
    read, cut = (found[0].read, found[0].cut) if found else (0, 0)
    summaries = [
        {"text": one.text, "score": one.score} | ({"shortened": True} if one.shortened else {}) for one in found or ()
    ]
    told = {name: any(getattr(one, name) for one in found or ()) for name in ("extracted", "unusual")}
    return {"source": text, "summaries": summaries, **told, "read": read, "cut": cut}


def _summarizer(answering: Answering, options: SummarizeOptions) -> tuple[str, str]:
    return ("", "") if options.quotes else (answering.task, answering.model)


def _ask_classify(model: Any, texts: Sequence[str], options: ClassifyOptions) -> Sequence[Any]:
    if options.labels is None:
        found: Sequence[Any] = model.classify(texts, options.top, options.reject)
    else:
        from seqtext.models.zero_shot import PROMPT, parse_labels

        prompt = PROMPT if options.prompt is None else options.prompt
        found = model.classify(texts, parse_labels(options.labels), prompt, options.top)
    return found


def _tell_classify(model: Any, text: str, found: Any, options: ClassifyOptions) -> Json:
    labels = [{name: value for name, value in label._asdict().items() if value is not None} for label in found or ()]
    told: Json = {"text": text, "labels": labels}
    if options.labels is not None:
        return {**told, "unusual": None}
    if options.explain:
        told["words"] = [reason._asdict() for reason in (model.explain(text) if found else [])]
    if model.tells_unusual:
        told["unusual"] = is_unusual(found)
    return {**told, **_read(model, text)}


def _classifier(answering: Answering, options: ClassifyOptions) -> tuple[str, str]:
    return (answering.task, answering.model) if options.labels is None else ("fill", "fill-en")


def is_unusual(found: Any) -> bool:
    """Whether a classification says that its text is unlike those learnt from; that of a blank text does not."""
    return bool(getattr(found, "unusual", False))


def alignment_pairs(alignment: "Alignment | None") -> Json:
    """For JSON: both sides' words; for each target word, the index of the word that it looked at most, and its own.

    >>> import numpy as np
    >>> from seqtext.models.seq2seq import Alignment
    >>> weights = np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8], [0.1, 0.7, 0.2]])
    >>> alignment_pairs(Alignment(["a", "red", "car"], ["une", "voiture", "rouge"], weights))
    {'source': ['a', 'red', 'car'], 'target': ['une', 'voiture', 'rouge'], 'pairs': [[0, 0], [2, 1], [1, 2]]}
    """
    if alignment is None or not alignment.source:
        return {"source": [], "target": [], "pairs": []}
    best = alignment.weights.argmax(axis=1).tolist()
    pairs = [[place, number] for number, place in enumerate(best)]
    return {"source": alignment.source, "target": alignment.target, "pairs": pairs}


_COST = Cost(1, 300)  # of most commands

FILL: Mapping[str, Answering] = {
    "fill": Answering("fill", "fill-en", "text", FillOptions, _ask_fill, _tell_fill, _COST, alone=True),
    "cloze": Answering("fill", "fill-en", "text", ClozeOptions, _ask_cloze, _tell_cloze, _COST, alone=True),
}
GENERATE: Mapping[str, Answering] = {
    "generate": Answering("generate", "generate-en", "prompt", GenerateOptions, _ask_generate, _tell_generate, _COST,
                          blank=True, streams=True),
    "next": Answering("generate", "generate-en", "text", NextOptions, _ask_next, _tell_next, Cost(1, 600),
                      alone=True),
    "score": Answering("generate", "generate-en", "text", ScoreOptions, _ask_score, _tell_score, Cost(5, 200),
                       blank=True),
}  # fmt: skip
ANOMALY: Mapping[str, Answering] = {
    "anomaly": Answering("anomaly", "", "text", AnomalyOptions, _ask_anomaly, _tell_anomaly, _COST,
                         blank=True, counts=True),
}  # fmt: skip
TRANSLATE: Mapping[str, Answering] = {
    "translate": Answering("translate", "translate-en-fr", "source", TranslateOptions, _ask_translate, _tell_translate,
                           Cost(40, 200), chosen=_translator),
}  # fmt: skip
SUMMARIZE: Mapping[str, Answering] = {
    "summarize": Answering("summarize", "summarize-en", "source", SummarizeOptions, _ask_summarize, _tell_summarize,
                           Cost(1, 5000), chosen=_summarizer, bundled=where_unusual_extracted),
}  # fmt: skip
CLASSIFY: Mapping[str, Answering] = {
    "classify": Answering("classify", "language-id", "text", ClassifyOptions, _ask_classify, _tell_classify, _COST,
                          chosen=_classifier),
}  # fmt: skip
