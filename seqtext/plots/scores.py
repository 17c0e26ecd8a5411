"""Draw scores as bars for a terminal."""

from collections.abc import Sequence


def score_bar(score: float, chance: float, width: int = 40, span: Sequence[float] = ()) -> str:
    """Draw a score (0 to 1) as a bar with chance level.

    width: terminal columns; span: the ends of an interval, which is dotted behind the bar

    >>> score_bar(0.25, 0.5, 8), score_bar(1.0, 0.5, 8), score_bar(0.5, 0.25, 8, (0.4, 0.75))
    ('██  │   ', '████│███', '██│█··  ')
    """
    ends = [min(width, round(width * value)) for value in (score, chance, *span)]
    cells = ["█" if column < ends[0] else " " for column in range(width)]
    for column in range(ends[0], ends[-1] if span else 0):
        cells[column] = "·"
    cells[min(width - 1, ends[1])] = "│"
    return "".join(cells)
