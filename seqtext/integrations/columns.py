"""Define the columns that answers add to a table.

Each command's have names, types and values. Tables of the command line and engines such as Ray and Spark get the same
ones.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from seqtext.errors import ConfigError, InputError, nearest
from seqtext.models.flags import as_cell
from seqtext.models.many import answers_or_faults
from seqtext.normalization import is_blank

AddedValues = tuple[Any, ...]


@dataclass(frozen=True)
class Columns:
    """Describe the columns that a command adds to a table.

    task:   whose models answer, a name in `seqtext.tasks.TASKS`
    method: of the model that answers
    added:  the types of the columns by name: str, float or bool; any cell may be null instead
    values: gives the cells of a row, in the order of `added`, from the answer to its text
    text:   the column in which texts stand unless another is named
    blank:  whether a text of nothing but white space is asked; otherwise its cells are null
    tells_unusual: whether answers say that a text is unlike those learnt from
    """

    task: str
    method: str
    added: Mapping[str, type]
    values: Callable[[Any], AddedValues]
    text: str = "text"
    blank: bool = False
    tells_unusual: bool = False

    @property
    def nulls(self) -> AddedValues:
        """Return the cells of a row without an answer."""
        return (None,) * len(self.added)

    def cells(self, answer: Any) -> AddedValues:
        """Return the cells of a row with an answer.

        They are null for None, and for an InputError in place of an answer.
        """
        return self.nulls if answer is None or isinstance(answer, InputError) else self.values(answer)

    def answers(self, model: Any, texts: Sequence[Any], options: Mapping[str, Any]) -> list[Any]:
        """Answer the cells of a column in order.

        The InputError of a text at fault takes the place of its answer.
        """
        results: list[Any] = [None] * len(texts)
        asked = []
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                results[index] = None if is_null(text) else InputError(
                    f"{text!r:.80} was received; a text is expected.", "turn the column into text"
                )  # fmt: skip
            elif self.blank or not is_blank(text):
                asked.append(index)
        answer = partial(getattr(model, self.method), **options)
        for index, result in zip(asked, answers_or_faults(answer, [texts[index] for index in asked]), strict=True):
            results[index] = result
        return results


def is_null(cell: Any) -> bool:
    """Tell whether a cell is null.

    It is None, or of a kind that differs from itself or is neither true nor false, as NaN, NaT and NA.
    """
    if cell is None:
        return True
    try:
        return not isinstance(cell, str) and bool(cell != cell)
    except (TypeError, ValueError):  # NA of pandas is neither equal to itself nor not; an array is many of both
        return type(cell).__name__ == "NAType"


def free_names(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Rename columns to add that are already taken, to predicted_NAME.

    >>> free_names(["label", "probability"], ["text", "label"])
    {'label': 'predicted_label', 'probability': 'probability'}
    """
    used, renamed = set(taken), {}
    for name in names:
        free = name
        while free in used:
            free = f"predicted_{free}"
        used.add(free)
        renamed[name] = free
    return renamed


def _filled(fills: Sequence[Any]) -> AddedValues:
    return (fills[0].text, fills[0].probability) if fills else (None, None)


def _chosen(choices: Sequence[Any]) -> AddedValues:
    return choices[0].option, choices[0].probability


def _likeliest(forecasts: Sequence[Any]) -> AddedValues:
    return (forecasts[0].text, forecasts[0].probability) if forecasts else (None, None)


def _labelled(labels: Any) -> AddedValues:
    """Return the likeliest label, or all chosen labels, and the best probability.

    Several labels are sorted by name, so that equal answers are equal cells.
    """
    given = [item for item in labels if item.chosen] if labels and labels[0].chosen is not None else labels[:1]
    label = "|".join(sorted(item.label for item in given)) if labels else None
    return label, given[0].probability if given else None, labels.unusual


def _summarized(answers: Sequence[Any]) -> AddedValues:
    best = answers[0] if answers else None
    return (best.text, best.score, best.extracted, best.unusual) if best else (None,) * 4


def _translated(answers: Sequence[Any]) -> AddedValues:
    best = answers[0] if answers else None
    return (best.text, best.score, as_cell(best.flags), best.unusual) if best else (None,) * 4


_FILLED = {"filled": str, "probability": float}


def _gapped(exercise: Any) -> AddedValues:
    return exercise.exercise, "|".join(item.answer for item in exercise.items)


#: By command; "choose" is `fill` with options, of which "filled" has the best.
COLUMNS: Mapping[str, Columns] = {
    "fill": Columns("fill", "fill", _FILLED, _filled),
    "choose": Columns("fill", "choose", _FILLED, _chosen),
    "cloze": Columns("fill", "cloze", {"exercise": str, "answers": str}, _gapped),
    "generate": Columns("generate", "generate", {"generated": str}, lambda text: (text,)),
    "next": Columns("generate", "next", {"next": str, "probability": float}, _likeliest),
    "score": Columns(
        "generate",
        "score",
        {"bits": float, "bits_per_character": float},
        lambda score: (score.bits, score.bits_per_character),
        blank=True,
    ),
    "anomaly": Columns(
        "anomaly",
        "detect",
        {"anomaly_score": float, "anomalous": bool},
        lambda found: (found.score, found.anomalous),
        blank=True,
    ),
    "classify": Columns(
        "classify", "classify", {"label": str, "probability": float, "unusual": bool}, _labelled, tells_unusual=True
    ),
    "translate": Columns(
        "translate",
        "translate",
        {"translation": str, "score": float, "flags": str, "unusual": bool},
        _translated,
        "source",
        tells_unusual=True,
    ),
    "summarize": Columns(
        "summarize",
        "summarize",
        {"summary": str, "score": float, "extracted": bool, "unusual": bool},
        _summarized,
        "source",
        tells_unusual=True,
    ),
}


def columns_of(command: str) -> Columns:
    """Return the columns that a command adds.

    Raises ConfigError for a command that answers no table.
    """
    if command not in COLUMNS:
        raise ConfigError(
            f"{command!r:.80} was received; what answers the texts of a table is {', '.join(COLUMNS)}.",
            nearest(str(command), COLUMNS),
        )
    return COLUMNS[command]
