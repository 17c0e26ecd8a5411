"""Store the outcome of each held-out text, for intervals and paired tests."""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from seqtext.errors import TrainingError, argument
from seqtext.evaluation.intervals import (
    Floats,
    Interval,
    Statistic,
    interval,
    interval_of_seeds,
    p_value_of_seeds,
    paired_p_value,
    parts,
    ratio,
    share,
)
from seqtext.storage.atomic import write_atomically

FILE = "outcomes.safetensors"
_ORDERS = 4  # of n-grams that BLEU counts


def bleu_of_sums(sums: Floats) -> Floats:
    """Compute BLEU from summed `bleu_parts`: (draws, 10) to (draws,).

    From 0 to 100 (Papineni et al. 2002), with sacreBLEU's exponential smoothing.
    """
    from sacrebleu.metrics.bleu import BLEU

    rows = sums.round().astype(int).tolist()
    return np.array([BLEU.compute_bleu(row[2:6], row[6:], row[0], row[1], "exp").score for row in rows])


def bleu_parts(outputs: list[str], targets: list[str]) -> Floats:
    """Count lengths and n-gram matches for BLEU: (outputs, 10).

    The columns are the lengths of output and target, then matches, then n-grams, of 1 to 4 words.
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(effective_order=True)
    scores = [metric.sentence_score(output, [target]) for output, target in zip(outputs, targets, strict=True)]
    rows = [[score.sys_len, score.ref_len, *score.counts, *score.totals] for score in scores]
    return np.array(rows, np.float64).reshape(-1, 2 + 2 * _ORDERS)


#: How scores are made of sums over texts; all others are shares.
_STATISTICS: dict[str, Statistic] = {"bleu": bleu_of_sums, "bits_per_character": ratio, "rougeL": ratio}


class Outcomes(NamedTuple):
    """Hold each held-out text's share of a score's sums.

    score: its name; total: how many texts are held out; texts: (n,) which of them these are
    sums:  (n, parts) see `seqtext.evaluation.intervals.parts`, and `bleu_parts`
    """

    score: str
    total: int
    texts: NDArray[np.int64]
    sums: Floats

    @classmethod
    def of(
        cls, score: str, total: int, texts: NDArray[np.int64], first: ArrayLike, second: ArrayLike = 1.0
    ) -> "Outcomes":
        """Build outcomes from the numerators and denominators of a ratio.

        texts: (n,) numbers of the texts; first, second: (n,) what each adds to either side, such as hits and questions,
        bits and characters
        """
        return cls(score, total, texts, parts(first, second))

    @property
    def _statistic(self) -> Statistic:
        return _STATISTICS.get(self.score, share)

    def intervals(self) -> dict[str, Interval]:
        """Estimate the interval of the score, by its name. The mapping is empty where there is none."""
        span = interval(self.sums, self._statistic)
        return {} if span is None else {self.score: span}

    def p_value(self, other: "Outcomes") -> float | None:
        """Test whether two models differ on their common texts; None if incomparable.

        They are incomparable if they were measured by other scores, or on texts split differently, so that equal
        numbers do not mean the same text; see `seqtext.evaluation.intervals.paired_p_value`.
        """
        if (self.score, self.total) != (other.score, other.total):
            return None
        _, first_rows, second_rows = np.intersect1d(self.texts, other.texts, assume_unique=True, return_indices=True)
        unsigned = self.score == "bleu"
        return paired_p_value(self.sums[first_rows], other.sums[second_rows], self._statistic, unsigned=unsigned)

    def write(self, folder: Path) -> None:
        """Write the outcomes to the folder of a run."""
        arrays = {"texts": self.texts.astype(np.int32), "sums": self.sums.astype(np.float32)}
        write_atomically(folder / FILE, save(arrays, {"score": self.score, "total": str(self.total)}))

    @classmethod
    def read(cls, folder: Path) -> "Outcomes | None":
        """Read the outcomes of a run, None where there are none.

        Raises TrainingError for a damaged file.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            with safe_open(path, "numpy") as file:
                about, texts, sums = file.metadata(), file.get_tensor("texts"), file.get_tensor("sums")
            return cls._checked(about["score"], int(about["total"]), texts, sums)
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(
                f"{path} cannot be read ({error!r:.80}); what a training wrote is expected.",
                f"remove it, or another {argument('run')}",
            ) from error

    @classmethod
    def _checked(cls, score: str, total: int, texts: NDArray[Any], sums: NDArray[Any]) -> "Outcomes":
        """Validate what was read; raises ValueError."""
        width = 2 + 2 * _ORDERS if score == "bleu" else 2
        if texts.dtype != np.int32 or sums.dtype != np.float32 or sums.shape != (*texts.shape, width):
            raise ValueError(f"texts of {texts.dtype} {texts.shape}, sums of {sums.dtype} {sums.shape}")
        if len(np.unique(texts)) != len(texts) or (len(texts) and not 0 <= texts.min() <= texts.max() < total):
            raise ValueError(f"texts that are not different ones of {total:,}")
        if not np.isfinite(sums).all():
            raise ValueError("sums that are no numbers")
        return cls(score, total, texts.astype(np.int64), sums.astype(np.float64))


def mean_interval(runs: Sequence[Outcomes]) -> Interval | None:
    """Estimate the interval of a mean score over seeds; None without one."""
    sums = _side_by_side(runs)
    return None if sums is None else interval_of_seeds(sums, runs[0]._statistic)


def mean_p_value(first: Sequence[Outcomes], second: Sequence[Outcomes]) -> float | None:
    """Test whether two settings differ over their seeds, on common texts.

    None where nothing can be compared, see `Outcomes.p_value`, which tests two single runs.
    """
    if len(first) == len(second) == 1:
        return first[0].p_value(second[0])
    sums = _side_by_side([*first, *second])
    if sums is None:
        return None
    return p_value_of_seeds(sums[:, : len(first)], sums[:, len(first) :], first[0]._statistic)


def _side_by_side(runs: Sequence[Outcomes]) -> Floats | None:
    """Stack the sums of the runs' common texts: (texts, runs, parts).

    None where the runs were measured on different texts.
    """
    if len({(run.score, run.total) for run in runs}) != 1:
        return None
    common = reduce(np.intersect1d, [run.texts for run in runs])
    return np.stack([run.sums[np.argsort(run.texts)][np.isin(np.sort(run.texts), common)] for run in runs], 1)
