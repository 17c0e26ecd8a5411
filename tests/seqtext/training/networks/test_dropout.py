"""Dropout that does not depend on how rows are shared out."""

import pytest
import torch

from seqtext.training.networks.dropout import Dropper
from seqtext.training.schedule import Moment


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_dropout_does_not_depend_on_how_rows_are_split() -> None:
    states = torch.ones(6, 3, 50)
    whole = Dropper(0.4, 7, 11, torch.arange(6), 6)
    expected = [whole(states), whole(states)]  # two places of the network
    for split in ([0, 1, 2, 3, 4, 5], [5, 0, 3], [2]):
        rows = torch.tensor(split)
        part = Dropper(0.4, 7, 11, rows, 6)
        for one in expected:
            assert torch.equal(part(states[rows]), one[rows])
    assert not torch.equal(*expected)


def test_dropout_is_locked_scaled_and_drawn_anew_each_step() -> None:
    states = torch.ones(40, 5, 100)
    found = Dropper(0.3, 1, 0, torch.arange(40), 40)(states)
    assert torch.equal(found, found[:, :1].expand_as(found))  # the same units at every time step
    assert found.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert found.mean().item() == pytest.approx(1, abs=0.05)  # 4000 masks: a standard deviation of 0.01
    assert not torch.equal(found[0], found[1])
    for seed, step in ((1, 1), (2, 0)):
        assert not torch.equal(found, Dropper(0.3, seed, step, torch.arange(40), 40)(states))


def test_no_dropout_is_the_identity() -> None:
    states = torch.randn(2, 3, 4, generator=generator())
    assert Dropper(0.0, 1, 1, torch.arange(2), 2)(states) is states


def test_dropout_begins_with_the_second_pass_and_rises() -> None:
    rates = [Dropper.at(Moment(0, 0.5, passes), 0.4, 1, torch.arange(2), 2).rate for passes in (0, 0.9, 1.5, 3, 9, 50)]
    assert rates[:2] == [0.0, 0.0]
    assert rates[2:] == sorted(set(rates[2:]))
    assert 0.0 < rates[2] < 0.1
    assert rates[-1] == pytest.approx(0.4, abs=1e-6)
