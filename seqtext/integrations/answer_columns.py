"""The columns that answers add to a table: their names, their types, and the values of one answer."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

#: A value of an added column; None where there is no answer.
Value = str | float | bool | None


class AnswerColumns(NamedTuple):
    """What a method of a model adds to a table.

    types:  name -> str, float or bool
    values: gives the values of those columns, from an answer and the text that it answers
    field:  what --columns calls the column of the text
    batch:  how many texts are best answered at once
    """

    types: dict[str, type]
    values: Callable[[Any, str], Sequence[Value]]
    field: str = "text"
    batch: int = 256

    def of(self, answer: Any, text: str) -> tuple[Value, ...]:
        """The values for an answer; None for each column where there is none, as of a blank text."""
        if answer is None or (isinstance(answer, list) and not answer and not hasattr(answer, "unusual")):
            return (None,) * len(self.types)
        return tuple(None if _is_endless(value) else value for value in self.values(answer, text))


def _is_endless(value: Value) -> bool:
    """Whether a number is none that a table of text could hold: NaN or infinite."""
    return isinstance(value, float) and not math.isfinite(value)


def _filled(fills: Any, text: str) -> Sequence[Value]:
    return fills[0].text, float(fills[0].probability)


def _chosen(choices: Any, text: str) -> Sequence[Value]:
    from seqtext.models.blank_filler import split_blanks

    return choices[0].option.join(split_blanks(text)), float(choices[0].probability)


def _forecast(words: Any, text: str) -> Sequence[Value]:
    return words[0].text, float(words[0].probability)


def _scored(score: Any, text: str) -> Sequence[Value]:
    return float(score.bits), float(score.bits_per_character)


def _labelled(found: Any, text: str) -> Sequence[Value]:
    """Of a model for several labels all that the text has, with | between them, and the probability of the first."""
    unusual = getattr(found, "unusual", None)
    given = [one for one in found if one.chosen] if found and found[0].chosen is not None else found[:1]
    if not given:
        return None, None, unusual
    return "|".join(one.label for one in given), float(given[0].probability), unusual


def _written(found: Any, text: str) -> Sequence[Value]:
    return found[0].text, float(found[0].score)


#: The methods of models that answer, by name.
ANSWERS = {
    "fill": AnswerColumns({"filled": str, "probability": float}, _filled),
    "choose": AnswerColumns({"filled": str, "probability": float}, _chosen),
    "next": AnswerColumns({"next": str, "probability": float}, _forecast),
    "score": AnswerColumns({"bits": float, "bits_per_character": float}, _scored),
    "generate": AnswerColumns({"generated": str}, lambda written, text: (written,), batch=32),
    "classify": AnswerColumns({"label": str, "probability": float, "unusual": bool}, _labelled, batch=1024),
    "translate": AnswerColumns({"translation": str, "score": float}, _written, "source", 32),
    "summarize": AnswerColumns({"summary": str, "score": float}, _written, "source", 16),
    "detect": AnswerColumns(
        {"anomaly_score": float, "anomalous": bool}, lambda found, text: (float(found.score), bool(found.anomalous))
    ),
}


def free_names(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Names for added columns; one that is taken becomes predicted_NAME, then predicted_NAME_2 and so on.

    >>> free_names(["label", "probability"], ["text", "label"])
    ['predicted_label', 'probability']
    """
    found = []
    for name in names:
        free, number = name, 1
        while free in taken or free in found:
            free = f"predicted_{name}" if number == 1 else f"predicted_{name}_{number}"
            number += 1
        found.append(free)
    return found
