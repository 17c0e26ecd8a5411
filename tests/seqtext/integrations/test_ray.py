"""Ray Data answers as one process does, loses and doubles nothing when an actor dies, and keeps its memory."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from seqtext.integrations.columns import COLUMNS

if find_spec("ray") is None or not Path("/proc/self/smaps_rollup").exists():
    pytest.skip("needs Ray (the extra ray), and Linux to count memory", allow_module_level=True)

JOBS = Path(__file__).parents[2] / "common" / "ray_jobs.py"


pytestmark = pytest.mark.learning  # the processes of Ray take half a minute to begin


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the jobs found out; they take 40 s, half of them for Ray to start and to end."""
    folder = tmp_path_factory.mktemp("ray")
    path = os.pathsep.join(filter(None, [str(JOBS.parents[2]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(JOBS), str(folder)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = json.loads((folder / "found.json").read_text())
    jobs["was_killed"] = (folder / "killed").exists()  # which a worker leaves as it dies
    return jobs


@pytest.mark.parametrize("job", ["killed", "short", "long"])
def test_rows_and_answers_are_those_of_one_process(found: Any, job: str) -> None:
    assert found[job]["ids"]  # each once
    assert found[job]["types"][2:] == ["string", "double", "bool"]
    assert len(found["alone"]) == len(found[job]["rows"]) == 2000
    assert found[job]["answers"] == 5  # of the five texts
    for expected, row in zip(found["alone"], found[job]["rows"], strict=True):
        assert row == {**expected, "probability": pytest.approx(expected["probability"], abs=1e-5)}
    assert list(found["alone"][0]) == ["id", "text", *COLUMNS["classify"].added]


def test_an_actor_was_killed(found: Any) -> None:
    assert found["was_killed"]


def test_memory_does_not_grow_with_the_rows(found: Any) -> None:
    """Ten times the rows are 100 MB of them, more than the object store holds."""
    assert found["long"]["memory"] < found["short"]["memory"] + (150 << 20)
