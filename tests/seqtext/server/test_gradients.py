"""The figures of the page's ladder are what the command beside them measures.

`python tests/seqtext/server/test_gradients.py --write` measures them anew.
"""

import argparse
import json
import math
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
FIGURES = ROOT / "seqtext" / "server" / "page" / "gradients.json"
COMMAND = (
    "seqtext inspect gradients corpora/stories.txt --cell rnn --cell gru --cell lstm --cell mingru --steps 100 "
    "--seed 1 --threads 1 --json"
)


def measured(*instead: str) -> list[dict[str, Any]]:
    """What the command prints, rounded as in the package; instead: other options behind those of the command."""
    words = [sys.executable, "-m", "seqtext", *shlex.split(COMMAND)[1:], *instead]
    done = subprocess.run(words, cwd=ROOT, env={**os.environ}, capture_output=True, encoding="utf-8", check=True)
    return [rounded(json.loads(line)) for line in done.stdout.splitlines()]


def rounded(flow: dict[str, Any]) -> dict[str, Any]:
    """What the page needs of a network: three digits of each norm."""
    norms = [float(f"{norm:.3g}") for norm in flow["norms"]]
    return {
        **{key: flow[key] for key in ("cell", "start", "steps")},
        "loss": float(f"{flow['loss']:.4g}"),
        "norms": norms,
    }


def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


def key(figure: dict[str, Any]) -> tuple[str, str, int]:
    return figure["cell"], figure["start"], figure["steps"]


def test_the_command_is_named_beside_them() -> None:
    assert kept()["command"] == COMMAND


def test_there_are_figures_of_each_cell_start_and_stage() -> None:
    found = [key(figure) for figure in kept()["figures"]]
    cells, starts = ("rnn", "gru", "lstm", "mingru"), ("orthogonal", "usual")
    assert sorted(found) == sorted((cell, start, steps) for cell in cells for start in starts for steps in (0, 100))
    assert all(len(figure["norms"]) == 100 for figure in kept()["figures"])


@pytest.mark.learning
def test_the_command_measures_them() -> None:
    known = {key(figure): figure for figure in kept()["figures"]}
    found = measured()
    assert {key(figure) for figure in found} == set(known)
    for figure in found:
        other = known[key(figure)]
        assert figure["loss"] == pytest.approx(other["loss"], rel=0.02)
        # After a training, rounding has grown; how fast the gradient falls is the same.
        decades = 0.1 if not figure["steps"] else 1.0 + 0.1 * abs(math.log10(other["norms"][50] + 1e-45))
        for step in (99, 90, 50):
            ours, theirs = (math.log10(norms[step] + 1e-45) for norms in (figure["norms"], other["norms"]))
            assert ours == pytest.approx(theirs, abs=decades), (key(figure), step)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure the figures of the page's ladder anew.")
    parser.add_argument("--write", action="store_true", required=True, help="write them into the package")
    parser.parse_args()
    FIGURES.write_text(json.dumps({"command": COMMAND, "figures": measured()}) + "\n", encoding="utf-8")
