"""Training on a GPU: on a pretended one everywhere, on a real one where there is one (`pytest -m cuda`)."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pretended_cuda import Pretended, pretended_cuda
from safetensors.torch import load_file  # what is carried may be bfloat16, which NumPy does not know
from training_corpora import SMALL, small_corpus

import seqtext
from seqtext.config import TrainingConfig
from seqtext.errors import ConfigError
from seqtext.evaluation.league import League
from seqtext.tasks import TASKS, resolve
from seqtext.training.compare import compare
from seqtext.training.deterministic import deterministic_kernels
from seqtext.training.device import choose_kind
from seqtext.training.events import Event, Finished, Saved, Started
from seqtext.training.networks import blank_filler
from seqtext.training.train import train

#: A case for everything that computes in a way of its own.
CASES: list[tuple[str, dict[str, Any]]] = [
    *((task, {}) for task in TASKS),
    ("fill", {"average": 0.9, "softmax": "sampled", "samples": 32, "cell": "gru", "dropout": 0.5, "epochs": 2,
              "batch_size": 700}),
    ("fill", {"cell": "mingru", "direction": "backward"}),
    ("generate", {"softmax": "sampled", "samples": 32, "cell": "lstm", "layers": 2, "average": 0.9}),
    ("generate", {"encoder": "feedforward"}),
    ("translate", {"vocabulary": "separate", "attention": "additive", "coverage": True, "cell": "gru"}),
    ("summarize", {"copy": True, "coverage": True, "cell": "rnn"}),
    ("classify", {"encoder": "convolution", "layers": 2, "pool_width": 2, "pairs": 64, "wide": 64, "balance": 0.5}),
    ("classify", {"encoder": "rnn", "pooling": "attention,last,mean", "average": 0.9}),
    ("classify", {"several": True, "encoder": "bag"}),
]  # fmt: skip


def cut(events: Iterator[Event], step: int) -> None:
    """Close a training just after a checkpoint, as a kill would end it."""
    for event in events:
        if isinstance(event, Saved) and event.step == step:
            break
    events.close()  # type: ignore[attr-defined]


def asked_at_saves(events: Iterator[Event]) -> set[bool]:
    """Whether deterministic kernels are asked for whenever a checkpoint has been saved."""
    return {torch.are_deterministic_algorithms_enabled() for event in events if isinstance(event, Saved)}


def settings_of(own: dict[str, Any], **more: Any) -> dict[str, Any]:
    budget = {} if "epochs" in own else {"steps": 4}
    return {**SMALL, **budget, **own, "device": "cuda", **more}


def tensors(run: Path) -> dict[str, torch.Tensor]:
    """Weights of the model, and all of the last checkpoint."""
    slot = json.loads((run / "checkpoint" / "state.json").read_text(encoding="utf-8"))["slot"]
    state = load_file(run / "checkpoint" / f"{slot}.safetensors")
    return {**load_file(run / "weights.safetensors"), **{f"state.{name}": value for name, value in state.items()}}


def check_same(one: Path, two: Path) -> None:
    first, second = tensors(one), tensors(two)
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


@pytest.mark.parametrize(
    ("task", "own"), [pytest.param(*case, marks=pytest.mark.learning if case[1] else ()) for case in CASES]
)
def test_all_is_computed_on_the_device_and_resumed(task: str, own: dict[str, Any], tmp_path: Path) -> None:
    """A pretended device refuses what is elsewhere and has no deterministic kernel; its numbers are the processor's."""
    corpus = small_corpus(tmp_path, task)
    settings = settings_of(own, precision="fp32", deterministic=True)
    with pretended_cuda():
        assert asked_at_saves(train(task, corpus, tmp_path / "whole", **settings)) == {True}
        cut(train(task, corpus, tmp_path / "broken", save_seconds=0.0, **settings), 2)
        assert not torch.are_deterministic_algorithms_enabled()
        assert asked_at_saves(train(task, None, tmp_path / "broken", resume=True)) == {True}
    assert not torch.are_deterministic_algorithms_enabled()
    check_same(tmp_path / "whole", tmp_path / "broken")
    assert asked_at_saves(train(task, corpus, tmp_path / "cpu", **{**settings, "device": "cpu"})) == {False}
    here, there = (load_file(tmp_path / run / "weights.safetensors") for run in ("cpu", "whole"))
    for name, value in here.items():
        torch.testing.assert_close(there[name], value, rtol=0.0, atol=2e-3)


def test_sums_over_a_long_text_keep_an_order() -> None:
    values = torch.rand(2, 600, 3, generator=torch.Generator().manual_seed(1))
    with pretended_cuda(), deterministic_kernels(True):
        sums = [part.cpu() for part in blank_filler._sums(values.to("meta"))]
    for one, other in zip(sums, blank_filler._sums(values), strict=True):
        torch.testing.assert_close(one, other)


def test_the_pretended_device_refuses_what_a_real_one_does() -> None:
    with pretended_cuda():
        there = torch.ones(3).to("meta")
        assert isinstance(there, Pretended)
        assert isinstance(there[torch.tensor([0, 2])] * torch.tensor(2.0), Pretended)
        with pytest.raises(RuntimeError, match="same device"):
            there + torch.ones(3)
        with pytest.raises(TypeError, match="copied"):
            there.numpy()
        assert there.cpu().numpy().tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("device", "cards", "processes", "kind"),
    [("auto", 0, 1, "cpu"), ("auto", 1, 1, "cuda"), ("auto", 1, 2, "cpu"), ("auto", 2, 2, "cuda"),
     ("cpu", 2, 1, "cpu"), ("cuda", 2, 2, "cuda"), ("cuda", 2, 1, "cuda")],
)  # fmt: skip
def test_a_card_for_each_process_or_the_processor(
    device: str, cards: int, processes: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(cards, processes, monkeypatch)
    assert choose_kind(TrainingConfig(device=device)) == kind


def have(cards: int, processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cards > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))


def test_more_processes_than_cards_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have(1, 2, monkeypatch)
    with pytest.raises(
        ConfigError, match="the CUDA devices here are 1, the processes 2; one for each process"
    ) as caught:
        list(train("fill", small_corpus(tmp_path, "fill"), tmp_path / "run", device="cuda"))
    assert caught.value.hint == "--nproc-per-node 1, or device='cpu'"
    assert not (tmp_path / "run").exists()
    have(0, 1, monkeypatch)
    with pytest.raises(ConfigError, match="no CUDA device is here"):
        choose_kind(TrainingConfig(device="cuda"))


def test_a_run_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    """Its settings know nothing of --deterministic, which changes nothing on the processor."""
    how = {**SMALL, "steps": 4, "device": "cpu"}
    corpus, run = small_corpus(tmp_path, "generate"), tmp_path / "run"
    list(train("generate", corpus, tmp_path / "whole", deterministic=True, **how))
    cut(train("generate", corpus, run, save_seconds=0.0, **how), 2)
    for path in (run / "settings.json", run / "checkpoint" / "state.json"):
        facts = json.loads(path.read_text(encoding="utf-8"))
        assert facts["settings"][2].pop("deterministic") is False
        facts.pop("check", None)
        path.write_text(json.dumps(facts), encoding="utf-8")
    list(train("generate", None, run, resume=True))
    check_same(run, tmp_path / "whole")


@pytest.mark.cuda
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(("task", "own"), CASES)
def test_a_resumed_run_ends_with_the_same_bits(task: str, own: dict[str, Any], precision: str, tmp_path: Path) -> None:
    """The model answers afterwards, and stands in the settings as it was learnt."""
    corpus = small_corpus(tmp_path, task)
    settings = settings_of(own, precision=precision, deterministic=True)
    started, *_, finished = train(task, corpus, tmp_path / "whole", **settings)
    assert isinstance(started, Started)
    assert (started.device, started.precision) == ("cuda", precision)
    assert math.isfinite(finished.metrics["loss"])
    cut(train(task, corpus, tmp_path / "broken", save_seconds=0.0, **settings), 2)
    list(train(task, None, tmp_path / "broken", resume=True))
    check_same(tmp_path / "whole", tmp_path / "broken")
    assert not torch.are_deterministic_algorithms_enabled()
    model = seqtext.load(tmp_path / "broken", task=task)
    training = resolve(TASKS[task].training)
    text = next(iter(corpus.read_text(encoding="utf-8").splitlines()[2:])).split("\t")[-1]
    assert training.answer(model, training.question(text)) is not None


@pytest.mark.cuda
@pytest.mark.parametrize("task", TASKS)
def test_without_being_asked_for_a_gpu_is_taken_and_resumed(task: str, tmp_path: Path) -> None:
    """As close to the whole run as kernels that keep no order come."""
    corpus = small_corpus(tmp_path, task)
    how = {**SMALL, "steps": 4, "average": 0.9}
    started, *_ = train(task, corpus, tmp_path / "whole", **how)
    assert isinstance(started, Started)
    assert started.device == "cuda"
    cut(train(task, corpus, tmp_path / "broken", save_seconds=0.0, **how), 2)
    assert isinstance(list(train(task, None, tmp_path / "broken", resume=True))[-1], Finished)
    whole, broken = tensors(tmp_path / "whole"), tensors(tmp_path / "broken")
    for name in whole:
        if name.startswith("state.network."):
            torch.testing.assert_close(broken[name], whole[name], rtol=0.0, atol=0.05)


@pytest.mark.cuda
def test_settings_are_compared_on_a_gpu(tmp_path: Path) -> None:
    corpus, each = small_corpus(tmp_path, "classify"), [{"encoder": "bag"}, {"encoder": "gru"}]
    events = compare("classify", corpus, tmp_path / "run", minutes=0.03, each=each, save_seconds=0.0, preset="tiny")
    cut(events, 3)
    *_, league = compare("classify", None, tmp_path / "run", resume=True)
    assert isinstance(league, League)
    assert set(league.rows) == {"bag", "gru"}


@pytest.mark.cuda
def test_the_command_needs_no_variable(tmp_path: Path) -> None:
    """--deterministic sets what cuBLAS asks of the environment; the run is described and asked afterwards."""
    corpus, run = small_corpus(tmp_path, "generate"), str(tmp_path / "run")
    environment = {name: value for name, value in os.environ.items() if name != "CUBLAS_WORKSPACE_CONFIG"}

    def command(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "seqtext", *words], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    learnt = command(
        "train", "generate", str(corpus), "--run", run, "--preset", "tiny", "--steps", "4", "--deterministic"
    )
    assert "on cuda in" in learnt
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["settings"][2]["deterministic"] is True
    assert "generate" in command("info", run)
    assert command("generate", "--model", run, "--length", "20")
