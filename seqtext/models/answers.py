"""Answer commands as JSON objects, by a record for each command.

A record has the functions to ask a model and to convert an answer. The command line prints the objects, the server
sends them; a task's record names the records of its commands.
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
    """Hold the estimated time of an answer, in units of 50 µs.

    Measured for a single text on a slow core; a batch is faster. character: for each character read; text: for each
    text, or each blank in it.
    """

    character: float
    text: float


def _usual(answering: "Answering", options: Any) -> tuple[str, str]:
    return answering.task, answering.model


@dataclass(frozen=True)
class Answering:
    """Describe a command that answers texts.

    task:    the task whose models answer, a name in `seqtext.tasks.TASKS`; model: the default bundled model, or ""
    given:   the key of a text in the object: "text", "prompt" or "source"
    options: the dataclass of the command's options
    ask:     (model, texts, options) -> the answers in order, for a list or a stream of texts
    tell:    (model, text, answer, options) -> the object; the answer to a blank text is None
    cost:    the time for a text, by which a server shares its time
    blank:   whether a blank text is passed to the model
    alone:   whether a blank text is passed if it comes alone, rather than in a list
    streams: whether an answer can be streamed as it is written
    counts:  whether lines can be judged by their own word counts, without a model
    chosen:  (answering, options) -> the task and the bundled model that options select; task "" for no model
    bundled: adapts options for the bundled model if no model is named
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
        """Answer texts with JSON objects, in order, or InputError each.

        alone: whether each text came alone.
        """
        blank = self.blank or (alone and self.alone)
        asked = [text for text in texts if blank or not is_blank(text)]
        answered = iter(answers_or_faults(lambda some: self.ask(model, some, options), asked))
        answers = [next(answered) if blank or not is_blank(text) else None for text in texts]
        return [
            answer if isinstance(answer, InputError) else plain(self.tell(model, text, answer, options))
            for text, answer in zip(texts, answers, strict=True)
        ]


def answering(command: str) -> Answering:
    """Return a command's record; raises KeyError if it answers no texts."""
    for task in TASKS.values():
        if command in task.commands and task.answers:
            record: Answering = resolve(task.answers)[command]
            return record
    raise KeyError(command)


def _ask_fill(model: Any, texts: Sequence[str], options: FillOptions) -> Sequence[Any]:
    if options.option:
        answers: Sequence[Any] = model.choose(texts, options.option)
    else:
        answers = model.fill(texts, options.top, options.max_words, options.avoid)
    return answers


def _tell_fill(model: Any, text: str, answer: Any, options: FillOptions) -> Json:
    return {"text": text, "options" if options.option else "fills": [fill._asdict() for fill in answer or ()]}


def _ask_cloze(model: Any, texts: Sequence[str], options: ClozeOptions) -> Sequence[Any]:
    exercises: Sequence[Any] = model.cloze(texts, options, options.avoid)
    return exercises


def _tell_cloze(model: Any, text: str, answer: Any, options: ClozeOptions) -> Json:
    from seqtext.models.exercises import Exercise  # only an exercise needs to know how one is written

    told: Json = (answer or Exercise(text, ())).as_json()
    return told


def _ask_generate(model: Any, texts: Sequence[str], options: GenerateOptions) -> Sequence[str]:
    answers: Sequence[str] = model.generate(
        texts, options.length, options.sampling, options.stop, options.seed, options.adapt, options.avoid
    )
    return answers


def _tell_generate(model: Any, text: str, answer: str | None, options: GenerateOptions) -> Json:
    return {"prompt": text, "text": answer or ""}


def _ask_next(model: Any, texts: Sequence[str], options: NextOptions) -> Sequence[Any]:
    answers: Sequence[Any] = model.next(texts, options.top, options.complete, options.avoid)
    return answers


def _tell_next(model: Any, text: str, answer: Any, options: NextOptions) -> Json:
    return {"text": text, "next": [word._asdict() for word in answer or ()]}


def _ask_score(model: Any, texts: Sequence[str], options: ScoreOptions) -> Sequence[Any]:
    answers: Sequence[Any] = model.score(texts, options.adapt)
    return answers


def _tell_score(model: Any, text: str, answer: Any, options: ScoreOptions) -> Json:
    return {
        "text": text, "bits": answer.bits, "bits_per_character": answer.bits_per_character,
        "tokens": [token._asdict() for token in answer.by_characters().tokens],
    }  # fmt: skip


def _ask_anomaly(model: Any, texts: Sequence[str], options: AnomalyOptions) -> Sequence[Any]:
    answers: Sequence[Any] = model.detect(texts, options.threshold)
    return answers


def _tell_anomaly(model: Any, text: str, answer: Any, options: AnomalyOptions) -> Json:
    return {**answer._asdict(), "spans": [span._asdict() for span in answer.spans], **_read(model, text)}


def _read(model: Any, text: str) -> Json:
    """Count the words read and not read; {} if all were read."""
    read, cut = model.words_read(text)
    return {"read": read, "cut": cut} if cut else {}


def _ask_translate(model: Any, texts: Sequence[str], options: TranslateOptions) -> Sequence[Any]:
    answers: Sequence[Any] = model.translate(texts, options.search, options.avoid, **options.more)
    return answers


def _tell_translate(model: Any, text: str, answer: Any, options: TranslateOptions) -> Json:
    told: Json = {
        "source": text,
        "translations": [_written(translation) for translation in answer or ()],
        "unusual": any(translation.unusual for translation in answer or ()),
        "flags": as_json(answer[0].flags) if answer else [],
    }
    if options.alignment:
        wanted = answer and answer[0].text.strip()
        told["alignment"] = alignment_pairs(model.align(text, answer[0].text) if wanted else None)
    return told


def _written(answer: Any) -> Json:
    """Convert a translation to an object, without "unusual", which is reported once for all of them."""
    fields = {name: value for name, value in answer._asdict().items() if name != "unusual"}
    return {**fields, "flags": as_json(answer.flags)}


def _translator(answering: Answering, options: TranslateOptions) -> tuple[str, str]:
    from seqtext.storage.catalog import bundled_for

    return answering.task, bundled_for("translate", options.source or "en", options.target or "fr")


def _ask_summarize(model: Any, texts: Sequence[str], options: SummarizeOptions) -> Sequence[Any]:
    if options.quotes:
        from seqtext.models.summaries import quoted

        return quoted(texts, options.lead, options.sentences, options.max_words)
    answers: Sequence[Any] = model.summarize(
        texts, options.search, options.max_words, options.avoid, **options.where_unusual
    )
    return answers


def _tell_summarize(model: Any, text: str, answer: Any, options: SummarizeOptions) -> Json:
    read, cut = (answer[0].read, answer[0].cut) if answer else (0, 0)
    summaries = [
        {"text": summary.text, "score": summary.score} | ({"shortened": True} if summary.shortened else {})
        for summary in answer or ()
    ]
    told = {name: any(getattr(summary, name) for summary in answer or ()) for name in ("extracted", "unusual")}
    return {"source": text, "summaries": summaries, **told, "read": read, "cut": cut}


def _summarizer(answering: Answering, options: SummarizeOptions) -> tuple[str, str]:
    return ("", "") if options.quotes else (answering.task, answering.model)


def _ask_classify(model: Any, texts: Sequence[str], options: ClassifyOptions) -> Sequence[Any]:
    if options.labels is None:
        answers: Sequence[Any] = model.classify(texts, options.top, options.reject)
    else:
        from seqtext.models.zero_shot import PROMPT, parse_labels

        prompt = PROMPT if options.prompt is None else options.prompt
        answers = model.classify(texts, parse_labels(options.labels), prompt, options.top)
    return answers


def _tell_classify(model: Any, text: str, answer: Any, options: ClassifyOptions) -> Json:
    labels = [{name: value for name, value in label._asdict().items() if value is not None} for label in answer or ()]
    told: Json = {"text": text, "labels": labels}
    if options.labels is not None:
        return {**told, "unusual": None}
    if options.explain:
        told["words"] = [reason._asdict() for reason in (model.explain(text) if answer else [])]
    if model.tells_unusual:
        told["unusual"] = is_unusual(answer)
    return {**told, **_read(model, text)}


def _classifier(answering: Answering, options: ClassifyOptions) -> tuple[str, str]:
    return (answering.task, answering.model) if options.labels is None else ("fill", "fill-en")


def is_unusual(classification: Any) -> bool:
    """Tell whether a classification marks its text as unusual.

    False for a blank text.
    """
    return bool(getattr(classification, "unusual", False))


def alignment_pairs(alignment: "Alignment | None") -> Json:
    """Convert an alignment to words and pairs of indices, for JSON.

    Each target word is paired with the source word of the largest attention: [source, target].

    >>> import numpy as np
    >>> from seqtext.models.seq2seq import Alignment
    >>> weights = np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8], [0.1, 0.7, 0.2]])
    >>> alignment_pairs(Alignment(["a", "red", "car"], ["une", "voiture", "rouge"], weights))
    {'source': ['a', 'red', 'car'], 'target': ['une', 'voiture', 'rouge'], 'pairs': [[0, 0], [2, 1], [1, 2]]}
    """
    if alignment is None or not alignment.source:
        return {"source": [], "target": [], "pairs": []}
    best = alignment.weights.argmax(axis=1).tolist()
    pairs = [[source_index, target_index] for target_index, source_index in enumerate(best)]
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
