"""Count evaluation texts that the model was trained on. Their scores say little about new text."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from seqtext.storage.learnt import read_learnt, text_hash

E = TypeVar("E")

_AT_ONCE = 10_000  # texts
_FEW = 0.02  # of the texts: too few to change a score
_FEW_LEARNT = "were learnt from, too few to matter"
_KNOWN = "were learnt from: the model knows them, and will do worse on new text"


class LearntShare:
    """Count evaluated texts, and those that a run was trained on."""

    def __init__(self, folder: Path) -> None:
        self._learnt = read_learnt(folder)
        self._waiting: list[bytes] = []
        self._texts = self._found = 0
        self._begun = False

    def watch(self, items: Iterable[E], text_of: Callable[[E], str]) -> Iterator[E]:
        """Yield items unchanged and count the text of each.

        What is read a second time is not counted again.
        """
        if self._learnt is None or self._begun:
            yield from items
            return
        self._begun = True
        for item in items:
            self.add(text_of(item))
            yield item

    def add(self, text: str) -> None:
        """Count a text, unless it is blank."""
        if self._learnt is not None and text.strip():
            self._waiting.append(text_hash(text))
            if len(self._waiting) >= _AT_ONCE:
                self._count()

    def _count(self) -> None:
        self._texts += len(self._waiting)
        self._found += 0 if self._learnt is None else self._learnt.count(self._waiting)
        self._waiting.clear()

    @property
    def share(self) -> float | None:
        """Return the share of the texts that was learnt. Returns None where it is unknown."""
        self._count()
        return self._found / self._texts if self._texts else None

    @property
    def note(self) -> str:
        """Describe the share in a sentence."""
        share = self.share
        if self._learnt is None or share is None:
            return (
                "cannot be told of these texts: the model is here without its run, or the run is of an earlier version"
            )
        before = f"; what {self._learnt.before} had learnt before is not known" if self._learnt.before else ""
        of = f"{self._found:,} of the {self._texts:,} texts given ({_percent(share)}) "
        if not share:
            return f"none of the {self._texts:,} text{'s' * (self._texts != 1)} given{before}"
        return f"{of}{_FEW_LEARNT if share < _FEW else _KNOWN}{before}"


def _percent(share: float) -> str:
    """Format a share as a percentage, never rounded to none or all.

    >>> _percent(0.5), _percent(0.00001), _percent(0.99999)
    ('50 %', '0.1 %', '99.9 %')
    """
    return f"{min(max(100 * share, 0.1), 99.9) if 0 < share < 1 else 100 * share:.3g} %"
