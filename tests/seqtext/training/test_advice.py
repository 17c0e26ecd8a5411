"""What is said of a training on too little text: why, what may be typed instead, what to expect."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_words import words_of

from seqtext.cli.main import main
from seqtext.storage.model_folder import describe
from seqtext.tasks import TASKS
from seqtext.training.advice import _expected, language_of, overfitted, smaller_preset
from seqtext.training.events import Advice, Finished
from seqtext.training.train import train

ENGLISH = [f"The {name} sat by the old door and read {number} books." for number, name in enumerate(["cat", "dog"] * 9)]


def advice_on(task: str, rows: list[str], folder: Path, **settings: Any) -> Advice | None:
    path = folder / f"some texts.{'tsv' if chr(9) in rows[0] else 'txt'}"
    path.write_text("\n".join(rows), encoding="utf-8")
    settings = {"steps": 2, "threads": 1, "preset": "small", **settings}
    *_, finished = train(task, path, folder / "my run", **settings)
    assert isinstance(finished, Finished)
    return finished.advice


def history(*scores: float, name: str = "loss") -> list[dict[str, Any]]:
    return [{"step": 10 * number, name: score} for number, score in enumerate(scores, 1)]


def test_a_score_that_was_best_early_is_overfitting() -> None:
    found = overfitted(history(5.0, 4.0, 4.1, 4.6), "loss")
    assert found == "loss was best at step 20 of 40 (4), then became worse (4.6)"
    assert overfitted(history(0.5, 0.6, 0.5, 0.4, name="accuracy"), "accuracy")


@pytest.mark.parametrize(("scores", "name"), [
    ((5.0, 4.0, 3.9, 3.8), "loss"), ((5.0, 4.0, 4.0, 4.1), "loss"), ((5.0, 6.0), "loss"), ((), "loss"),
    ((9.0, 5.0, 4.0, 3.0, 4.0), "loss"), ((0.1, 0.2, 0.3), "accuracy"), ((5.0, 4.0, 4.1, float("nan")), "loss"),
])  # fmt: skip
def test_other_histories_are_not(scores: tuple[float, ...], name: str) -> None:
    assert overfitted(history(*scores, name=name), name) == ""


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_preset_for_little_text_is_named_where_it_is_smaller(task: Any) -> None:
    sizes = {name: task.network(hidden=settings["hidden"]) for name, settings in task.presets.items()}
    named = [smaller_preset(task, sizes[name]) for name in ("tiny", "small", "base")]
    assert named == ["", task.modest, task.modest]
    assert task.modest in ("", *task.presets)


def test_what_to_expect_is_of_about_as_many_tokens() -> None:
    fill = TASKS["fill"]
    assert _expected(fill, 7_000).startswith("about top1 0.07 on new text")
    assert _expected(fill, 900_000).endswith("from 544,000 tokens of another corpus")
    assert _expected(fill, 700).startswith("worse than top1 0.07 ")
    assert _expected(TASKS["anomaly"], 700) == ""


def test_languages_are_told_apart() -> None:
    assert language_of(ENGLISH) == "en"
    assert language_of(["Der Hund schläft heute unter dem Tisch.", "Wir gehen morgen in die Stadt."]) == "de"
    assert language_of([*ENGLISH, *["Der Hund schläft heute unter dem Tisch."] * 9]) is None
    assert language_of([]) is language_of([text[::-1] for text in ENGLISH]) is None


@pytest.mark.learning
def test_what_is_advised_works_as_it_is_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folders that it names are new ones, beside the run."""
    found = advice_on("fill", ENGLISH, tmp_path)
    assert found is not None
    assert "tokens are few for " in found.reason
    assert found.reason.endswith(" parameters, and none could be spared to measure on")
    assert [words_of(command)[-4:-2] for command in found.commands] == [["--from", "fill-en"], ["--preset", "tiny"]]
    for command in found.commands:
        assert main([*words_of(command)[1:], "--steps", "1", "--threads", "1"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "some texts.txt", "my run", "my run-tiny", "my run-fill-en"
    }  # fmt: skip


@pytest.mark.parametrize(("task", "rows", "flags"), [
    ("classify", [f"{'even' if number % 2 else 'odd'}\t{text}" for number, text in enumerate(ENGLISH)],
     ["--from fill-en"]),
    ("generate", ENGLISH, ["--from generate-en", "--preset tiny"]),
    ("summarize", [f"{text}\tA {text[4:7]}." for text in ENGLISH], ["--from summarize-en", "--preset tiny"]),
    ("translate", [f"{text}\tDer Hund schläft heute unter dem Tisch." for text in ENGLISH],
     ["--from translate-en-de", "--preset tiny"]),
    ("translate", [f"{text}\t{text[::-1]}" for text in ENGLISH], ["--preset tiny"]),
    ("fill", ["Der Hund schläft heute unter dem Tisch.", "Wir gehen morgen in die Stadt."] * 9, ["--preset tiny"]),
    ("anomaly", ENGLISH, ["--preset tiny"]),
])  # fmt: skip
def test_only_a_start_that_can_be_taken_is_named(task: str, rows: list[str], flags: list[str], tmp_path: Path) -> None:
    found = advice_on(task, rows, tmp_path)
    assert found is not None
    assert [" ".join(words_of(command)[-4:-2]) for command in found.commands] == flags


def test_what_is_advised_keeps_what_was_asked_of_the_model(tmp_path: Path) -> None:
    """Who masks numbers and bounds the size wants that of another training, too."""
    rows = [f"{'even' if number % 2 else 'odd'}\t{text}" for number, text in enumerate(ENGLISH)]
    found = advice_on("classify", rows, tmp_path, encoder="bag", mask="email,number", balance=0.5, size="50MB")
    assert found is not None
    assert "--mask email,number --balance 0.5 --size 50MB --steps 2 --from fill-en " in found.commands[0]


def test_what_was_chosen_by_trial_needs_no_other_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rungs that start from a model were tried, or left out for a reason that was told."""
    rungs = {"bag": {"encoder": "bag"}, "still": {"encoder": "bag", "learning_rate": 1e-9}}
    few = replace(TASKS["classify"], rungs=rungs, candidates=tuple(rungs))
    monkeypatch.setitem(TASKS, "classify", few)
    rows = [f"{'even' if number % 2 else 'odd'}\t{text} {number}" for number, text in enumerate(3 * ENGLISH)]
    found = advice_on("classify", rows, tmp_path, steps=90)
    assert found is not None
    assert found.commands == ()
    assert describe(tmp_path / "my run")["rung"] in rungs


def test_a_linear_classifier_is_not_called_too_large(tmp_path: Path) -> None:
    """It has a number for every bucket of hashed words, of which its text fills but a few."""
    rows = [f"{'even' if number % 2 else 'odd'}\t{text} {number}" for number, text in enumerate(3 * ENGLISH)]
    assert advice_on("classify", rows, tmp_path, rung="linear", preset="base") is None


def test_enough_text_brings_no_advice(tmp_path: Path) -> None:
    rows = [f"{text} {number}" for number in range(40) for text in ENGLISH]
    assert advice_on("fill", rows, tmp_path, hidden=8, embedding=8, vocab_size=300) is None


def test_what_started_from_a_model_has_its_size(tmp_path: Path) -> None:
    rows = ["a\tthe old dog", "b\tthe red door"]
    assert advice_on("classify", rows, tmp_path, start="fill-en", preset="base") is None
