"""Scores that a trial gave held-out texts, kept beside it, so that what it adds to a linear classifier is known."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from seqtext.storage.atomic import write_atomically
from seqtext.training.blend import Blend, blend
from seqtext.training.linear import Floats

HELD_OUT = "held_out_scores.safetensors"  # of the texts that a trial was measured on


class HeldOutScores(NamedTuple):
    """What a classifier said of some texts that it has not learnt from.

    texts: (n,) which of them these are; scores: (n, labels); targets: (n, labels) 1 at a text's labels, else 0
    """

    texts: NDArray[np.int64]
    scores: Floats
    targets: Floats

    def write(self, path: Path) -> None:
        """Keep them in a file."""
        arrays: dict[str, NDArray[Any]] = {
            "texts": self.texts, "scores": self.scores.astype(np.float32), "targets": self.targets.astype(np.uint8),
        }  # fmt: skip
        write_atomically(path, save(arrays))

    @classmethod
    def read(cls, path: Path) -> "HeldOutScores | None":
        """Read those of a file; None where there is none, or it is damaged."""
        try:
            found = load(path.read_bytes())
            scores, targets = (found[name].astype(np.float64) for name in ("scores", "targets"))
            return cls(found["texts"], scores, targets)
        except (OSError, SafetensorError, KeyError):
            return None

    def matches(self, other: "HeldOutScores") -> bool:
        """Tell whether they are of the same texts, in any order, and the same labels."""
        own, others = np.argsort(self.texts), np.argsort(other.texts)
        return (
            self.scores.shape == other.scores.shape
            and np.array_equal(self.texts[own], other.texts[others])
            and np.array_equal(self.targets[own], other.targets[others])
        )

    def beside(self, other: "HeldOutScores", *, several: bool) -> Blend | None:
        """Blend them with those of another classifier; None where they are not of the same texts and labels."""
        if not self.matches(other):
            return None
        own, others = np.argsort(self.texts), np.argsort(other.texts)
        return blend(self.scores[own], other.scores[others], self.targets[own], several=several)
