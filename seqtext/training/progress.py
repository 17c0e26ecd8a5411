"""Track the progress of a run through its data and schedule."""

import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from seqtext.fields import is_number, is_whole
from seqtext.training.state_files import FieldRules, check_state


@dataclass(frozen=True)
class Position:
    """Hold the position of training in its data: pass, pool and batch.

    epoch, pool, batch: each counted from 0, of the batch to read next
    """

    epoch: int = 0
    pool: int = 0
    batch: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return plain data, for a checkpoint."""
        return asdict(self)


def is_loss(score: str) -> bool:
    """Return whether lower values of a score are better.

    That is so of "loss", and of losses that weigh texts otherwise, such as "balanced_loss".
    """
    return score.endswith("loss")


def _is_count(value: object) -> bool:
    return is_whole(value, 0)


def _is_time(value: object) -> bool:
    return is_number(value, 0.0)


def _is_position(value: object) -> bool:
    names = {item.name for item in fields(Position)}
    return isinstance(value, dict) and value.keys() == names and all(map(_is_count, value.values()))


def _is_history(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(line, dict) and is_whole(line.get("step"), 0) for line in value)


#: Rules for progress in a checkpoint, and what an error says is expected.
_PROGRESS: FieldRules = {
    "step": (_is_count, "a number of updates"),
    "seconds": (_is_time, "a time in seconds"),
    "position": (_is_position, "numbers of pass, pool and batch"),
    "evaluations": (_is_count, "a number of evaluations"),
    "best": (lambda value: value is None or is_number(value), "a number, or null"),
    "without_gain": (_is_count, "a number of evaluations"),
    "evaluation_seconds": (_is_time, "a time in seconds"),
    "texts": (lambda value: value is None or is_whole(value, 1), "a number of texts, or null"),
    "history": (_is_history, "a list of evaluations"),
}


@dataclass
class RunProgress:
    """Hold the state of a run that updates change, besides tensors.

    step: how many updates were made; seconds: time spent; position: of the batch to read next
    evaluations: how many of those planned were due; evaluation_seconds: time of the longest one
    best: lowest value of what chooses the weights; without_gain: evaluations since
    texts: how many held-out texts its evaluations measure; None for all
    history: lines of history.jsonl
    """

    step: int = 0
    seconds: float = 0.0
    position: Position = field(default_factory=Position)
    evaluations: int = 0
    best: float = math.inf
    without_gain: int = 0
    evaluation_seconds: float = 0.0
    texts: int | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for a checkpoint."""
        return {**vars(self), "position": self.position.to_dict(), "best": self.best if self.best < math.inf else None}

    @classmethod
    def from_dict(cls, data: object, path: Path) -> "RunProgress":
        """Build the progress that `to_dict` wrote.

        Raises TrainingError, which names the path and the fault.
        """
        facts = check_state({"texts": None, **data} if isinstance(data, dict) else data, _PROGRESS, path)
        best = math.inf if facts["best"] is None else facts["best"]
        known = {item.name: facts[item.name] for item in fields(cls) if item.name in facts}
        return cls(**{**known, "position": Position(**facts["position"]), "best": best})

    def extend(self, unit: str, before: float, amount: float) -> None:
        """Extend the budget from `before` by `amount`; the best stays the best.

        Where evaluations measured a part of the held-out texts, more of them may be measured with more time, and scores
        on different texts cannot be compared: the best is forgotten.

        unit: "minutes", "epochs" or "steps", of both numbers
        """
        note = {"step": self.step, "seconds": round(self.seconds, 1), "added": {unit: amount}}
        self.history = [*self.history, note]
        self.evaluations = int(self.evaluations * before / (before + amount))
        self.without_gain = 0
        if self.texts is not None:
            self.texts, self.best, self.evaluation_seconds = None, math.inf, 0.0

    def best_by_loss(self, name: str = "loss") -> None:
        """Replace an earlier version's best score by its loss.

        Earlier versions stored the negative of a score such as BLEU. No loss is below 0. Where the history does not
        tell which weights were kept, the next ones are the best.

        name: of the loss in the history
        """
        if self.best <= 0.0 and all(line.get(name) != self.best for line in self.history):
            measured = [line for line in self.history if name in line]
            kept = [line[name] for line in measured if _has_score(line, -self.best)]
            self.best, self.without_gain = kept[0] if kept else math.inf, 0

    def begin_pass(self) -> None:
        """Restart the pass on other data, and forget the best.

        What was read of the pass is gone, and scores on the former data cannot be compared.
        """
        self.position = Position(self.position.epoch)
        self.best, self.without_gain = math.inf, 0


def _has_score(line: dict[str, Any], value: float) -> bool:
    return any(score == value for name, score in line.items() if name not in ("step", "seconds"))
