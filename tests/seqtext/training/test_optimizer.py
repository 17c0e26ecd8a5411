"""The optimizer: PyTorch's AdamW to the bit, without its compiler."""

import copy
import subprocess
import sys
from pathlib import Path

import torch
from torch import nn

from seqtext.config import TrainingConfig
from seqtext.training.optimizer import make_optimizer


def learn(network: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    generator = torch.Generator().manual_seed(3)
    for _ in range(steps):
        loss = network(torch.randn(5, 4, generator=generator)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_updates_are_those_of_pytorch() -> None:
    torch.manual_seed(1)
    ours = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))
    theirs = copy.deepcopy(ours)
    optimizer = make_optimizer(ours, TrainingConfig(learning_rate=0.01, weight_decay=0.1))
    groups = [{"params": [p for p in theirs.parameters() if p.ndim > 1], "weight_decay": 0.1},
              {"params": [p for p in theirs.parameters() if p.ndim == 1], "weight_decay": 0.0}]  # fmt: skip
    oracle = torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.98), eps=1e-9, fused=True)
    learn(ours, optimizer, 5)
    learn(theirs, oracle, 5)
    assert all(torch.equal(*pair) for pair in zip(ours.parameters(), theirs.parameters(), strict=True))
    optimizer.load_state_dict(copy.deepcopy(oracle.state_dict()))
    learn(ours, optimizer, 2)
    learn(theirs, oracle, 2)
    assert all(torch.equal(*pair) for pair in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_no_gradients_are_kept_of_an_update() -> None:
    network, enabled = nn.Linear(4, 2), list[bool]()
    optimizer = make_optimizer(network, TrainingConfig())
    before = optimizer._init_group  # type: ignore[attr-defined]
    optimizer._init_group = lambda *given: enabled.append(torch.is_grad_enabled()) or before(*given)  # type: ignore[attr-defined]
    learn(network, optimizer, 1)
    assert enabled == [False, False]
    assert torch.is_grad_enabled()


TRAINING = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from training_corpora import SMALL, small_corpus
from seqtext import train
from seqtext.tasks import TASKS
for task in TASKS:
    folder = Path(sys.argv[2], task)
    folder.mkdir()
    list(train(task, small_corpus(folder, task), folder / "run", steps=2, device="cpu", **SMALL))
print(*(name for name in ("torch", "torch._dynamo") if name in sys.modules))
"""


def test_no_training_loads_the_compiler(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRAINING, str(Path(__file__).parents[2] / "common"), str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout == "torch\n"
