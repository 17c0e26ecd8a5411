"""Rungs are tried within the budget and the best trained on: the same one however often it was interrupted."""

import dataclasses
import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqtext import tasks
from seqtext.errors import ConfigError, TrainingError
from seqtext.storage.model_folder import read_folder
from seqtext.training import choose as choosing
from seqtext.training.choice import RungChoice
from seqtext.training.events import Choosing, Chosen, Event, Finished, Saved, Started, Step, Tried, Trying
from seqtext.training.run import LINEAR, Run
from seqtext.training.rungs import with_rung
from seqtext.training.state_files import seal
from seqtext.training.train import train

TINY: dict[str, Any] = {
    "preset": "tiny",
    "threads": 1,
    "precision": "fp32",
    "seed": 3,
    "device": "cpu",
    "batch_size": 64,
    "evaluations": 2,
}
STEPS = 190
SHARE = STEPS // 3
#: A wide bag of few buckets; one that learns nothing; one that reads in order.
RUNGS = {
    "bag": {"encoder": "bag", "pooling": "mean", "pairs": 50, "wide": 50},
    "still": {"encoder": "bag", "pooling": "mean", "learning_rate": 1e-9},
    "gru": {"encoder": "gru"},
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """80 texts of no language; a word tells which of two labels each has."""
    return _labelled(tmp_path / "labelled.tsv", 40)


def _labelled(path: Path, count: int) -> Path:
    """So many texts of each label."""
    rows = (f"{label}\tmorb {word} flig {'plon' * (k % 3)} {k}\n" for k in range(count) for label, word in WORDS)
    path.write_text("".join(rows), encoding="utf-8")
    return path


WORDS = [("wet", "drux"), ("dry", "zebb")]


@pytest.fixture(autouse=True)
def few_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let classify choose from three small rungs."""
    few = replace(tasks.CLASSIFY, rungs=RUNGS, candidates=tuple(RUNGS))
    monkeypatch.setitem(tasks.TASKS, "classify", few)


def chosen(events: Iterator[Event]) -> Chosen:
    return next(event for event in events if isinstance(event, Chosen))


def config_of(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "config.json").read_text(encoding="utf-8"))
    return found


def kept(run: Path) -> list[Any]:
    """What two runs of the same settings have alike: weights, and all but the time of what was tried and measured."""
    history = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in (*history, *(line["trial"] for line in history if "trial" in line)):
        line.pop("seconds")
    return [(run / "weights.safetensors").read_bytes(), history, Run(run).read_settings()[1]]


def test_the_best_of_all_is_trained_on(corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    events = list(train("classify", corpus, run, steps=STEPS, **TINY))
    first = next(event for event in events if isinstance(event, Choosing))
    assert (first.names, first.left_out, first.examples) == (tuple(RUNGS), {}, 80)
    tried = [event for event in events if isinstance(event, Tried)]
    assert [event.name for event in events if isinstance(event, Trying)] == [event.name for event in tried]
    assert [one.name for one in tried if one.round == 1] == list(RUNGS)
    second = [one for one in tried if one.round == 2]
    assert len(second) == 2
    losses = {one.name: one.loss for one in tried if one.round == 1}
    assert {one.name for one in second} == set(sorted(RUNGS, key=lambda name: losses[name])[:2])
    assert all(one.steps == one.budget["steps"] for one in tried)
    assert sum({one.name: one.steps for one in tried}.values()) <= SHARE  # the last trial counts those before it
    best = min({one.name: one for one in tried}.values(), key=lambda one: one.loss or 0.0)
    assert chosen(iter(events)).name == best.name != "still"
    started, end = next(event for event in events if isinstance(event, Started)), events[-1]
    assert isinstance(end, Finished)
    spent = sum({one.name: one.steps for one in tried}.values())
    assert (started.step, end.step) == (best.steps, best.steps + STEPS - spent)
    assert config_of(run)["network"]["encoder"] == RUNGS[best.name]["encoder"]
    assert end.metrics["loss"] <= best.loss
    assert not (run / "rungs").exists()
    assert not RungChoice.is_open(run)


def test_what_was_tried_stays_in_history_config_and_card(corpus: Path, tmp_path: Path) -> None:
    events = list(train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY))
    tried = [event.to_dict() for event in events if isinstance(event, Tried)]
    model = read_folder(tmp_path / "run")
    assert [line["trial"] for line in model.history if "trial" in line] == tried
    assert {one["name"]: one for one in tried} == {one["name"]: one for one in model.config["tried"]}
    assert model.config["rung"] == chosen(iter(events)).name
    assert all(f"| {name} | encoder " in model.card for name in RUNGS)
    assert all(
        f"| {one['loss']:.4g} | {one['metrics']['accuracy']:.4g} |" in model.card for one in model.config["tried"]
    )
    assert model.history[-1]["step"] > SHARE


def test_with_steps_every_bit_is_the_same(corpus: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        list(train("classify", corpus, tmp_path / name, steps=STEPS, **TINY))
    assert kept(tmp_path / "one") == kept(tmp_path / "two")


@pytest.mark.learning
def test_left_at_any_event_it_goes_on_to_the_same_end(corpus: Path, tmp_path: Path) -> None:
    how = {**TINY, "save_seconds": 0.0}  # at every update: how many events there are does not depend on the time
    whole = list(train("classify", corpus, tmp_path / "whole", steps=STEPS, **how))
    places = [number for number, event in enumerate(whole) if isinstance(event, Saved | Tried | Trying | Chosen)]
    for place in places[3 :: len(places) // 4]:
        run = tmp_path / f"left-{place}"
        events = train("classify", corpus, run, steps=STEPS, **how)
        for _ in range(place + 1):
            next(events)
        events.close()
        rest = list(train("classify", None, run, resume=True))
        assert isinstance(rest[-1], Finished)
        assert kept(run) == kept(tmp_path / "whole"), whole[place]
        shutil.rmtree(run)


def test_killed_at_any_write_while_the_rung_moves_in(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time a file takes its place, one run ends there; the next one goes on to the same end."""
    list(train("classify", corpus, tmp_path / "whole", steps=STEPS, **TINY))
    before = tmp_path / "before"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choosing, "adopt", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            list(train("classify", corpus, before, steps=STEPS, **TINY))
    replaced, killed = os.replace, True
    for number in range(1, 100, 2):
        run, count = tmp_path / f"killed-{number}", 0

        def counting(source: Any, target: Any, last: int = number) -> None:
            nonlocal count
            count += 1
            if count == last:
                raise SystemExit
            replaced(source, target)

        shutil.copytree(before, run)
        events = train("classify", None, run, resume=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "replace", counting)
            try:
                chosen(events)
            except SystemExit:
                killed = True
            else:
                killed = False
            events.close()
        if not killed:
            break
        rest = train("classify", None, run, resume=True)
        first = next(event for event in rest if isinstance(event, Started))
        if number == 5:  # the rest is alike, and takes a while
            list(rest)
            assert kept(run) == kept(tmp_path / "whole")
        rest.close()
        assert first.step > 0
        assert not RungChoice.is_open(run)
        assert Run(run).read_settings()[1] == Run(tmp_path / "whole").read_settings()[1]
    assert number > 8


def press_ctrl_c(events: Iterator[Event]) -> None:
    """Press it when the first trial reports."""
    for event in events:
        if isinstance(event, Step):
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_a_trial_saves_it(corpus: Path, tmp_path: Path) -> None:
    events = train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY)
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c(events)
    assert RungChoice.is_open(tmp_path / "run")
    assert isinstance(list(train("classify", None, tmp_path / "run", resume=True))[-1], Finished)


def test_with_little_the_encoder_of_the_preset_is_taken(corpus: Path, tmp_path: Path) -> None:
    events = list(train("classify", corpus, tmp_path / "run", steps=80, **TINY))
    assert chosen(iter(events)) == Chosen("", "the budget is too small to try 3 rungs, which takes 90 steps or more")
    assert not any(isinstance(event, Choosing | Trying | Tried) for event in events)
    list(train("classify", corpus, tmp_path / "preset", steps=80, rung="preset", **TINY))
    assert config_of(tmp_path / "run")["network"]["encoder"] == "lstm"
    assert "tried" not in config_of(tmp_path / "run")
    assert kept(tmp_path / "run") == kept(tmp_path / "preset")


def test_without_held_out_text_there_is_nothing_to_choose_by(tmp_path: Path) -> None:
    few = tmp_path / "few.tsv"
    few.write_text("wet\tdrux\ndry\tzebb\n", encoding="utf-8")
    events = train("classify", few, tmp_path / "run", steps=STEPS, **TINY)
    assert chosen(events) == Chosen("", "no text could be held out to choose by")


@pytest.mark.learning
def test_with_minutes_the_choice_takes_a_third(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_SECONDS", 0.2)
    events = list(train("classify", corpus, tmp_path / "run", minutes=0.05, **TINY))
    tried = [event for event in events if isinstance(event, Tried)]
    assert {one.name for one in tried} == set(RUNGS)
    budget = Run(tmp_path / "run").read_settings()[1].training.minutes
    assert budget is not None
    name = chosen(iter(events)).name
    others = sum(one.seconds for one in tried if one.name != name)
    assert 60 * budget == pytest.approx(3.0 - others, abs=0.6)
    assert Run(tmp_path / "run").read_settings()[1].training.threads == 1


@pytest.mark.parametrize("moment", [Trying, Chosen])
@pytest.mark.learning
def test_what_is_added_is_the_winners(corpus: Path, tmp_path: Path, moment: type) -> None:
    run = tmp_path / "run"
    events = train("classify", corpus, run, steps=STEPS, **TINY)
    next(event for event in events if isinstance(event, moment))
    events.close()
    rest = list(train("classify", None, run, resume=True, steps=40))
    list(train("classify", corpus, tmp_path / "whole", steps=STEPS, **TINY))
    end, usual = rest[-1], Run(tmp_path / "whole").progress().step
    assert isinstance(end, Finished)
    assert end.step == usual + 40


def test_whoever_names_an_encoder_has_chosen(corpus: Path, tmp_path: Path) -> None:
    for name, given in {"e": {"encoder": "bag"}, "h": {"hidden": 8}, "r": {"rung": "gru"}}.items():
        events = train("classify", corpus, tmp_path / name, steps=STEPS, **{**TINY, **given})
        assert isinstance(next(events), Started)  # and no choice before
        events.close()
    assert Run(tmp_path / "r").read_settings()[1].network.encoder == "gru"


def test_a_rung_by_name_brings_its_settings_and_its_model(corpus: Path, tmp_path: Path, few_rungs: None) -> None:
    rungs = {"taken": {"start": "fill-en", "encoder": "bag", "pooling": "mean", "context": "none"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tasks.TASKS, "classify", replace(tasks.CLASSIFY, rungs=rungs))
        events = train("classify", corpus, tmp_path / "run", steps=1, rung="taken", **TINY)
        next(event for event in events if isinstance(event, Started))
        events.close()
    request, config = Run(tmp_path / "run").read_settings()
    assert (request.start, config.network.encoder, config.network.pooling) == ("fill-en", "bag", "mean")


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"rung": "grru"}, "rung received 'grru'; accepted are auto, preset, bag, still, gru.", "rung='gru'"),
        ({"rung": "auto", "encoder": "bag"}, "encoder was given with rung='auto', which chooses the encoder.",
         "leave rung out"),
        ({"rung": "auto", "start": "fill-en"}, "start was given with rung='auto', which chooses the encoder.",
         "leave rung out"),
        ({"rung": "gru", "encoder": "bag"}, "encoder received 'bag', but the rung gru has 'gru'.",
         "leave encoder out, or rung"),
    ],
)  # fmt: skip
def test_what_rung_does_not_take(corpus: Path, tmp_path: Path, given: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        list(train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY, **given))
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert not (tmp_path / "run").exists()


def test_other_tasks_have_rungs_and_no_choice(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rung received 'auto'; accepted are preset, rnn"):
        list(train("fill", "a.txt", tmp_path / "run", rung="auto"))


@pytest.mark.parametrize(
    "change", [{"winner": "none"}, {"rounds": -1}, {"names": "bag"}, {"trials": [{}]}, {"settings": []}]
)
def test_a_damaged_choice_is_told(corpus: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    events = train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY)
    next(event for event in events if isinstance(event, Tried))
    events.close()
    path = tmp_path / "run" / "choice.json"
    facts = {**json.loads(path.read_text(encoding="utf-8")), **change}
    path.write_text(json.dumps({name: value for name, value in facts.items() if name != "check"}), encoding="utf-8")
    with pytest.raises(TrainingError, match=r"choice\.json is damaged"):
        list(train("classify", None, tmp_path / "run", resume=True))


def test_a_choice_with_the_earlier_name_of_a_size_is_read(tmp_path: Path) -> None:
    trial = Tried("gru", 1, {"encoder": "gru"}, {"steps": 9.0}, 0.5, {"accuracy": 1.0}, 2.0, 9, 1234)
    choice = RungChoice(("gru", "bag"), "tiny", {}, {}, trials=(trial,))
    choice.write(tmp_path)
    path = tmp_path / "choice.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"file_bytes"', '"bytes"'), encoding="utf-8")
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_bytes(seal(facts))
    assert RungChoice.read(tmp_path).trials == choice.trials


def test_a_corpus_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text("no label here\n", encoding="utf-8")
    for _ in range(2):  # the same --run may be typed again
        with pytest.raises(Exception, match=r"wrong\.tsv"):
            list(train("classify", wrong, tmp_path / "run", steps=STEPS, **TINY))
    assert not RungChoice.is_open(tmp_path / "run")


def choose_from(monkeypatch: pytest.MonkeyPatch, **rungs: dict[str, Any]) -> None:
    monkeypatch.setitem(tasks.TASKS, "classify", replace(tasks.CLASSIFY, rungs=rungs, candidates=tuple(rungs)))


def test_what_is_fitted_at_once_has_one_turn(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose_from(monkeypatch, linear={"encoder": "none"}, still=RUNGS["still"], bag=RUNGS["bag"])
    events = list(train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY))
    tried = [event for event in events if isinstance(event, Tried)]
    assert [one.name for one in tried if one.is_fitted] == ["linear"]
    assert [one.name for one in tried if one.round == 2] != []
    assert "linear" in [one["name"] for one in config_of(tmp_path / "run")["tried"]]
    assert isinstance(events[-1], Finished)


@pytest.mark.learning
def test_a_linear_rung_that_takes_most_of_the_minutes_is_left_out(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many labels a fit takes minutes, which nothing cuts short."""
    monkeypatch.setattr(choosing, "_SECONDS", 0.2)
    monkeypatch.setattr(choosing, "seconds_to_fit", lambda tokens, labels: float(tokens * labels))
    choose_from(monkeypatch, linear={"encoder": "none"}, still=RUNGS["still"], bag=RUNGS["bag"])
    events = list(train("classify", corpus, tmp_path / "run", minutes=0.05, **TINY))
    choosing_event = next(event for event in events if isinstance(event, Choosing))
    tokens = choosing_event.tokens
    assert choosing_event.left_out == {"linear": f"it takes some {2 * tokens} seconds to fit"}
    assert {one.name for one in events if isinstance(one, Tried)} == {"still", "bag"}


def test_what_there_was_no_time_to_try_is_told(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing.Chooser, "_is_late", lambda self: bool(self.choice.trials))
    events = list(train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY))
    assert [one.name for one in events if isinstance(one, Tried)] == ["bag"]
    assert chosen(iter(events)).why.endswith("; there was no time to try still, gru")


def test_a_linear_rung_can_win(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose_from(monkeypatch, linear={"encoder": "none"}, still={**RUNGS["still"], "wide": 10})
    events = list(train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY))
    assert chosen(iter(events)).name == "linear"
    assert config_of(tmp_path / "run")["network"]["encoder"] == "none"
    assert isinstance(list(train("classify", None, tmp_path / "run", resume=True, steps=5))[-1], Finished)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """600 texts, of which 60 are held out; a word tells which of two labels each has."""
    return _labelled(tmp_path / "many.tsv", 300)


def test_what_learns_is_ranked_with_the_linear_part_beside_it(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_from(monkeypatch, linear={"encoder": "none", "letters": 5}, still=RUNGS["still"], bag=RUNGS["bag"])
    events = list(train("classify", many, tmp_path / "run", steps=STEPS, **TINY))
    tried = {event.name: event for event in events if isinstance(event, Tried)}
    still, linear = tried["still"], tried["linear"]
    assert still.beside is not None
    assert still.loss is not None
    assert linear.loss is not None
    assert still.beside < still.loss - 0.1  # it says nothing, and is as good as the linear part
    assert linear.beside is tried["bag"].beside is None  # with hashed runs of its own, nothing is added
    assert chosen(iter(events)).name == "still"
    assert (tmp_path / "run" / LINEAR).is_file()
    assert config_of(tmp_path / "run")["scores"]["loss"] < linear.loss + 0.001


def test_where_few_texts_are_held_out_the_linear_part_wins_alone(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_from(monkeypatch, linear={"encoder": "none", "letters": 5}, still=RUNGS["still"])
    events = list(train("classify", corpus, tmp_path / "run", steps=STEPS, **TINY))
    assert chosen(iter(events)).name == "linear"
    assert [event.beside for event in events if isinstance(event, Tried)] == [None] * 3


def test_a_setting_that_a_rung_has_otherwise_is_named_as_help_names_it() -> None:
    task = dataclasses.replace(tasks.TASKS["classify"], rungs={"linear": {"letters": 5}})
    with pytest.raises(ConfigError) as caught:
        with_rung(task, "linear", {"letters": 3}, None)
    assert caught.value.message == "letter_ngrams received 3, but the rung linear has 5."
    assert caught.value.hint == "leave letter_ngrams out, or rung"
