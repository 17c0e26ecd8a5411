"""Show gradients through time as table, terminal bars or picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.config import READERS
from seqtext.plots.figures import COLOURS, MARKS, canvas, check_picture

STARTS = ("orthogonal", "usual")  # the ways in which a network may begin

_BARS = "▁▂▃▄▅▆▇█"  # a decade each
_NONE = "·"
_LOWEST = 1e-40  # of a picture


@dataclass(frozen=True)
class GradientFlow:
    """Hold gradient norms at each step back from the loss.

    `seqtext.training.gradients` measures them for one network.

    cell: of the network; start: how its weights began, one of STARTS
    norms: (length,) of the gradient with respect to the state of each step, the last one last; averaged over windows
    loss:  nats of the token after the last step
    whole: the norm of the gradient of all weights, before clipping; clip: the largest accepted, 0 for any
    steps: updates of training before this was measured; of these, `clipped` were clipped, `largest` the largest norm
    """

    cell: str
    start: str
    norms: NDArray[np.float64]
    loss: float
    whole: float
    clip: float
    steps: int = 0
    clipped: int = 0
    largest: float = 0.0

    @property
    def ratio(self) -> float:
        """Divide the first step's norm by the last step's.

        Clipping does not change it.
        """
        return float(self.norms[0] / self.norms[-1]) if self.norms[-1] else math.nan

    @property
    def scale(self) -> float:
        """Return the factor by which clipping scales the gradient."""
        return self.clip / self.whole if 0 < self.clip < self.whole else 1.0

    @property
    def stage(self) -> str:
        """Return "trained" or "untrained"."""
        return "trained" if self.steps else "untrained"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "cell": self.cell, "start": self.start, "steps": self.steps, "loss": self.loss,
            "norms": self.norms.tolist(), "ratio": self.ratio,
            "gradient_norm": self.whole, "clip": self.clip, "clip_scale": self.scale,
            "clipped_norms": (self.norms * self.scale).tolist(), "clipped_steps": self.clipped,
            "largest_gradient_norm": self.largest,
        }  # fmt: skip


def gradient_rows(flows: Sequence[GradientFlow]) -> list[list[str]]:
    """Tabulate gradient norms, their ratio and clipping: a row per flow.

    The first row is a header; columns of norms are named by the steps back from the loss.

    all weights: the norm of their gradient; clipped to: the factor by which clipping scales it
    """
    length, clip = len(flows[0].norms), flows[0].clip
    backs = sorted({0, length // 10, length // 2, length - 1})
    shown = ["last step" if back == 0 else f"{back} back" for back in backs]
    rows = [["cell", "start", "network", *shown, "first/last", "all weights", f"clipped to {clip:g}" if clip else ""]]
    for flow in flows:
        norms = [f"{flow.norms[-1 - back]:.1e}" for back in backs]
        scale = f"× {flow.scale:.3g}" if clip else ""
        rows.append([flow.cell, flow.start, flow.stage, *norms, f"{flow.ratio:.1e}", f"{flow.whole:.2g}", scale])
    return rows


def gradient_text(flows: Sequence[GradientFlow], width: int = 80) -> str:
    """Format gradient norms as bars for a terminal, a line per flow.

    The first step is on the left, the last on the right.

    A full bar is the norm at the last step; each level below is a tenth of it, and a dot is less than the lowest.
    width: terminal columns; where there are more steps, a bar stands for the middle one of several
    """
    names = [" ".join((flow.cell, flow.start, flow.stage)) for flow in flows]
    margin = max(map(len, names), default=0) + 2
    return "\n".join(
        f"{name:{margin}}{_bars(flow.norms, max(1, width - margin))}" for name, flow in zip(names, flows, strict=True)
    )


def _bars(norms: NDArray[np.float64], room: int) -> str:
    count = min(room, len(norms))
    steps = np.rint(np.linspace(0, len(norms) - 1, count)).astype(int) if count > 1 else np.array([len(norms) - 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.round(np.log10(norms[steps] / norms[-1]) + len(_BARS), 6)  # that of the last step is the highest
    return "".join(_NONE if not level > 0 else _BARS[min(len(_BARS), math.ceil(level)) - 1] for level in levels)


def gradient_picture(flows: Sequence[GradientFlow], path: str | Path) -> None:
    """Plot gradient norms over the steps back from the loss.

    It has a column per start, a row per stage, and a line per cell; clipped norms are dotted.

    The file is written whole or not at all.
    raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
    """
    check_picture(path)
    starts = [start for start in STARTS if any(flow.start == start for flow in flows)]
    stages = sorted({flow.steps for flow in flows})
    shown = np.concatenate([flow.norms for flow in flows])
    shown = shown[np.isfinite(shown) & (shown > _LOWEST)]
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (1e-3, 1.0)
    size = (0.6 + 4.4 * len(starts), 3.6 * len(stages))
    cells = ", ".join(dict.fromkeys(flow.cell for flow in flows))
    title = f"Norm of the gradient of the state over the steps back from the loss: {cells}"
    with canvas(path, title, figsize=size, layout="constrained") as figure:
        for number, (steps, start) in enumerate(product(stages, starts)):
            axes = figure.add_subplot(len(stages), len(starts), number + 1)
            for flow in (flow for flow in flows if (flow.steps, flow.start) == (steps, start)):
                _draw(axes, flow)
            axes.set_yscale("log")
            axes.set_ylim(low / 3, high * 3)
            axes.invert_xaxis()  # time runs to the right
            axes.set_title(f"{start} start, " + (f"after {steps:,} updates" if steps else "untrained"), fontsize=10)
            axes.set_xlabel("steps back from the loss")
            if number % len(starts) == 0:
                axes.set_ylabel("norm of the gradient of the state")
            axes.grid(alpha=0.3)
            if any(flow.scale < 1.0 for flow in flows):
                axes.plot([], [], ":", color="0.4", linewidth=1, label=f"clipped to {flows[0].clip:g}")
            axes.legend(loc="lower right", fontsize=8)


def _draw(axes: Any, flow: GradientFlow) -> None:
    """Draw a line with marks, so that cells differ in grey, too.

    Dotted is what clipping leaves of it.
    """
    look = READERS.index(flow.cell) if flow.cell in READERS else -1
    colour, mark = COLOURS[look % len(COLOURS)], MARKS[look % len(MARKS)]
    back, visible = np.arange(len(flow.norms))[::-1], np.where(flow.norms > _LOWEST, flow.norms, np.nan)
    every = (len(back) // 20 * max(look, 0), max(1, len(back) // 8))  # at other steps than those of other cells
    style: dict[str, Any] = {"color": colour, "linewidth": 1.4}
    axes.plot(back, visible, label=flow.cell, marker=mark, markersize=4, markevery=every, **style)
    if flow.scale < 1.0:
        axes.plot(back, visible * flow.scale, ":", color=colour, linewidth=1)
