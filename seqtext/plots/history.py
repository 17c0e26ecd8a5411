"""Show training curves, held-out scores over time, as picture or text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.characters import clipped, visible
from seqtext.errors import InputError, arguments
from seqtext.fields import is_number
from seqtext.plots.figures import COLOURS, MARKS, canvas, check_picture

_BARS = "▁▂▃▄▅▆▇█"
_LOSS = "loss"
_PALE = "#b8cfe0"
_LONGEST = 28  # terminal columns of a name
_MOST_TRIALS = 16  # of a picture


class Curve(NamedTuple):
    """Hold the values of a score during training.

    score: its name; minutes: when each evaluation took place; values: of each evaluation; on: the data it used
    """

    score: str
    minutes: tuple[float, ...]
    values: tuple[float, ...]
    on: str


class Trials(NamedTuple):
    """Hold the losses of candidate networks and the chosen one.

    losses: in nats, of each by its name, the best first; chosen: the name of that one
    """

    losses: dict[str, float]
    chosen: str


def training_curves(history: Sequence[Mapping[str, Any]], known_by: str) -> list[Curve]:
    """Extract the curves of the loss and task score from a history.

    known_by: the name of that score

    Lines that are not evaluations are skipped. Raises InputError where there are fewer than two evaluations, unless
    there is one, and trials came before it.
    """
    lines = [line for line in history if all(is_number(line.get(name)) for name in ("step", "seconds", _LOSS))]
    least = 1 if trials_of(history).losses else 2
    if len(lines) < least:
        raise InputError(
            f"The history of the model has {len(lines)} evaluations; a curve needs two or more.",
            f"train for longer, or with {arguments(evaluations=10)}",
        )
    on = str(lines[0].get("measured_on", "held-out text"))
    curves = []
    for name in dict.fromkeys([_LOSS, known_by]):
        score_lines = [line for line in lines if is_number(line.get(name))]
        if len(score_lines) >= least:
            minutes, values = zip(*((line["seconds"] / 60, float(line[name])) for line in score_lines), strict=True)
            curves.append(Curve(name, minutes, values, on))
    return curves


def trials_of(history: Sequence[Mapping[str, Any]]) -> Trials:
    """Extract the trial losses of candidate networks from a history.

    Of a network that was tried twice, the last loss counts.
    """
    losses: dict[str, float] = {}
    for line in history:
        trial = line.get("trial")
        if isinstance(trial, Mapping) and is_number(trial.get(_LOSS)):
            losses[str(trial.get("name"))] = float(trial[_LOSS])
    chosen = next((str(line["chosen"]) for line in history if "chosen" in line), "")
    return Trials(dict(sorted(losses.items(), key=lambda item: item[1])), chosen)


def curves_text(curves: Sequence[Curve]) -> str:
    """Format curves for a terminal: bars, first and last value."""
    width = max(len(curve.score) for curve in curves)
    lines = []
    for curve in curves:
        low, high = min(curve.values), max(curve.values)
        levels = [(value - low) / (high - low) if high > low else 0.0 for value in curve.values]
        bars = "".join(_BARS[round(level * (len(_BARS) - 1))] for level in levels)
        lines.append(f"{curve.score:{width}}  {bars}  {curve.values[0]:.4g} to {curve.values[-1]:.4g}")
    return "\n".join([*lines, f"{'':{width}}  {_span(curves[0])}"])


def _span(curve: Curve) -> str:
    return f"{len(curve.values):,} evaluations on {visible(curve.on)}, {curve.minutes[-1]:.3g} minutes"


def curves_picture(curves: Sequence[Curve], path: str | Path, title: str = "", trials: Trials | None = None) -> None:
    """Plot training curves over time, after the losses of trials.

    The file is written whole or not at all.
    raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
    """
    check_picture(path)
    heading = " ".join(piece for piece in (visible(title), f"on {visible(curves[0].on)}") if piece)
    told = ", ".join(f"{_named(curve)} {curve.values[0]:.4g} to {curve.values[-1]:.4g}" for curve in curves)
    losses = {} if trials is None else dict(list(trials.losses.items())[:_MOST_TRIALS])
    count = len(curves) + bool(losses)
    size = (4.4 * count, 3.4)
    with canvas(path, f"{heading}: {told}", heading + "".join(losses), figsize=size, layout="constrained") as figure:
        panels = list(figure.subplots(1, count, squeeze=False)[0])
        if trials is not None and losses:
            _draw_trials(panels.pop(0), losses, trials.chosen)
        for number, (axes, curve) in enumerate(zip(panels, curves, strict=True)):
            _draw(axes, curve, number)
        figure.suptitle(heading, fontsize=10, parse_math=False)


def _draw(axes: Any, curve: Curve, number: int) -> None:
    """Draw a curve with a mark for each evaluation.

    Times are in seconds where the training was short.
    """
    from matplotlib.ticker import MaxNLocator

    long = curve.minutes[-1] >= 2
    times = curve.minutes if long else [60 * minutes for minutes in curve.minutes]
    axes.plot(
        times,
        curve.values,
        color=COLOURS[number % len(COLOURS)],
        marker=MARKS[number % len(MARKS)],
        markersize=4,
        linewidth=1.4,
    )
    low, high = min(curve.values), max(curve.values)
    # What hardly changes is drawn flat: its noise would else go from edge to edge.
    room = max(0.08 * (high - low), 0.03 * max(abs(low), abs(high)), 1e-9)
    axes.set_ylim(low - room, high + room)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(f"{'minutes' if long else 'seconds'} of learning")
    axes.set_ylabel(f"{_named(curve)}{' (nats)' if curve.score == _LOSS else ''}")
    axes.set_title(f"last {curve.values[-1]:.4g}", fontsize=9)
    axes.grid(alpha=0.3)


def _draw_trials(axes: Any, losses: Mapping[str, float], chosen: str) -> None:
    """Draw a bar for each trial, the best on top, the chosen one dark."""
    for row, (name, loss) in enumerate(losses.items()):
        axes.barh(row, loss, height=0.7, color=COLOURS[0] if name == chosen else _PALE)
        axes.text(loss, row, f" {loss:.3g}", va="center", fontsize=8)
    shown = [clipped(visible(name), _LONGEST) for name in losses]
    axes.set_yticks(range(len(shown)), shown, parse_math=False, fontsize=9)
    axes.set_ylim(max(len(shown), 4) - 0.4, -0.6)
    axes.margins(x=0.15)
    axes.set_xlabel("loss (nats)")
    axes.set_title("tried before; the dark one was chosen", fontsize=9)


def _named(curve: Curve) -> str:
    return curve.score.replace("_", " ")
