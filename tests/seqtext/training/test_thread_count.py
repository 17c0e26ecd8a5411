"""The number of threads that learns fastest, with times that are made up; and what a rehearsal leaves behind."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from seqtext.training import thread_count
from seqtext.training.device import Device
from seqtext.training.events import Started
from seqtext.training.schedule import Moment
from seqtext.training.tasks.base import Share
from seqtext.training.thread_count import Rehearsal, crowded, quickest, thread_counts
from seqtext.training.train import train

TINY: dict[str, Any] = {"hidden": 16, "embedding": 8, "vocab_size": 400, "batch_size": 256, "precision": "fp32"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "animals.txt"
    path.write_text("".join(f"The cat saw the dog {n} times, and the bird {n + 1}.\n" for n in range(300)))
    return path


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1}, raising=False)


def test_candidates() -> None:
    assert [thread_counts(most) for most in (1, 2, 3, 4, 16)] == [
        [1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 8, 15, 16],
    ]  # fmt: skip


def test_threads_that_wait_for_each_other_are_crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    for together, found in [([1.0, 1.0], False), ([4.0, 4.0], True), ([4.0, 1.0], False)]:
        times = {1: iter([1.0, 1.0]), 2: iter(together)}
        monkeypatch.setattr(thread_count, "_product_seconds", lambda number, times=times: next(times[number]))
        assert crowded(2) == found
    assert not crowded(1)


@pytest.mark.parametrize(("times", "present", "chosen", "looks"), [
    ({1: [0.1], 2: [0.07]}, 2, 2, 1),  # nothing else runs
    ({1: [1.0], 2: [4.0]}, 2, 1, 1),  # another process takes a core
    ({1: [1.0], 2: [0.7]}, 1, 2, 1),  # and has ended
    ({1: [0.1] * 3, 2: [0.103] * 3}, 2, 2, 3),  # no change for next to nothing
    ({1: [0.1] * 3, 2: [0.11, 0.05, 0.05]}, 1, 2, 2),  # one slow look
    ({1: [1.5], 2: [1.6]}, 1, 1, 1),  # looks that take long are not repeated
])  # fmt: skip
def test_the_quickest_is_chosen(times: dict[int, list[float]], present: int, chosen: int, looks: int) -> None:
    given = {number: iter(values) for number, values in times.items()}
    asked: list[int] = []

    def seconds(number: int) -> float:
        asked.append(number)
        return next(given[number])

    assert quickest(seconds, list(times), present) == chosen
    assert asked == [1, 2] * looks


def weights_of(run: Path) -> bytes:
    return (run / "weights.safetensors").read_bytes()


@pytest.mark.parametrize("task", ["fill", "generate"])
@pytest.mark.parametrize("quicker", [1, 2])
def test_steps_keep_the_number_that_was_chosen_before_the_first(
    task: str, quicker: int, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_cores: None
) -> None:
    chosen = []
    monkeypatch.setattr(thread_count, "quickest", lambda seconds, numbers, present: (seconds(1), quicker)[1])
    monkeypatch.setattr(thread_count, "crowded", lambda number: False)
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    events = train(task, corpus, tmp_path / "run", steps=6, save_seconds=0.0, evaluations=1, **TINY)
    started = next(event for event in events if isinstance(event, Started))
    assert started.threads == chosen[-1] == quicker
    for _ in zip(range(3), events, strict=False):  # a few saved updates
        pass
    events.close()
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())["settings"]
    assert settings[2]["threads"] == quicker
    state = json.loads((tmp_path / "run" / "checkpoint" / "state.json").read_text())
    assert state["settings"][2]["threads"] == quicker

    monkeypatch.setattr(thread_count, "quickest", lambda *_: pytest.fail("chosen again"))
    (started, *_) = train(task, None, tmp_path / "run", resume=True)
    assert started.threads == chosen[-1] == quicker
    # Nothing of the rehearsal stays: the weights are those of a run that was told the number.
    list(train(task, corpus, tmp_path / "told", steps=6, evaluations=1, threads=quicker, **TINY))
    assert weights_of(tmp_path / "run") == weights_of(tmp_path / "told")


def test_with_minutes_the_number_is_chosen_anew_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    free = ["core", "core"]
    clock, carried, found = SimpleNamespace(now=0.0), {"0": torch.ones(1)}, []
    network, took = torch.nn.Linear(1, 1), {1: 0.3, 2: 0.1}

    def loss(batch: str, moment: Moment, share: Share) -> tuple[torch.Tensor, int, int]:
        clock.now += took[found[-1]]
        task.carried_now = None
        return network(torch.ones(1)).sum() * torch.rand(1).sum(), 1, 1

    task = SimpleNamespace(
        network=network, training=SimpleNamespace(batch_size=4096), loss=loss, carried=lambda: carried,
        carry=lambda tensors: setattr(task, "carried_now", tensors), batches=lambda start: iter([(start, "")]),
    )  # fmt: skip
    monkeypatch.setattr(thread_count, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(torch, "set_num_threads", found.append)
    monkeypatch.setattr(thread_count, "crowded", lambda number: False)
    rehearsal = Rehearsal(task, Device(torch.device("cpu"), False, 2))  # type: ignore[arg-type]
    before = torch.random.get_rng_state()
    rehearsal.hold_when_due()
    assert (rehearsal.number, found[-1]) == (2, 2)
    assert clock.now == pytest.approx(0.8)
    monkeypatch.setattr(thread_count, "crowded", lambda number: number > 1 and not free)
    free.clear()
    clock.now += 33.0
    rehearsal.hold_when_due()
    assert (rehearsal.number, found[-1]) == (1, 1)  # so crowded that no part of a batch is needed to tell
    free.extend("aa")
    clock.now += 31.0
    rehearsal.hold_when_due()
    assert rehearsal.number == 2
    took[2] = 1.2  # another process has taken a core
    rehearsal.hold_when_due()
    assert rehearsal.number == 2  # it is not time yet
    clock.now += 32.0
    rehearsal.hold_when_due()
    assert (rehearsal.number, found[-1]) == (1, 1)
    trial, took[2] = 3.0, 0.1
    clock.now += 39.0 * trial
    rehearsal.hold_when_due()
    assert rehearsal.number == 1  # the trial took long, so the next one waits
    clock.now += 2.0 * trial
    rehearsal.hold_when_due()
    assert rehearsal.number == 2
    # Nothing stays of it.
    assert task.carried_now is carried
    assert network.weight.grad is None
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("budget", [{"steps": 2}, {"minutes": 0.02}])
def test_threads_that_were_asked_for_are_never_overruled(
    budget: dict[str, Any], corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_cores: None
) -> None:
    monkeypatch.setattr(thread_count, "quickest", lambda *_: pytest.fail("tried"))
    (started, *_) = train("fill", corpus, tmp_path / "run", threads=2, **budget, **TINY)
    assert started.threads == 2
