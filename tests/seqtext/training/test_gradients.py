"""Gradients through time: equal to what autograd says, vanishing where they should, measured before and after."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seqtext.config import READERS, RECURRENT_CELLS, LanguageConfig, TokenizerConfig, TrainingConfig
from seqtext.errors import ConfigError, CorpusError, ModelError, SeqtextError
from seqtext.fields import to_dict
from seqtext.networks.cells import CELLS
from seqtext.plots.gradients import STARTS
from seqtext.storage.catalog import bundled
from seqtext.storage.model_folder import FORMAT, ModelFolder, read_folder, write_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.gradients import gradient_flows, measure, model_flows, start_as_usual, state_gradients
from seqtext.training.networks.language_model import LanguageNetwork

LINES = "The lamp by the window is lit.\nA boat came in late, and nobody saw it.\nShe wrote two letters.\n" * 8


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


def network_of(cell: str, layers: int = 1, hidden: int = 12) -> LanguageNetwork:
    torch.manual_seed(3)
    return LanguageNetwork(LanguageConfig(cell, layers, hidden, 8, 0.0), 40)


def by_autograd(network: LanguageNetwork, windows: torch.Tensor) -> np.ndarray:
    """The same norms by one pass back through a chain of states to each of which zeros are added."""
    states, zeros = network.zero(), []
    vectors = network.embedding(windows)
    for time in range(windows.shape[1] - 1):
        _, after = network.left.read(vectors[:, time : time + 1], states)
        parts = [one if isinstance(one, tuple) else (one,) for one in after]
        zeros.append([[torch.zeros_like(part, requires_grad=True) for part in one] for one in parts])
        moved = [tuple(map(torch.add, one, zero)) for one, zero in zip(parts, zeros[-1], strict=True)]
        states = [one if len(one) > 1 else one[0] for one in moved]
    scores = nn.functional.linear(network.output(moved[-1][0][0]), network.embedding.weight, network.bias)
    nn.functional.cross_entropy(scores, windows[:, -1], reduction="sum").backward()
    squares = [
        sum(part.grad.double().square().sum((0, 2)) for one in step for part in one if part.grad is not None)
        for step in zeros
    ]
    return torch.stack(squares, 1).sqrt().numpy()


@pytest.mark.parametrize("cell", READERS)
@pytest.mark.parametrize("layers", [1, 2])
def test_the_norms_are_those_of_autograd(cell: str, layers: int) -> None:
    network, windows = network_of(cell, layers), torch.randint(7, 40, (3, 9))
    assert np.allclose(state_gradients(network, windows), by_autograd(network, windows), rtol=1e-3, atol=0)


def test_one_unit_by_hand() -> None:
    """h_t = tanh(w h_{t−1} + u x_t), so δ_{t−1} = w (1 − h_t²) δ_t."""
    network = network_of("rnn", hidden=1)
    layer = network.left.layers[0]
    windows = torch.randint(7, 40, (2, 6))
    norms = state_gradients(network, windows)
    w, u = layer.weight_hh_l0.item(), layer.weight_ih_l0.detach()[0]
    for row, window in enumerate(windows):
        state, kept = 0.0, []
        for token in window[:-1]:
            state = math.tanh(w * state + float(u @ network.embedding.weight.detach()[token]))
            kept.append(abs(w) * (1 - state**2))
        assert norms[row, :-1] / norms[row, 1:] == pytest.approx(kept[1:], rel=1e-4)


def test_small_norms_do_not_underflow() -> None:
    """An untrained mingru halves its state at about every step: over 600 steps float32 would have nothing left."""
    norms = state_gradients(network_of("mingru"), torch.randint(7, 40, (2, 601)))
    assert (norms > 0).all()
    assert -220 < math.log10(norms[0, 0]) < -140


def test_norms_that_are_zero_stay_zero() -> None:
    network = network_of("rnn")
    nn.init.zeros_(network.left.layers[0].weight_hh_l0)
    norms = state_gradients(network, torch.randint(7, 40, (2, 5)))
    assert (norms[:, -1] > 0).all()
    assert (norms[:, :-1] == 0).all()


def test_nothing_is_learnt_from_what_lies_outside_a_window() -> None:
    norms = state_gradients(network_of("feedforward"), torch.randint(7, 40, (2, 9)))
    assert (norms[:, -5:] > 0).all()
    assert (norms[:, :-5] == 0).all()


def test_the_bar() -> None:
    """A simple RNN as it is usually begun forgets; the LSTM with a forget bias of 1, begun orthogonally, does not."""
    windows = torch.randint(7, 40, (4, 101), generator=torch.Generator().manual_seed(1))
    simple, lstm = network_of("rnn", hidden=128), network_of("lstm", hidden=128)
    kept = measure(simple, windows).ratio
    start_as_usual(simple)
    assert measure(simple, windows, "usual").ratio < 1e-4 < kept
    assert measure(lstm, windows).ratio > 1e-2
    start_as_usual(lstm)
    assert measure(simple, windows).ratio * 1e6 < measure(lstm, windows).ratio < 1e-4


@pytest.mark.parametrize("cell", READERS)
def test_the_usual_start_is_that_of_torch(cell: str) -> None:
    network = network_of(cell, hidden=64)
    start_as_usual(network)
    gate = CELLS[cell].forget_gate
    for name, parameter in network.left.layers[0].named_parameters():
        values = parameter.detach().clone()
        if gate is not None and name.startswith("bias"):
            forget = values[64 * gate : 64 * (gate + 1)]
            assert (forget == (1.0 if name == "bias_ih_l0" else 0.0)).all()
            forget.zero_()
        assert values.abs().max() <= 1 / 8
        assert values.abs().max() > 0.9 / 8


def test_clipping_scales_every_step_alike() -> None:
    network, windows = network_of("rnn"), torch.randint(7, 40, (4, 21))
    free, held = measure(network, windows, clip=0), measure(network, windows, clip=0.01)
    assert free.scale == 1.0
    parameters = list(network.parameters())
    scores, _ = network(windows[:, :-1], network.zero())
    loss = nn.functional.cross_entropy(scores[:, -1], windows[:, -1])
    loss.backward()
    assert held.loss == pytest.approx(loss.item(), rel=1e-5)
    assert held.whole == pytest.approx(float(nn.utils.clip_grad_norm_(parameters, 0.01)), rel=1e-5)
    assert held.scale == pytest.approx(0.01 / held.whole)
    assert held.ratio == free.ratio
    assert np.allclose(held.to_dict()["clipped_norms"], free.norms * held.scale)


def test_norms_are_averaged_over_windows() -> None:
    network, windows = network_of("gru"), torch.randint(7, 40, (3, 11))
    assert np.allclose(measure(network, windows).norms, state_gradients(network, windows).mean(0))


def test_every_cell_and_start_before_and_after(text: Path) -> None:
    settings = {"hidden": 16, "window_length": 20, "windows": 4, "steps": 3, "threads": 1}
    flows = list(gradient_flows(text, **settings))
    assert [(f.start, f.cell, f.steps) for f in flows] == [
        (start, cell, steps) for start in STARTS for cell in RECURRENT_CELLS for steps in (0, 3)
    ]
    assert all(flow.norms.shape == (20,) and np.isfinite(flow.norms).all() for flow in flows)
    again = list(gradient_flows(str(text), cells=["lstm"], starts=["usual"], **settings))
    assert [flow.to_dict() for flow in again] == [f.to_dict() for f in flows if (f.start, f.cell) == ("usual", "lstm")]
    other = next(gradient_flows(text, cells=["lstm"], starts=["usual"], seed=2, **settings))
    assert not np.allclose(other.norms, again[0].norms)


def test_training_learns_and_counts_what_was_clipped(text: Path) -> None:
    settings = {
        "cells": ["gru"],
        "starts": ["orthogonal"],
        "hidden": 16,
        "window_length": 20,
        "steps": 30,
        "threads": 1,
    }
    before, after = gradient_flows(text, clip=0.5, **settings)
    assert after.loss < before.loss - 0.5
    assert (before.clipped, before.largest) == (0, 0.0)
    assert 0 < after.clipped <= 30
    assert after.largest > 0.5
    free = list(gradient_flows(text, clip=0.0, **settings))[1]
    assert free.clipped == 0
    assert not np.allclose(free.norms, after.norms)


def test_a_trained_model_beside_an_untrained_one(text: Path, tmp_path: Path) -> None:
    tokenizer = Tokenizer.train([LINES], TokenizerConfig("char", 300, 1))
    config = LanguageConfig("lstm", 2, 12, 8, 0.3)
    torch.manual_seed(9)
    network = LanguageNetwork(config, tokenizer.size)
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    settings = {"format": FORMAT, "task": "generate", "network": to_dict(config), "training": to_dict(TrainingConfig())}
    settings["tokenizer"] = to_dict(TokenizerConfig("char", 300, 1))
    write_folder(
        tmp_path / "m", ModelFolder(settings, tokenizer.to_json(), weights, [{"step": 40, "loss": 1.0}], ""), "fp32"
    )
    before, after = model_flows(tmp_path / "m", text, window_length=30, windows=5, threads=1)
    assert [(f.cell, f.start, f.steps, f.stage) for f in (before, after)] == [
        ("lstm", "orthogonal", 0, "untrained"),
        ("lstm", "orthogonal", 40, "trained"),
    ]
    ids = torch.from_numpy(tokenizer.encode(LINES).ids.astype(np.int64))
    starts = np.random.default_rng([1, 1]).choice(len(ids) - 30, 5, replace=False)
    windows = torch.stack([ids[start : start + 31] for start in starts])
    assert np.allclose(after.norms, measure(network, windows).norms)
    large = {name: np.full_like(array, 1e38) for name, array in weights.items()}
    write_folder(tmp_path / "l", ModelFolder(settings, tokenizer.to_json(), large, [], ""), "fp32")
    with pytest.raises(ModelError, match="not finite numbers"):
        list(model_flows(tmp_path / "l", text, window_length=30, windows=5, threads=1))
    contents = ModelFolder({**settings, "task": "translate"}, tokenizer.to_json(), weights, [], "")
    write_folder(tmp_path / "t", contents, "fp32")
    with pytest.raises(ModelError, match="is a model for 'translate'; one for 'generate' or 'anomaly' is needed"):
        next(model_flows(tmp_path / "t", text))


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("tokenizer", {"tokens": "word"}, "holds tokens of the kind 'char'; the settings of the model say 'word'"),
        ("tokenizer", {"tokens": "letters"}, "received 'letters'; accepted are char, word, bpe"),
        ("network", {"hidden": 64}, "The weights do not fit the config"),
    ],
)
def test_a_model_that_is_damaged_is_refused(
    part: str, change: dict[str, object], message: str, text: Path, tmp_path: Path
) -> None:
    contents = read_folder(bundled()["generate-en"])
    contents.config[part].update(change)
    write_folder(tmp_path, contents)
    with pytest.raises(SeqtextError, match=message):
        next(model_flows(tmp_path, text, window_length=30, windows=2))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"cells": ["gru", "lstn"]},
            f"cells received 'lstn'; accepted are {', '.join(READERS)}.",
        ),
        ({"starts": ["zero"]}, "starts received 'zero'; accepted are orthogonal, usual."),
        ({"window_length": 1}, "window_length received 1; at least 2 is accepted."),
        ({"windows": 0}, "windows received 0; at least 1 is accepted."),
    ],
)
def test_settings_are_checked(text: Path, settings, message) -> None:
    with pytest.raises(ConfigError) as fault:
        next(gradient_flows(text, **settings))
    assert fault.value.message == message


def test_a_text_that_is_too_short(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Short.\n")
    with pytest.raises(CorpusError, match=r"The text has 7 tokens; a window of 7 steps and what comes next need 8\."):
        next(gradient_flows(tmp_path / "a.txt", window_length=7))
    (flow,) = gradient_flows(tmp_path / "a.txt", cells=["rnn"], starts=["usual"], window_length=6, windows=9, threads=1)
    assert len(flow.norms) == 6


def test_flows_are_plain_data(text: Path) -> None:
    flow = next(gradient_flows(text, cells=["rnn"], window_length=5, threads=1))
    data = flow.to_dict()
    assert data["ratio"] == pytest.approx(data["norms"][0] / data["norms"][-1])
    assert math.isnan(dataclasses.replace(flow, norms=np.zeros(5)).ratio)
