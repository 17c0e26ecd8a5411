"""Store a trial's scores on held-out texts for blending.

So it is known what a rung adds to a linear classifier.
"""

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
    """Hold a classifier's scores of held-out texts.

    texts: (n,) their indices; scores: (n, labels); targets: (n, labels) 1 at a text's labels, else 0
    """

    texts: NDArray[np.int64]
    scores: Floats
    targets: Floats

    def write(self, path: Path) -> None:
        """Write the scores to a safetensors file, as float32."""
        arrays: dict[str, NDArray[Any]] = {
            "texts": self.texts, "scores": self.scores.astype(np.float32), "targets": self.targets.astype(np.uint8),
        }  # fmt: skip
        write_atomically(path, save(arrays))

    @classmethod
    def read(cls, path: Path) -> "HeldOutScores | None":
        """Read held-out scores from a file. Returns None where it is missing or damaged."""
        try:
            arrays = load(path.read_bytes())
            scores, targets = (arrays[name].astype(np.float64) for name in ("scores", "targets"))
            return cls(arrays["texts"], scores, targets)
        except (OSError, SafetensorError, KeyError):
            return None

    def matches(self, other: "HeldOutScores") -> bool:
        """Return whether both have the same texts and targets, in any order."""
        order, other_order = np.argsort(self.texts), np.argsort(other.texts)
        return (
            self.scores.shape == other.scores.shape
            and np.array_equal(self.texts[order], other.texts[other_order])
            and np.array_equal(self.targets[order], other.targets[other_order])
        )

    def beside(self, other: "HeldOutScores", *, several: bool) -> Blend | None:
        """Measure a blend with another classifier; None unless both match."""
        if not self.matches(other):
            return None
        order, other_order = np.argsort(self.texts), np.argsort(other.texts)
        return blend(self.scores[order], other.scores[other_order], self.targets[order], several=several)
