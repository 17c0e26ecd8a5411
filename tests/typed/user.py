"""A user's file: every class, function and config of seqtext, as a type checker sees an installed one.

Checked by tests/test_types.py, never run. `assert_type` fails for any other type than the one it names, Any too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

import seqtext
from seqtext import (
    Anomaly,
    AnomalyDetector,
    BlankFiller,
    Choice,
    Classification,
    Classifier,
    ClozeConfig,
    Exercise,
    Fill,
    Forecast,
    InputError,
    LanguageModel,
    SamplingConfig,
    Score,
    SearchConfig,
    SeqtextError,
    Similar,
    Summarizer,
    Summary,
    Tokenizer,
    Translation,
    Translator,
    WordVectors,
)

TEXTS = ["The quick brown ___ jumped.", "A ___ of tea."]


def lines(path: Path) -> Iterator[str]:
    """Any iterable that is no list gives an iterator of answers."""
    with path.open(encoding="utf-8") as file:
        yield from file


def load_by_name() -> None:
    assert_type(seqtext.load("fill-en"), BlankFiller)
    assert_type(seqtext.load("generate-en"), LanguageModel)
    assert_type(seqtext.load("translate-en-de"), Translator)
    assert_type(seqtext.load("translate-en-fr"), Translator)
    assert_type(seqtext.load("summarize-en"), Summarizer)
    assert_type(seqtext.load("language-id"), Classifier)


def load_by_task(run: Path, name: str) -> None:
    assert_type(seqtext.load("fill-en", "fill"), BlankFiller)
    assert_type(seqtext.load(run, "fill"), BlankFiller)
    assert_type(seqtext.load(name, "generate"), LanguageModel)
    assert_type(seqtext.load("user/name", "translate", revision="v1"), Translator)
    assert_type(seqtext.load("user/name@v1", task="summarize"), Summarizer)
    assert_type(seqtext.load(run, "classify"), Classifier)
    assert_type(seqtext.load("runs/log", "anomaly"), AnomalyDetector)


def load_what_is_not_known(name: str, task: str) -> None:
    assert_type(seqtext.load(name), Any)
    assert_type(seqtext.load(name, task), Any)


def fill(model: BlankFiller, path: Path) -> list[str]:
    assert_type(model.fill("A ___ of tea.", top=3, avoid=["cup"]), list[Fill])
    assert_type(model.fill(TEXTS), list[list[Fill]])
    assert_type(model.fill(lines(path), max_words=2), Iterator[list[Fill]])
    assert_type(model.choose("A ___ of tea.", ["cup", "cow"]), list[Choice])
    assert_type(model.choose(TEXTS, ["cup", "cow"]), list[list[Choice]])
    assert_type(model.classify("Fine.", ["good", "bad"], "It was ___."), Classification)
    assert_type(model.classify(TEXTS, ["good", "bad"]), list[Classification])
    best = model.fill("A ___ of tea.")[0]
    assert_type(best.probability, float)
    return [best.text, *best.blanks]


def cloze(model: BlankFiller) -> None:
    assert_type(model.cloze("The lamp was lit.", ClozeConfig(options=3)), Exercise)
    assert_type(model.cloze(TEXTS, avoid=["lamp"]), list[Exercise])


def generate(model: LanguageModel, path: Path) -> str:
    assert_type(model.generate(), str)
    assert_type(model.generate(TEXTS, 80, SamplingConfig(temperature=0.5), seed=1), list[str])
    assert_type(model.generate(lines(path)), Iterator[str])
    assert_type(model.stream("Once", stop=["."]), Iterator[str])
    assert_type(model.next("Once upon a", top=3), list[Forecast])
    assert_type(model.next(TEXTS), list[list[Forecast]])
    assert_type(model.score("Once.", adapt=True), Score)
    assert_type(model.score(TEXTS), list[Score])
    assert_type(model.score(lines(path)), Iterator[Score])
    return "".join(token.text for token in model.score("Once.").tokens)


def translate(model: Translator, path: Path) -> str:
    assert_type(model.translate("Thank you.", SearchConfig(beam=3, n_best=2)), list[Translation])
    assert_type(model.translate(TEXTS, glossary={"tea": "Tee"}, marks="none"), list[list[Translation]])
    assert_type(model.translate(lines(path)), Iterator[list[Translation]])
    assert_type(model.translate_document("# Tea\n\nThank you."), Iterator[Translation])
    assert_type(model.languages, tuple[str, str])
    return model.translate("Thank you.")[0].text


def summarize(model: Summarizer, path: Path) -> str:
    assert_type(model.summarize("Long.", max_words=12), list[Summary])
    assert_type(model.summarize(TEXTS, extract_unusual=3), list[list[Summary]])
    assert_type(model.summarize(lines(path)), Iterator[list[Summary]])
    return model.summarize("Long.")[0].text


def classify(model: Classifier, path: Path) -> str:
    assert_type(model.classify("A fine film.", top=2), Classification)
    assert_type(model.classify(TEXTS, reject=True), list[Classification])
    assert_type(model.classify(lines(path)), Iterator[Classification])
    assert_type(model.classify("A fine film.").unusual, bool | None)
    for reason in model.explain("A fine film."):
        assert_type(reason.weight, float)
    return model.classify("A fine film.")[0].label


def detect(model: AnomalyDetector, path: Path) -> list[str]:
    assert_type(model.detect("disk full"), Anomaly)
    assert_type(model.detect(TEXTS, threshold=2.0), list[Anomaly])
    assert_type(model.detect(lines(path), batch=1), Iterator[Anomaly])
    for taught in model.accept(["disk full"]):
        assert_type(taught.accepted, bool)
    return [one.text for one in model.detect(lines(path)) if one.anomalous]


def what_all_have(model: BlankFiller, folder: Path) -> None:
    assert_type(model.similar("tea"), list[Similar])
    assert_type(model.similar(["tea", "cup"]), list[list[Similar]])
    assert_type(model.vectors, WordVectors)
    assert_type(model.tokenizer, Tokenizer)
    assert_type(model.folder, Path | None)
    model.save(folder, "int8")


def learn(folder: Path) -> None:
    for event in seqtext.train("classify", ["a.tsv", Path("b.tsv")], folder, minutes=1.0, seed=3):
        print(event)
    model = seqtext.load(folder, "classify")
    metrics = seqtext.evaluate(model, "held-out.tsv", limit=100)
    assert_type(metrics, dict[str, Any])
    for found in seqtext.compare("classify", "a.tsv", folder / "ladder", minutes=0.5, rungs=["bag"]):
        print(found)
    if not seqtext.check("a.tsv", "classify").findings:
        assert_type(seqtext.push(folder, "user/name", private=True), str)
    seqtext.answer_table("mails.csv", model.classify, "labelled.csv", top=1)


def faults(model: BlankFiller) -> str:
    try:
        return model.fill("no blank")[0].text
    except InputError as error:
        return f"{error.message} {error.hint}"
    except SeqtextError as error:
        return str(error)
