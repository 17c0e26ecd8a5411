"""Measuring a model: what is asked, what is counted, what it is compared with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from builders import Parrot
from seqtext.config import SearchConfig
from seqtext.data.sessions import Grouping
from seqtext.errors import ConfigError, CorpusError, ModelError
from seqtext.evaluation.evaluate import evaluate
from seqtext.models.anomaly_detector import Evidence
from seqtext.models.label_names import LabelNames
from seqtext.models.language_model import Forecast, Score, TokenScore
from seqtext.models.summaries import Summary
from seqtext.models.translator import Translation
from seqtext.tasks import TASKS


class Clerk:
    """Knows nine words; finds 2 bits in every character and 4 characters in every token."""

    task = "generate"

    def score(self, text: str, *, as_typed: bool) -> Score:
        assert as_typed
        tokens = [TokenScore(text[k : k + 4], k, k + 4, 8.0) for k in range(0, len(text), 4)]
        return Score(text, 2.0 * len(text), 2.0, 256.0, tokens)

    def score_lines(self, lines: Sequence[str]) -> tuple[float, int, NDArray[np.float64]]:
        of_lines = np.array([(len(line) + 1.0, (len(line) + 1) / 4) for line in lines])
        return float(of_lines[:, 0].sum()), int(of_lines[:, 1].sum()), of_lines

    def next(self, text: str, top: int = 5, complete: bool = False) -> list[Forecast]:
        typed = text.split(" ")[-1] if complete else ""
        words = [word for word in ["the", "cat", "car", "cow", "dog", "a", "is", "in", "on"] if word.startswith(typed)]
        return [Forecast(word, 0.1) for word in words[:top]]


@pytest.mark.parametrize("limit", [0, -1])
@pytest.mark.parametrize("line", ["dog dog", '{"question": "A ___.", "options": ["a", "b"], "answer": 0}'])
def test_a_limit_that_leaves_nothing_is_refused(tmp_path: Path, line: str, limit: int) -> None:
    path = tmp_path / ("questions.jsonl" if line.startswith("{") else "text.txt")
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as fault:
        evaluate(Parrot(), path, limit=limit)  # type: ignore[arg-type]
    assert fault.value.message == f"limit received {limit}; accepted is at least 1."
    assert fault.value.hint == "limit=2000"


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as fault:
        evaluate(Parrot(), tmp_path, seed=-1)  # type: ignore[arg-type]
    assert fault.value.message == "seed received -1; a whole number from 0 is accepted."


@pytest.mark.parametrize("by_line", [False, True])
def test_a_language_model_is_measured(tmp_path: Path, by_line: bool) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the cow\n\n  \n" * 40, encoding="utf-8")
    scores = evaluate(Clerk(), path, by_line=by_line)  # type: ignore[arg-type]
    baseline = scores.pop("baseline")
    read = {"texts": 120, "characters": 480, "read_as": "one text", "bits_per_character": 1.0, "perplexity": 16.0}
    if by_line:
        read = {"texts": 40, "characters": 320, "read_as": "lines", "bits_per_character": 2.0, "perplexity": 256.0}
    assert scores == {
        **read,
        "intervals": {name: pytest.approx([read[name]] * 2) for name in ("bits_per_character", "perplexity")},
        "next_top1": 0.5,
        "next_top3": 0.5,
        "keystroke_savings": 0.625,  # "the" takes 1 keystroke, "cow" 2, instead of 4 each
    }
    assert list(baseline) == ["bits_per_character", "next_top1", "next_top3", "keystroke_savings"]
    assert baseline["bits_per_character"] < 0.5
    assert (baseline["next_top1"], baseline["next_top3"], baseline["keystroke_savings"]) == (1.0, 1.0, 0.75)


def test_a_language_model_reads_columns_and_counts_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "text.csv"
    path.write_text("a,b\n" + "x,the dog is in\n" * 30, encoding="utf-8")
    scores = evaluate(Clerk(), [path], columns={"text": "b"}, limit=7)  # type: ignore[arg-type]
    assert (scores["texts"], scores["characters"]) == (7, 7 * 14)


def test_what_was_noticed_or_left_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the cow\n" * 40, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"\xff\n")
    scores = evaluate(Clerk(), tmp_path)  # type: ignore[arg-type]
    assert scores["notes"] == [f"left out: {tmp_path}/b.txt, line 1, column 1: the byte 0xFF is not UTF-8"]
    with pytest.raises(CorpusError, match="not UTF-8"):
        evaluate(Clerk(), tmp_path, on_error="stop")  # type: ignore[arg-type]
    assert "notes" not in evaluate(Clerk(), tmp_path / "a.txt")  # type: ignore[arg-type]


def test_wrapped_lines_are_joined_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the\ncow\n\n" * 40, encoding="utf-8")
    joined, lines = (evaluate(Clerk(), tmp_path, by_line=True, paragraphs=one)["texts"] for one in (True, False))  # type: ignore[arg-type]
    assert (joined, lines) == (40, 80)


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_that_leaves_no_line_is_refused(tmp_path: Path, limit: int) -> None:
    with pytest.raises(ConfigError, match=f"limit received {limit}; accepted is at least 1"):
        evaluate(Clerk(), tmp_path, limit=limit)  # type: ignore[arg-type]


def test_a_corpus_without_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "blank.txt"
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(CorpusError, match="holds no text"):
        evaluate(Clerk(), path)  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["parse", None])
def test_a_model_of_another_task_is_refused(tmp_path: Path, task: str | None) -> None:
    model = type("Model", (), {"task": task} if task else {})()
    with pytest.raises(ModelError) as fault:
        evaluate(model, tmp_path)
    *others, last = TASKS
    known = f"{', '.join(others)} or {last}"
    assert fault.value.message == f"The model's task is {task!r}; a model of {known} can be evaluated."
    assert fault.value.hint == "seqtext models"


class Guard:
    """A detector to which a text is as odd as it is long."""

    task, threshold, false_alarms = "anomaly", 5.0, 0.1
    grouping, templates = Grouping(), None
    held_out = np.array([[3.0, 0.0, 0.0], [4.0, 0.0, 0.0]])

    def evidence(self, texts):
        return [Evidence(float(len(text)), 0.0, 0.0, ()) for text in texts]

    def scores(self, rows):
        return rows[:, 0]

    def counted(self, rows):
        return rows[:, 1]


def test_a_detector_is_measured_on_labels(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text(
        '{"label": 0, "events": [5, 22]}\n{"label": 1, "events": ["a", 7, 11]}\n{"label": "", "events": "abc"}\n'
    )
    found = evaluate(Guard(), path, columns={"text": "events"}, false_alarms=0.5)  # type: ignore[arg-type]
    assert (found["lines"], found["anomalies"], found["f1"], found["false_alarms"]) == (3, 1, 1.0, 0.5)
    assert found["baseline"]["auroc"] == 0.5
    with pytest.raises(CorpusError, match="no normal line"):
        evaluate(Guard(), path, columns={"text": "events"}, normal_labels=["fine"])  # type: ignore[arg-type]


def test_a_detector_is_measured_on_two_files(tmp_path: Path) -> None:
    (tmp_path / "normal.log").write_text("one\nfour\nsix\n")
    (tmp_path / "odd.log").write_text("eleven\ntwelve\nup\n")
    files: Any = (tmp_path / "normal.log", tmp_path / "odd.log")
    found = evaluate(Guard(), files[0], anomalies=files[1])  # type: ignore[arg-type]
    assert (found["lines"], found["recall"], found["false_positive_rate"]) == (6, 2 / 3, 0.0)
    found = evaluate(Guard(), files[0], anomalies=[files[1]], limit=1)  # type: ignore[arg-type]
    assert (found["lines"], found["anomalies"]) == (2, 1)
    with pytest.raises(ConfigError, match="both given"):
        evaluate(Guard(), files[0], anomalies=files[1], normal_labels=["-"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["anomalies", "normal_labels", "false_alarms"])
def test_settings_of_a_detector_are_refused_for_others(tmp_path: Path, name: str) -> None:
    given: dict[str, Any] = {name: 0.0 if name == "false_alarms" else ["x"]}
    with pytest.raises(ConfigError, match="only a detector of anomalies takes it"):
        evaluate(Clerk(), tmp_path, **given)  # type: ignore[arg-type]


class Copyist:
    """Answers with the source."""

    task = "translate"

    def translate(self, texts, search=None):
        return [[Translation(text, 0.0)] for text in texts]

    def summarize(self, texts, search=None):
        return [[Summary(text, 0.0, len(text.split()), 0)] for text in texts]


class Abstracter(Copyist):
    task = "summarize"


def test_a_translator_is_measured_on_parallel_files_and_on_columns(tmp_path: Path) -> None:
    (tmp_path / "a.en").write_text("one two three four\nfive\n")
    (tmp_path / "a.de").write_text("one two three four\nsix\n")
    found = evaluate(Copyist(), [tmp_path / "a.en", tmp_path / "a.de"], search=SearchConfig())  # type: ignore[arg-type]
    assert found["sentences"] == 2
    assert found["bleu"] == found["baseline"]["copy"]["bleu"] > 80
    (tmp_path / "a.csv").write_text("en,de,xx\n" + "".join(f"w{k},w{k},-\n" for k in range(9)))
    output = tmp_path / "out.txt"
    how: dict[str, Any] = {"columns": {"source": "de", "target": "xx"}, "limit": 3, "output": output}
    found = evaluate(Copyist(), tmp_path / "a.csv", **how)  # type: ignore[arg-type]
    assert (found["sentences"], found["chrf"], len(output.read_text().splitlines())) == (3, 0.0, 3)
    assert evaluate(Copyist(), tmp_path / "a.csv", **how) == found  # type: ignore[arg-type]


def test_a_summarizer_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("It rained a lot. Nobody came.\tIt rained.\n")
    found = evaluate(Abstracter(), str(path))  # type: ignore[arg-type]
    assert (found["texts"], found["words"]) == (1, 6.0)
    assert found["baseline"]["lead of the same length"]["rouge1"] == 100


@pytest.mark.parametrize("model", [Parrot(), Clerk(), Guard()])
@pytest.mark.parametrize(("name", "value"), [("output", "out.txt"), ("search", SearchConfig())])
def test_settings_of_a_translator_are_refused_for_others(tmp_path: Path, model: Any, name: str, value: Any) -> None:
    with pytest.raises(ConfigError) as fault:
        evaluate(model, tmp_path, **{name: value})
    told = f"was given for a model of {model.task!r}; only a translator or a summarizer takes it."
    assert (fault.value.message, fault.value.hint) == (f"{name} {told}", f"leave {name} out")
    assert fault.value.typed() == (f"--{name} {told}", f"leave --{name} out")


def test_the_corpus_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.tsv").write_text("x\ty\n")
    with pytest.raises(ConfigError, match="the corpus itself"):
        evaluate(Copyist(), tmp_path / "a.tsv", output="a.tsv")  # type: ignore[arg-type]
    assert Path("a.tsv").read_text() == "x\ty\n"


@pytest.mark.parametrize("model", [Copyist(), Abstracter()])
def test_settings_of_a_detector_are_refused_for_translators(tmp_path: Path, model: Any) -> None:
    with pytest.raises(ConfigError, match="only a detector of anomalies takes it"):
        evaluate(model, tmp_path, anomalies="a.txt")


def test_labels_that_are_missing_are_named(tmp_path: Path) -> None:
    path = tmp_path / "lines.tsv"
    path.write_text("-\tfine\nno label here\n")
    with pytest.raises(CorpusError) as caught:
        evaluate(Guard(), path)  # type: ignore[arg-type]
    assert caught.value.message.endswith('lines.tsv, line 2: expected "label<TAB>text", found 1 column.')


def test_a_classifier_is_measured_on_rows_of_label_and_text(tmp_path: Path) -> None:
    class Told:
        task, labels, several, names = "classify", ("bad", "good"), False, LabelNames()

        def log_probs(self, texts: list[str]) -> np.ndarray:
            return np.log(np.array([[0.1, 0.9] if "lovely" in text else [0.8, 0.2] for text in texts]))

    path, learnt = tmp_path / "a.tsv", tmp_path / "b.tsv"
    path.write_text("good\ta lovely day\nbad\ta dull day\nbad\tlovely and dull\n", encoding="utf-8")
    learnt.write_text("good\tlovely\nbad\tdull\nbad\tdull and so\n", encoding="utf-8")
    found = evaluate(Told(), path, baseline=learnt)  # type: ignore[arg-type]
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["baseline"]["usual label"]["accuracy"] == pytest.approx(2 / 3)
    assert found["baseline"]["naive bayes"]["accuracy"] == 1.0
    for name, takers in (("baseline", "a classifier"), ("picture", "a detector of anomalies or a classifier")):
        with pytest.raises(ConfigError, match=f"{name} was given .* only {takers} takes it"):
            evaluate(Clerk(), path, **{name: learnt})  # type: ignore[arg-type]
