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

FILE = "held_out_scores.safetensors"


class HeldOutScores(NamedTuple):
    """What a classifier said of some held-out texts.

    texts: (n,) which of them these are; scores: (n, labels); targets: (n, labels) 1 at a text's labels, else 0
    """

    texts: NDArray[np.int64]
    scores: Floats
    targets: Floats

    def write(self, folder: Path) -> None:
        """Keep them in the folder of a run."""
        arrays: dict[str, NDArray[Any]] = {
            "texts": self.texts, "scores": self.scores.astype(np.float32), "targets": self.targets.astype(np.uint8),
        }  # fmt: skip
        write_atomically(folder / FILE, save(arrays))

    @classmethod
    def read(cls, folder: Path) -> "HeldOutScores | None":
        """Read those of a run; None where there are none, or the file is damaged."""
        try:
            found = load((folder / FILE).read_bytes())
            scores, targets = (found[name].astype(np.float64) for name in ("scores", "targets"))
            return cls(found["texts"], scores, targets)
        except (OSError, SafetensorError, KeyError):
            return None

    def beside(self, other: "HeldOutScores", *, several: bool) -> Blend | None:
        """Blend them with those of another classifier; None where they are not of the same texts and labels."""
        own, others = np.argsort(self.texts), np.argsort(other.texts)
        if self.scores.shape != other.scores.shape or (self.texts[own] != other.texts[others]).any():
            return None
        if (self.targets[own] != other.targets[others]).any():
            return None
        return blend(self.scores[own], other.scores[others], self.targets[own], several=several)
