"""What answers add to a table: names, types, cells; which cells are asked."""

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from seqtext.errors import ConfigError, InputError
from seqtext.integrations.columns import COLUMNS, columns_of, free_names, is_null
from seqtext.models.anomaly_detector import Anomaly
from seqtext.models.blank_filler import Choice, Fill
from seqtext.models.classifier import Classification, Label
from seqtext.models.exercises import ClozeItem, Exercise
from seqtext.models.flags import Flag
from seqtext.models.language_model import Forecast, Score
from seqtext.models.summaries import Summary
from seqtext.models.translator import Translation
from seqtext.tasks import TASKS, resolve


def label(name: str, probability: float, chosen: bool | None = None) -> Label:
    return Label(name, probability, chosen)


ANSWERS: dict[str, list[tuple[Any, tuple[Any, ...]]]] = {
    "fill": [([Fill("a b", ("b",), 0.5), Fill("a c", ("c",), 0.2)], ("a b", 0.5)), ([], (None, None))],
    "choose": [([Choice("b", 0.75), Choice("c", 0.25)], ("b", 0.75))],
    "cloze": [
        (Exercise("a b.", (ClozeItem("b", (), (), 2, 3, 0.5, "easy"),)), ("a (1) ____.", "b")),
        (Exercise("a b.", ()), ("a b.", "")),
    ],
    "generate": [("ab", ("ab",)), ("", ("",))],
    "next": [([Forecast("day", 0.5)], ("day", 0.5)), ([], (None, None))],
    "score": [(Score("ab", 6.0, 3.0, 8.0, []), (6.0, 3.0))],
    "anomaly": [(Anomaly("ab", 4.5, True, []), (4.5, True))],
    "classify": [
        (Classification([label("x", 0.75), label("y", 0.25)], False), ("x", 0.75, False)),
        (Classification([label("x", 0.75)]), ("x", 0.75, None)),
        (Classification([], True), (None, None, True)),  # rejected
        (Classification([label("y", 0.9, True), label("x", 0.8, True)]), ("x|y", 0.9, None)),
        (Classification([label("x", 0.9, True), label("y", 0.8, True), label("z", 0.1, False)]), ("x|y", 0.9, None)),
        (Classification([label("x", 0.4, False)]), ("", None, None)),
    ],
    "translate": [
        ([Translation("un chat", -1.5)], ("un chat", -1.5, None, False)),
        ([Translation("un chat", -1.5, (Flag("number", "7"),), True)], ("un chat", -1.5, "number 7", True)),
        ([], (None, None, None, None)),
    ],
    "summarize": [
        ([Summary("ab", -2.0, 10, 0)], ("ab", -2.0, False, False)),
        ([Summary("ab", -2.0, 10, 0, extracted=True, unusual=True)], ("ab", -2.0, True, True)),
        ([], (None, None, None, None)),
    ],
}


@pytest.mark.parametrize("command", COLUMNS)
def test_cells_fit_the_columns(command: str) -> None:
    columns = COLUMNS[command]
    for answer, expected in ANSWERS[command]:
        found = columns.cells(answer)
        assert found == expected
        for cell, kind in zip(found, columns.added.values(), strict=True):
            assert cell is None or type(cell) is kind
    assert columns.cells(None) == columns.cells(InputError("a", "b")) == (None,) * len(columns.added)


def test_every_command_that_answers_has_columns() -> None:
    assert {command for task in TASKS.values() for command in task.commands} == set(COLUMNS) - {"choose"}
    for columns in COLUMNS.values():
        assert hasattr(resolve(TASKS[columns.task].model), columns.method)


def test_the_added_columns_are_those_of_the_contract() -> None:
    assert {command: " ".join(columns.added) for command, columns in COLUMNS.items()} == {
        "fill": "filled probability",
        "choose": "filled probability",
        "cloze": "exercise answers",
        "generate": "generated",
        "next": "next probability",
        "score": "bits bits_per_character",
        "anomaly": "anomaly_score anomalous",
        "classify": "label probability unusual",
        "translate": "translation score flags unusual",
        "summarize": "summary score extracted unusual",
    }
    assert [command for command, columns in COLUMNS.items() if columns.text == "source"] == ["translate", "summarize"]


def test_an_unknown_command_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'transalte' was received.*Try: translate"):
        columns_of("transalte")


def test_names_already_taken() -> None:
    assert free_names(["label", "probability"], ["id"]) == {"label": "label", "probability": "probability"}
    taken = ["label", "predicted_label"]
    assert free_names(["label"], taken) == {"label": "predicted_predicted_label"}
    assert free_names(["a", "predicted_a"], ["a"]) == {"a": "predicted_a", "predicted_a": "predicted_predicted_a"}


def test_nulls() -> None:
    pandas = pytest.importorskip("pandas")
    for null in (None, float("nan"), np.float64("nan"), pandas.NA, pandas.NaT, np.datetime64("NaT")):
        assert is_null(null), null
    for cell in ("", "nan", 0, 1.5, [], {}, np.array([1, 2]), np.array([np.nan, 1.0])):
        assert not is_null(cell), cell


class Model:
    """Repeats texts; one with a ! is at fault."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fill(self, texts: Any, top: int = 5) -> Any:
        for number, text in enumerate(texts):
            self.asked.append(text)
            if "!" in text:
                raise InputError(f"texts[{number}]: {text} has a !", "remove it")
            yield text * top


def test_answers_faults_and_nulls_stand_in_their_places() -> None:
    model = Model()
    texts = ["a", None, "b!", "", "c", float("nan"), 7, "d!", " \n", "e"]
    found = COLUMNS["fill"].answers(model, texts, {"top": 2})
    shown = [one.message if isinstance(one, InputError) else one for one in found]
    refused = "7 was received; a text is expected."
    assert shown == ["aa", None, "b! has a !", None, "cc", None, refused, "d! has a !", None, "ee"]
    assert model.asked == ["a", "b!", "c", "d!", "e"]  # each once


def test_what_a_blank_text_gets() -> None:
    single = namedtuple("single", "score")(lambda texts: (Score(text, 0.0, 0.0, 1.0, []) for text in texts))
    assert COLUMNS["score"].answers(single, ["", None], {}) == [Score("", 0.0, 0.0, 1.0, []), None]
