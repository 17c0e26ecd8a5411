"""The state of a run: what is restored lies where those who go on with it want it."""

from pathlib import Path

import pytest
import torch
from pretended_cuda import Pretended, pretended_cuda
from torch import nn

from seqtext.training.checkpoint import Checkpoint

MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def learner(device: str, fused: bool, seed: int) -> tuple[nn.Module, torch.optim.AdamW]:
    """A network whose second half does not learn, and its optimizer in two groups, not in the network's order."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)).to(device)
    network[1].requires_grad_(False)
    groups = [{"params": [network[0].bias], "weight_decay": 0.0}, {"params": [network[0].weight], "lr": 0.5}]
    return network, torch.optim.AdamW(groups, lr=0.1, fused=fused)


def learn(network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    device = next(network.parameters()).device
    network(torch.arange(6.0, device=device).view(2, 3)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def everything(network: nn.Module, optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    moments = [optimizer.state[one][name] for one in network[0].parameters() for name in MOMENTS]
    return [*network.state_dict().values(), *moments]


@pytest.mark.parametrize("fused", [True, False])
def test_moments_are_restored_bit_by_bit_with_their_parameter(tmp_path: Path, fused: bool) -> None:
    network, optimizer = learner("cpu", fused, 1)
    learn(network, optimizer)
    Checkpoint(tmp_path).save({"step": 7, "progress": {}}, network, optimizer, {"average.0.bias": torch.ones(4)}, "")
    other, anew = learner("cpu", fused, 2)
    state, extra = Checkpoint(tmp_path).restore(other, anew)
    assert (state["step"], extra["average.0.bias"].tolist()) == (7, [1.0] * 4)
    assert [group["lr"] for group in anew.param_groups] == [0.1, 0.5]
    for which in (network, optimizer), (other, anew):
        learn(*which)
    pairs = zip(everything(network, optimizer), everything(other, anew), strict=True)
    assert all(torch.equal(one, two) for one, two in pairs)


@pytest.mark.parametrize("fused", [True, False])
def test_all_is_restored_to_the_device_where_it_is_wanted(tmp_path: Path, fused: bool) -> None:
    """A fused AdamW wants `step` on the device of its parameter, another one on the processor."""
    network, optimizer = learner("cpu", fused, 1)
    learn(network, optimizer)
    Checkpoint(tmp_path).save({"progress": {}}, network, optimizer, {"average.0.bias": torch.ones(4)}, "")
    with pretended_cuda():
        other, anew = learner("meta", fused, 2)
        _, extra = Checkpoint(tmp_path).restore(other, anew)
        assert isinstance(extra["average.0.bias"], Pretended)
        for parameter in other[0].parameters():
            found = {name: isinstance(value, Pretended) for name, value in anew.state[parameter].items()}
            assert found == {"step": fused, "exp_avg": True, "exp_avg_sq": True}
        learn(other, anew)
