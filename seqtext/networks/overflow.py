"""Weights so large that numbers overflow: let happen without a warning, and reported before it becomes an answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from seqtext.errors import scores_not_finite


@contextmanager
def may_overflow() -> Iterator[None]:
    """Let numbers overflow without a warning in a block or a function, which is to check what comes of them."""
    with np.errstate(over="ignore", invalid="ignore"):
        yield


def check_finite(numbers: ArrayLike) -> None:
    """Raise ModelError unless all numbers are finite."""
    if not np.isfinite(numbers).all():
        raise scores_not_finite()
