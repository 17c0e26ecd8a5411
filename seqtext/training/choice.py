"""Store the choice of a rung in choice.json. It lies in the run's folder until a rung is chosen."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.errors import TrainingError, argument
from seqtext.fields import is_number, is_whole
from seqtext.storage.atomic import write_atomically
from seqtext.tasks import Settings
from seqtext.training.events import Tried
from seqtext.training.state_files import FieldRules, check_seal, check_state, read_state, seal

FILE, FOLDER = "choice.json", "rungs"


class TooSlowError(Exception):
    """Signal that a candidate network's trial must be given up.

    The candidate, a rung, is too slow, or its loss is not finite. It is caught where rungs are chosen.
    """


class Trial(NamedTuple):
    """Hold the settings that make a training a trial.

    It evaluates `texts` held-out texts, once, at its end, and fits nothing to the best weights.
    """

    texts: int


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value))


def _are_scores(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, int | float) for one in value.values())


def _renamed(trial: Mapping[str, Any]) -> dict[str, Any]:
    """Name a trial's field as it is named now; runs begun before have an earlier name."""
    return {"file_bytes" if name == "bytes" else name: value for name, value in trial.items()}


_TRIED: FieldRules = {
    "name": (_is_text, "the name of a rung"),
    "round": (lambda value: is_whole(value, 1), "a number of a round"),
    "settings": (_is_object, "settings"),
    "budget": (lambda value: _are_scores(value) and len(value) == 1, "one budget"),
    "loss": (lambda value: value is None or is_number(value), "a loss, or null"),
    "metrics": (_are_scores, "scores by name"),
    "beside": (lambda value: value is None or is_number(value), "a loss, or null"),
    "seconds": (lambda value: is_number(value, 0.0), "a time in seconds"),
    "steps": (lambda value: is_whole(value, 0), "a number of updates"),
    "file_bytes": (lambda value: is_whole(value, 0), "a number of bytes"),
    "is_fitted": (lambda value: isinstance(value, bool), "true or false"),
    "why": (_is_text, "a text"),
}
_CHOICE: FieldRules = {
    "names": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "names of rungs"),
    "preset": (_is_text, "the name of a preset"),
    "settings": (_is_object, "settings"),
    "left_out": (lambda value: _is_object(value) and all(map(_is_text, value.values())), "reasons by rung"),
    "share": (lambda value: is_number(value, 0.0), "part of a budget"),
    "rounds": (lambda value: is_whole(value, 0), "a number of rounds"),
    "texts": (lambda value: is_whole(value, 0), "a number of texts"),
    "threads": (lambda value: is_whole(value, 0), "a number of threads"),
    "precision": (_is_text, "a precision"),
    "seconds": (lambda value: is_number(value, 0.0), "a time in seconds"),
    "trials": (lambda value: isinstance(value, list), "a list of trials"),
    "winner": (_is_text, "the name of a rung"),
    "total": (lambda value: is_number(value, 0.0), "a budget"),
    "why": (_is_text, "a text"),
}


@dataclass(frozen=True)
class RungChoice:
    """Hold rungs to try, their trials so far, and the chosen rung.

    names:    of the rungs, in order; preset, settings: common to all; left_out: other rungs, and why
    share:    of the run's budget, in its unit, for all trials; rounds: 0 before the data are prepared
    texts:    held-out texts on which all are measured
    threads, precision: of all, once the first trial has decided; 0 and "" before
    seconds:  spent so far
    winner:   the rung that was chosen, "" before; total: its whole budget in the unit of the run; why: for a person
    """

    names: tuple[str, ...]
    preset: str
    settings: Settings
    left_out: Mapping[str, str]
    share: float = 0.0
    rounds: int = 0
    texts: int = 0
    threads: int = 0
    precision: str = ""
    seconds: float = 0.0
    trials: tuple[Tried, ...] = ()
    winner: str = ""
    total: float = 0.0
    why: str = ""

    @staticmethod
    def is_open(folder: Path) -> bool:
        """Return whether a run has not chosen its rung yet."""
        return (folder / FILE).is_file()

    @classmethod
    def read(cls, folder: Path) -> "RungChoice":
        """Read the choice of a run; raises TrainingError for a damaged file."""
        path = folder / FILE
        facts = check_state(read_state(path), _CHOICE, path)
        check_seal(facts, path)
        trials = [check_state({"beside": None, **_renamed(trial)}, _TRIED, path) for trial in facts["trials"]]
        names = [item.name for item in fields(Tried)]
        known = {item.name: facts[item.name] for item in fields(cls)}
        tried = tuple(Tried(**{name: trial[name] for name in names}) for trial in trials)
        choice = cls(**{**known, "names": tuple(facts["names"]), "trials": tried})
        named = {*(trial.name for trial in tried), *([choice.winner] if choice.winner else [])}
        if not named <= set(choice.names):
            raise TrainingError(
                f"{path} is damaged: it tried {min(named - set(choice.names))!r:.40}, which it does not name.",
                f"train again with another {argument('run')}",
            )
        return choice

    def write(self, folder: Path) -> None:
        """Store the choice in the folder of a run."""
        write_atomically(folder / FILE, seal({**asdict(self), "trials": [one.to_dict() for one in self.trials]}))

    def last(self, name: str) -> Tried | None:
        """Return the last trial of a rung; None before its first."""
        return next((one for one in reversed(self.trials) if one.name == name), None)

    def standing(self, number: int) -> list[str]:
        """Name the rungs of a round. All stand in round 1, then the better half."""
        names = list(self.names)
        for before in range(1, number):
            ranked = self.ranked(names, before)
            names = ranked[: (len(ranked) + 1) // 2]
        return names

    def ranked(self, names: Sequence[str], number: int) -> list[str]:
        """Rank the rungs of a round by `cost`, the lowest first.

        Only those that learn by updates and have a loss.
        """
        tried = (trial for trial in self.trials if trial.round == number and trial.loss is not None)
        trials = {trial.name: trial for trial in tried if not trial.is_fitted}
        return sorted((name for name in names if name in trials), key=lambda name: cost(trials[name]))

    def best(self) -> Tried | None:
        """Return the best of all rungs' last trials. Returns None where none has a loss."""
        lasts = [one for name in self.names if (one := self.last(name)) is not None and one.loss is not None]
        return min(lasts, key=cost, default=None)

    def with_trial(self, tried: Tried) -> "RungChoice":
        """Return the choice with another trial and its time added."""
        return replace(self, trials=(*self.trials, tried), seconds=self.seconds + tried.seconds)

    def history(self) -> list[dict[str, Any]]:
        """Return the trials and the choice as lines of a history."""
        lines = [{"step": 0, "seconds": round(one.seconds, 1), "trial": one.to_dict()} for one in self.trials]
        return [*lines, {"step": 0, "seconds": round(self.seconds, 1), "chosen": self.winner, "why": self.why}]


def cost(tried: Tried) -> tuple[float, float, int]:
    """Return the key by which trials are ranked, lowest first.

    returns the held-out loss with the linear classifier that will be added, or without one the trial's own loss; the
    trial's own loss; and the size of the weights file in bytes
    """
    assert tried.loss is not None  # those without one are not ranked
    return tried.loss if tried.beside is None else tried.beside, tried.loss, tried.file_bytes


def close(folder: Path) -> None:
    """Remove the choice of a run and its trials. The chosen rung is in the run by now."""
    (folder / FILE).unlink(missing_ok=True)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
