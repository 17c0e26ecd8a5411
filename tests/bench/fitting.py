"""The form of a Transformer that has as many parameters as ours."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Size:
    """The network's form; hidden 0 takes the width at which layers of the usual form (inner = 4 · hidden) fit."""

    layers: int = 4
    heads: int = 4
    hidden: int = 0
    dropout: float = 0.0


def add_size_options(parser: argparse.ArgumentParser, what: str, usual: Size | None = None) -> None:
    """The form of what ours is compared with; `usual` is the default."""
    usual = usual or Size()
    parser.add_argument("--layers", type=int, default=usual.layers, help=f"layers of the {what} ({usual.layers})")
    parser.add_argument("--heads", type=int, default=usual.heads, help=f"its attention heads ({usual.heads})")
    parser.add_argument("--hidden", type=int, default=usual.hidden, help="its width; 0 takes what fits the parameters")
    pays = f"its dropout; pays from several passes on ({usual.dropout:g})"
    parser.add_argument("--dropout", type=float, default=usual.dropout, help=pays)


def fitting_form(count: Callable[[int, int], int], parameters: int, size: Size, tolerance: float) -> tuple[int, int]:
    """The width, and the inner width of each layer, with as many parameters as asked for.

    count: the parameters of a network of some width and inner width; tolerance: the share that may be missed.
    Raises SystemExit where it is.
    """
    hidden, step = size.hidden, 8 * size.heads
    if not hidden:
        near = [abs(count(width, 4 * width) - parameters) for width in range(step, 1025, step)]
        hidden = step * (1 + int(np.argmin(near)))
    # Each unit inside a layer costs its two rows of weights and a bias: that takes up what the width leaves.
    missing = parameters - count(hidden, 4 * hidden)
    inner = max(8, 4 * hidden + round(missing / (size.layers * (2 * hidden + 1)) / 8) * 8)
    if abs(count(hidden, inner) / parameters - 1) > tolerance:
        raise SystemExit(f"No network of {size.layers} layers and width {hidden} has {parameters:,} parameters.")
    return hidden, inner
