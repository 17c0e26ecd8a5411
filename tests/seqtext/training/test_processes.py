"""Processes that train together: who is the first, what all agree on, sums over all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seqtext.training.processes import Processes, meet, met

MEETING = """
import sys
import torch
from seqtext.training.processes import meet, met

processes = meet("cpu")
tensor = torch.full((2,), 1.0 + processes.number)
processes.add_up(tensor)
processes.wait()
agreed = processes.agreed({"from": processes.number})
with open(f"{sys.argv[1]}/{processes.number}.txt", "w") as file:
    print(*met(), processes.is_first, tensor.tolist(), agreed, file=file)
torch.distributed.destroy_process_group()
"""


@pytest.mark.parametrize("environment", [{}, {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}])
def test_one_process_meets_nobody(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    alone = meet("cpu")
    assert alone == met() == Processes(0, 1)
    assert alone.is_first
    tensor = torch.ones(2)
    alone.add_up(tensor)
    alone.wait()
    assert tensor.tolist() == [1.0, 1.0]
    assert alone.agreed("mine") == "mine"


def test_two_processes_meet(tmp_path: Path) -> None:
    script = tmp_path / "meeting.py"
    script.write_text(MEETING, encoding="utf-8")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*launcher, str(script), str(tmp_path)], check=True, env=environment, timeout=120)
    said = [(tmp_path / f"{number}.txt").read_text(encoding="utf-8").strip() for number in range(2)]
    assert said == ["0 2 True [3.0, 3.0] {'from': 0}", "1 2 False [3.0, 3.0] {'from': 0}"]
