"""Refuse overflow from large weights, without NumPy's warnings."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from seqtext.errors import scores_not_finite


@contextmanager
def may_overflow() -> Iterator[None]:
    """Silence NumPy's warnings of overflow and invalid values.

    The block or function inside must check its results, see `check_finite`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        yield


def check_finite(numbers: ArrayLike) -> None:
    """Raise ModelError unless all numbers are finite."""
    if not np.isfinite(numbers).all():
        raise scores_not_finite()
