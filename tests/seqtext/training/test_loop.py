"""When held-out text is measured and on how much of it, by a clock that stands still unless something is done."""

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from seqtext.config import TrainingConfig
from seqtext.training import loop
from seqtext.training.device import Device
from seqtext.training.events import Evaluated, Step
from seqtext.training.loop import Loop
from seqtext.training.progress import Position, RunProgress

PATH = Path("state.json")


class FakeTask:
    """Learns one number. An update, a held-out text, a save and a checkpoint take as many seconds as one says."""

    score = "loss"
    measured_on = "held-out text"
    conclusion_seconds = 0.0
    is_fitted = False
    intervals = dict

    def __init__(self, texts: int, update: float = 0.5, each: float = 0.01, save: float = 0.2, **training: Any) -> None:
        self.now, self.held_out_texts, self.costs = 100.0, texts, (update, each, save)
        self.training = TrainingConfig(**{"patience": 0, **training})
        self.progress = RunProgress()
        self.network, self.measured, self.saved = nn.Linear(1, 1), [], 0
        self.losses: Iterator[float] = iter(range(1_000, 0, -1))
        self.settings = SimpleNamespace(training=self.training, _replace=lambda training: SimpleNamespace(to_list=list))
        self.request = SimpleNamespace(to_dict=dict)
        self.run = SimpleNamespace(
            checkpoint=SimpleNamespace(folder="checkpoint", save=lambda *_: self._pass(save)),
            folder="run",
            binding=dict,
            read_tokenizer=str,
            check_there=lambda: None,
        )

    def _pass(self, seconds: float) -> None:
        self.now += seconds

    def batches(self, start: Position) -> Iterator[tuple[Position, None]]:
        while True:
            yield start, None

    def epochs(self, position: Position) -> float:
        return 0.0

    def loss(self, *_: Any) -> tuple[torch.Tensor, int, int]:
        self._pass(self.costs[0])
        return self.network(torch.ones(1)).sum(), 1, 1

    def carried(self) -> dict[str, torch.Tensor]:
        return {}

    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        count = texts or self.held_out_texts
        self.measured.append(count)
        self._pass(self.costs[1] * count)
        return float(next(self.losses)), {}

    def conclude(self) -> Iterator[tuple[str, str]]:
        self._pass(self.conclusion_seconds)
        yield from ()

    def save(self, *_: Any) -> None:
        self.saved += 1
        self._pass(self.costs[2])


@pytest.fixture
def learn(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(task: FakeTask, before: float = 0.0, rehearsal: Any = None) -> list[Any]:
        monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: task.now))
        found = Loop(task, Device(torch.device("cpu"), False, 1), task.now, rehearsal)  # type: ignore[arg-type]
        task.now += before
        events = list(found.events())
        task.progress = found.progress
        return events

    return run


def evaluations(events: list[Any]) -> list[Evaluated]:
    return [event for event in events if isinstance(event, Evaluated)]


@pytest.mark.parametrize("count", [1, 2, 10])
@pytest.mark.parametrize(("texts", "each", "update"), [
    (100, 0.001, 0.1), (1_000, 0.004, 0.5), (10_000, 0.01, 0.5), (1_000, 1.0, 0.5), (20, 3.0, 0.5), (100_000, 0.5, 1.0),
])  # fmt: skip
def test_a_minute_is_a_minute_whatever_an_evaluation_takes(
    learn: Any, texts: int, each: float, update: float, count: int
) -> None:
    task = FakeTask(texts, update, each, minutes=1.0, evaluations=count)
    found = evaluations(learn(task))
    assert 50.0 < task.now - 100.0 <= 66.0
    assert found[0].seconds <= 0.25 * 60.0  # begun within a tenth, with as much time at most to find out and to measure
    assert len(found) >= 2
    assert task.saved == len(found)  # each is better than the one before, and compared with it
    assert len({event.texts for event in found}) == 1
    whole = each * texts <= 4.0
    assert (found[0].texts is None) == whole
    assert all(("held_out_texts" in event.metrics) != whole for event in found)


def test_what_came_before_the_first_update_counts(learn: Any) -> None:
    task = FakeTask(100, minutes=1.0)
    learn(task, before=20.0)
    assert 54.0 <= task.now - 100.0 <= 62.0


def test_threads_are_chosen_before_the_first_update_and_after_each_report_but_the_last(learn: Any) -> None:
    task, calls = FakeTask(10, update=2.0, minutes=1.0), []

    def hold_when_due() -> None:
        calls.append(task.now)
        task.now += 1.0

    events = learn(task, rehearsal=SimpleNamespace(hold_when_due=hold_when_due))
    steps = [event for event in events if isinstance(event, Step)]
    assert calls[0] == 100.0
    assert len(calls) == len(steps)
    assert task.now - 100.0 <= 61.0
    # Trials are left out of the speed of learning, as evaluations are.
    assert [event.tokens_per_second for event in steps] == pytest.approx([0.5] * len(steps))


def test_scores_of_fewer_texts_leave_the_best_as_it_was(learn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task = FakeTask(100, minutes=1.0, evaluations=10)
    monkeypatch.setattr(Loop, "_left", lambda self: 0.5 * self.progress.evaluation_seconds)
    *whole, last = evaluations(learn(task))
    assert all(event.best and event.texts is None for event in whole)
    assert not last.best  # though its loss is lower
    assert last.texts == 50
    assert last.metrics["held_out_texts"] == 50
    assert task.progress.best == whole[-1].loss
    assert task.saved == len(whole)


def test_steps_measure_everything_at_the_same_updates_as_ever(learn: Any) -> None:
    task = FakeTask(10_000, each=1.0, steps=40, evaluations=4)
    found = evaluations(learn(task))
    assert [event.step for event in found] == [10, 20, 30, 40]
    assert task.measured == [10_000] * 4
    assert all(event.texts is None and event.metrics == {} for event in found)


def test_the_end_comes_when_the_budget_is_spent(learn: Any) -> None:
    task = FakeTask(10, update=2.0, minutes=1.0)
    events = learn(task)
    assert [event.fraction for event in events if isinstance(event, Step)][-1] == 1.0
    assert 54.0 <= task.now - 100.0 <= 60.0


def test_progress_of_an_earlier_version_is_read(learn: Any) -> None:
    progress = RunProgress(step=3, texts=7, best=2.5, history=[{"step": 1}])
    assert RunProgress.from_dict(progress.to_dict(), PATH) == progress
    earlier = {name: value for name, value in progress.to_dict().items() if name != "texts"}
    assert RunProgress.from_dict(earlier, PATH).texts is None
    assert RunProgress.from_dict({**earlier, "best": None}, PATH).best == math.inf


@pytest.mark.parametrize(("best", "loss"), [(-0.5, 1.5), (-0.75, 1.25), (-0.0, 2.5), (-0.9, math.inf), (1.25, 1.25)])
def test_a_best_by_score_becomes_the_loss_of_those_weights(best: float, loss: float) -> None:
    history = [
        {"step": 1, "seconds": 0.5, "loss": 2.5, "bleu": 0.0}, {"step": 2, "seconds": 1.0, "loss": 1.5, "bleu": 0.5},
        {"step": 2, "seconds": 1.0, "added": {"steps": 2}}, {"step": 3, "seconds": 1.5, "loss": 1.25, "bleu": 0.75},
        {"step": 4, "seconds": 2.0, "loss": 1.0, "bleu": 0.5},
    ]  # fmt: skip
    progress = RunProgress(step=4, best=best, without_gain=2, history=history)
    progress.best_by_loss()
    assert progress.best == loss
    assert progress.without_gain == (2 if best > 0 else 0)


def test_a_best_by_another_score_is_forgotten_where_the_history_lacks_the_loss() -> None:
    progress = RunProgress(best=-0.5, without_gain=1, history=[{"step": 1, "loss": 2.5, "macro_f1": 0.5}])
    progress.best_by_loss("balanced_loss")
    assert (progress.best, progress.without_gain) == (math.inf, 0)


def test_a_best_loss_of_nothing_stays() -> None:
    progress = RunProgress(best=0.0, without_gain=1, history=[{"step": 1, "loss": 0.5, "top1": 0.0}, {"loss": 0.0}])
    progress.best_by_loss()
    assert (progress.best, progress.without_gain) == (0.0, 1)
