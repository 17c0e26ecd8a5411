"""Hold counts of learnt and unlearnt lines that a model recites."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from seqtext.errors import ModelError
from seqtext.fields import is_whole

#: Where config.json holds it.
KEY = "memory"
_MORE = 0.01  # of the learnt lines come back, beyond the share of those never learnt
_CHANCE = 0.01  # that the two shares differ so much by chance, at most
_ALONE = 0.05  # come back where nothing was held out to compare with


class RecitalError(ModelError):
    """Refuse to publish a model that recites its training texts.

    Raised unless the user says that the text is public.
    """


@dataclass(frozen=True)
class Recital:
    """Hold counts of lines that a model completes verbatim from their beginnings.

    Extraction by prefix: Carlini et al. 2021 (arXiv:2012.07805) and 2022 (arXiv:2202.07646).

    learnt: number of training lines tried; learnt_back: of those completed verbatim; unlearnt, unlearnt_back: the same
    of lines outside the training text, 0 where none are known
    """

    learnt: int
    learnt_back: int
    unlearnt: int = 0
    unlearnt_back: int = 0

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Recital | None":
        """Read the counts from config.json and validate them.

        None where it has none. Raises ModelError.
        """
        if KEY not in config:
            return None
        stored, names = config[KEY], [item.name for item in fields(cls)]
        whole = isinstance(stored, Mapping) and set(stored) == set(names) and all(is_whole(stored[k], 0) for k in names)
        recital = cls(**stored) if whole else None
        if recital is None or recital.learnt_back > recital.learnt or recital.unlearnt_back > recital.unlearnt:
            raise ModelError(
                f"config.json holds {KEY} = {stored!r:.80}; the whole numbers {', '.join(names)} are expected, of "
                "which no more come back than were asked.",
                "measure it again: seqtext inspect memory MODEL CORPUS",
            )
        return recital

    def __add__(self, other: "Recital") -> "Recital":
        """Add up the lines of both."""
        return Recital(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))

    def to_dict(self) -> dict[str, int]:
        """Return plain data, for config.json."""
        return asdict(self)

    @property
    def share(self) -> float | None:
        """Compute the share of training lines completed verbatim.

        None where none was tried.
        """
        return self.learnt_back / self.learnt if self.learnt else None

    @property
    def unlearnt_share(self) -> float | None:
        """Compute the share of unlearnt lines completed verbatim.

        None where none was tried.
        """
        return self.unlearnt_back / self.unlearnt if self.unlearnt else None

    @property
    def recites(self) -> bool:
        """Test whether training lines are completed significantly more often.

        The share must be higher by 0.01 or more than that of unlearnt lines, with p below 0.01 in Fisher's exact test,
        one-sided. Without unlearnt lines, a share of 0.05 suffices.
        """
        share, unlearnt = self.share, self.unlearnt_share
        if share is None:
            return False
        if unlearnt is None:
            return share >= _ALONE
        return share - unlearnt >= _MORE and self._chance() < _CHANCE

    def _chance(self) -> float:
        """Compute the p-value of Fisher's exact test, one-sided."""
        total, back = self.learnt + self.unlearnt, self.learnt_back + self.unlearnt_back
        most = min(back, self.learnt)
        ways = (
            _log_choose(back, k) + _log_choose(total - back, self.learnt - k) for k in range(self.learnt_back, most + 1)
        )
        every = _log_choose(total, self.learnt)
        return sum(math.exp(way - every) for way in ways)

    def told(self, what: str = "lines", do: str = "come back whole from their beginnings") -> str:
        """Describe both shares in a sentence without a full stop.

        >>> Recital(200, 76, 150, 0).told()
        '38 % of 200 learnt lines come back whole from their beginnings, 0 % of 150 lines never learnt'
        """
        if self.share is None:
            return f"none of the learnt {what} is long enough to tell"
        told = f"{_percent(self.share)} of {self.learnt:,} learnt {what} {do}"
        if self.unlearnt_share is None:
            return f"{told}; of {what} never learnt nothing is known"
        return f"{told}, {_percent(self.unlearnt_share)} of {self.unlearnt:,} {what} never learnt"

    @property
    def verdict(self) -> str:
        """Interpret the shares in a sentence."""
        if self.share is None:
            return "Whether it recites what it has learnt is not known."
        return "It recites what it has learnt." if self.recites else "It does not recite what it has learnt."


def _log_choose(n: int, k: int) -> float:
    """Compute the logarithm of a binomial coefficient; −inf where it is 0."""
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
