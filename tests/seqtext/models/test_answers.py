"""What answers are as JSON: every command of every task has a record, which tells what the command prints."""

import json
from dataclasses import fields

import numpy as np
import pytest

import seqtext
from seqtext.cli.main import main
from seqtext.errors import ConfigError, InputError
from seqtext.models.answers import alignment_pairs, answering
from seqtext.models.options import ClassifyOptions, FillOptions, NextOptions, SummarizeOptions, TranslateOptions
from seqtext.models.seq2seq import Alignment
from seqtext.tasks import TASKS

COMMANDS = [command for task in TASKS.values() for command in task.commands if task.answers]
TEXTS = {
    "fill": "A cup of ___.", "generate": "Once upon", "next": "The children went to the", "score": "A cat sat.",
    "translate": "Thank you. Good night.", "summarize": (  # of a kind that summarize-en knows
        "This article describes how to install the package on a computer without a network. You download the files on "
        "another computer and copy them to a folder. Then you run the command that installs them, and check that the "
        "version that it prints is the one that you downloaded."
    ),
    "classify": "Où est la gare ?",
}  # fmt: skip


@pytest.fixture(scope="module")
def models() -> dict[str, object]:
    return {}


def model_for(models: dict[str, object], name: str) -> object:
    if name not in models:
        models[name] = seqtext.load(name)
    return models[name]


def asked(command: str, options: object | None = None):
    record = answering(command)
    return record, record.options() if options is None else options


def test_every_command_of_a_task_has_a_record() -> None:
    assert {command for task in TASKS.values() for command in task.commands} == set(COMMANDS)
    for command in COMMANDS:
        record = answering(command)
        assert record.task in TASKS
        assert all(field.metadata.get("help") for field in fields(record.options)), command


def test_a_command_without_answers_is_none() -> None:
    with pytest.raises(KeyError):
        answering("train")


@pytest.mark.parametrize("command", TEXTS)
def test_an_object_is_what_the_command_prints(command, models, capsys) -> None:
    record, options = asked(command)
    if command == "generate":
        options = record.options(seed=7, length=40)
        typed = ["--seed", "7", "--length", "40"]
    else:
        typed = []
    assert main([command, TEXTS[command], "--json", *typed]) == 0
    printed = json.loads(capsys.readouterr().out)
    _, name = record.chosen(record, options)
    assert record.answers(model_for(models, name), [TEXTS[command]], options) == [printed]
    assert printed[record.given] == TEXTS[command]


def test_a_text_at_fault_stands_alone(models) -> None:
    record, options = asked("fill", FillOptions(top=1))
    found = record.answers(model_for(models, "fill-en"), ["A cup of ___.", "No gap.", "", "A ___ of tea."], options)
    assert isinstance(found[1], InputError)
    assert "texts[" not in found[1].message
    assert found[2] == {"text": "", "fills": []}
    assert [one["fills"][0]["blanks"] for one in (found[0], found[3])] == [["coffee"], ["cup"]]


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_blank_text_that_comes_alone_is_asked(models, text) -> None:
    record, options = asked("next", NextOptions(top=2))
    model = model_for(models, "generate-en")
    assert record.answers(model, [text], options)[0]["next"] == []
    assert len(record.answers(model, [text], options, alone=True)[0]["next"]) == 2
    for command in ("fill", "cloze"):
        record, options = asked(command)
        found = record.answers(model_for(models, "fill-en"), [text], options, alone=True)
        assert isinstance(found[0], InputError)
    record, options = asked("classify")
    found = record.answers(model_for(models, "language-id"), [text], options, alone=True)
    assert found[0]["labels"] == []


def test_options_are_ranked(models) -> None:
    record, options = asked("fill", FillOptions(option=("tea", "sand")))
    found = record.answers(model_for(models, "fill-en"), ["A cup of ___."], options)[0]
    assert [one["option"] for one in found["options"]] == ["tea", "sand"]


def test_what_json_cannot_hold_is_null() -> None:
    record, options = asked("summarize", SummarizeOptions(lead=1))
    assert record.chosen(record, options) == ("", "")
    assert record.answers(None, ["One. Two."], options) == [
        {
            "source": "One. Two.",
            "summaries": [{"text": "One.", "score": None}],
            "extracted": True,
            "unusual": False,
            "read": 2,
            "cut": 0,
        }
    ]


def test_languages_choose_the_translator() -> None:
    record = answering("translate")
    assert record.chosen(record, TranslateOptions(target="de")) == ("translate", "translate-en-de")
    assert record.chosen(record, TranslateOptions()) == ("translate", "translate-en-fr")


def test_labels_of_ones_own_ask_a_filler(models) -> None:
    record, options = asked("classify", ClassifyOptions(labels="good,bad", prompt="It was ___."))
    assert record.chosen(record, options) == ("fill", "fill-en")
    found = record.answers(model_for(models, "fill-en"), ["A lovely film."], options)[0]
    assert found["labels"][0]["label"] == "good"
    assert found["unusual"] is None


@pytest.mark.parametrize(
    ("kind", "values", "named"),
    [
        (ClassifyOptions, {"prompt": "It was ___."}, "prompt"),
        (ClassifyOptions, {"labels": "a,b", "explain": True}, "explain"),
        (SummarizeOptions, {"lead": 2, "extract": True}, "lead"),
        (SummarizeOptions, {"n_best": 9}, "n_best"),
        (FillOptions, {"top": 0}, "top"),
        (FillOptions, {"top": True}, "top"),
        (FillOptions, {"avoid": "word"}, "avoid"),
        (FillOptions, {"option": [3]}, "option"),
        (TranslateOptions, {"target": 5}, "target"),
    ],
)
def test_options_that_make_no_sense_are_refused(kind, values, named) -> None:
    with pytest.raises(ConfigError, match=named):
        kind(**values)


def test_pairs_are_source_and_target() -> None:
    weights = np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8], [0.1, 0.7, 0.2]], np.float32)
    car = Alignment(["a", "red", "car"], ["une", "voiture", "rouge"], weights)
    assert alignment_pairs(car)["pairs"] == [[0, 0], [2, 1], [1, 2]]


def test_no_alignment_no_pairs() -> None:
    assert alignment_pairs(None) == {"source": [], "target": [], "pairs": []}
