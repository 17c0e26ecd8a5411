"""Tabulate, draw and store a comparison of settings with equal training time.

`seqtext.training.compare` fills the table.
"""

import dataclasses
import json
import math
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from seqtext.data.split import measured_on
from seqtext.errors import ConfigError, TrainingError, argument, arguments, nearest
from seqtext.evaluation.outcomes import Outcomes, mean_interval, mean_p_value
from seqtext.plots.figures import COLOURS, MARKS, canvas, check_picture
from seqtext.storage.atomic import write_atomically
from seqtext.tasks import TASKS, Settings

FILE = "league.json"
#: Metrics for which less is better.
LOWER = ("bits_per_character", "perplexity", "loss")
#: What no setting may have for itself: all learn for as long, from the same texts.
SHARED_SETTINGS = (
    "minutes", "epochs", "steps", "seed", "valid_share", "precision", "device", "deterministic", "threads", "several",
    "multi_label",
)  # fmt: skip

#: The p-value from which on two rows cannot be told apart.
CHANCE = 0.05

_BARS = "▁▂▃▄▅▆▇█"
_COLUMNS = 20  # of the bars


@dataclass(frozen=True)
class Turn:
    """Hold a setting's turn in a comparison.

    number: from 1 to `count`; state: "new", "interrupted", "finished" or "missing". An outside opponent is "missing" if
    its package is not installed or it ended without an answer; why: the reason
    seed: of this turn; 0 for the comparison's own, with which every setting has its first turn
    """

    name: str
    settings: Settings
    number: int
    count: int
    state: str
    why: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Row:
    """Hold the results of a setting.

    score:   the table's metric, of the weights that were kept; metrics: everything measured with them
    file_bytes: of weights.safetensors; milliseconds: median of answering one text with NumPy
    seconds, steps: how long it learnt; reason: why it ended; tokens_per_second: None where that was not seen
    curve:   (seconds, score) of every evaluation
    interval: the score's, see `seqtext.evaluation.intervals`; None where it has none
    outside: whether it is an outside opponent, see `seqtext.training.opponents`
    seed:    of its run, where it is not the comparison's own
    runs:    with several seeds, the row of each; the other fields are their means then
    """

    name: str
    settings: Settings
    score: float
    metrics: dict[str, float]
    parameters: int
    tokens_per_second: float | None
    file_bytes: int
    milliseconds: float
    seconds: float
    steps: int
    reason: str
    curve: list[tuple[float, float]]
    interval: list[float] | None = None
    outside: bool = False
    seed: int = 0
    runs: list["Row"] = field(default_factory=list)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Row":
        """Build a row from plain data.

        Raises TypeError, ValueError or KeyError for anything else.
        """
        facts = {name: value for name, value in data.items() if name not in ("scores", "spread")}
        curve = [(when, score) for when, score in data["curve"]]
        return cls(**{**facts, "curve": curve, "runs": [cls.from_dict(run) for run in data.get("runs", ())]})

    @classmethod
    def mean_of(cls, runs: Sequence["Row"]) -> "Row":
        """Average the rows of one setting over several seeds. The row of a single seed stays as it is."""
        first = runs[0]
        if len(runs) == 1:
            return first
        speeds = [run.tokens_per_second for run in runs if run.tokens_per_second is not None]
        names = dict.fromkeys(name for run in runs for name in run.metrics)
        return dataclasses.replace(
            first,
            score=statistics.fmean(run.score for run in runs),
            metrics={
                name: statistics.fmean(run.metrics[name] for run in runs if name in run.metrics) for name in names
            },
            tokens_per_second=statistics.fmean(speeds) if speeds else None,
            file_bytes=round(statistics.fmean(run.file_bytes for run in runs)),
            milliseconds=statistics.fmean(run.milliseconds for run in runs),
            seconds=statistics.fmean(run.seconds for run in runs),
            steps=round(statistics.fmean(run.steps for run in runs)),
            curve=_mean_curve([run.curve for run in runs]),
            interval=None,
            runs=list(runs),
        )

    @property
    def by_seed(self) -> list["Row"]:
        """Return the row of each seed; with one seed, this row."""
        return self.runs or [self]

    @property
    def spread(self) -> float | None:
        """Compute the standard deviation of the seeds' scores. None for one seed or an infinite score."""
        scores = [run.score for run in self.runs]
        return statistics.stdev(scores) if scores and all(map(math.isfinite, scores)) else None

    def of_seed(self, seed: int) -> "Row | None":
        """Return the row of a seed, None where it has not learnt."""
        return next((run for run in self.by_seed if run.seed == seed), None)

    def outcomes(self, folder: Path) -> list[Outcomes]:
        """Read the outcomes of each seed. The list is empty where one is missing."""
        outcomes = [Outcomes.read(folder / folder_name(run.name, run.seed)) for run in self.by_seed]
        return [outcome for outcome in outcomes if outcome is not None] if None not in outcomes else []

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        The seeds' scores and their spread are included only if there are several seeds.
        """
        facts = {**vars(self), "runs": [run.to_dict() for run in self.runs]}
        facts = {name: value for name, value in facts.items() if value or name not in ("seed", "runs")}
        return {**facts, "scores": [run.score for run in self.runs], "spread": self.spread} if self.runs else facts


@dataclass(frozen=True)
class Comparison:
    """Hold the compared settings and their corpora.

    minutes: of each setting; common: settings of all; settings: by name, what each has for itself
    opponents: who plays from outside, of `seqtext.training.opponents`
    seeds: how many seeds each learns with
    """

    task: str
    corpora: list[str] = field(default_factory=list)
    valid: list[str] | None = None
    columns: dict[str, str] | None = None
    encoding_errors: str = "strict"
    preset: str = "base"
    minutes: float = 1.0
    common: Settings = field(default_factory=dict)
    settings: dict[str, Settings] = field(default_factory=dict)
    opponents: list[str] = field(default_factory=list)
    seeds: int = 1
    encoding: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Comparison":
        """Build a comparison from plain data.

        Raises TypeError, KeyError or AttributeError for anything else.
        """
        known = {"opponents": [], "seeds": 1, "encoding": None, **data}  # earlier versions had none of them
        missing = [item.name for item in dataclasses.fields(cls) if item.name not in known]
        if missing:
            raise KeyError(missing[0])
        comparison = cls(**data)
        comparison.settings.items()
        return comparison

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, without seeds and encoding at their defaults."""
        usual = ("seeds", 1), ("encoding", None)
        return {name: value for name, value in dataclasses.asdict(self).items() if (name, value) not in usual}


@dataclass(frozen=True)
class League:
    """Hold a comparison: its request and the rows measured so far.

    held_out: which texts were measured on
    p_values: by a row's name, how likely its distance from the row above is by chance (paired bootstrap, see
    `seqtext.evaluation.intervals.paired_p_value`), where both were measured on the same texts
    """

    request: Comparison
    metric: str = ""
    held_out: str = ""
    precision: str = ""
    rows: dict[str, Row] = field(default_factory=dict)
    p_values: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: str | Path) -> "League | None":
        """Read the comparison in a folder, None where there is none.

        Raises TrainingError for a damaged one.
        """
        path = Path(folder) / FILE
        if not path.is_file():
            return None
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            rows = [Row.from_dict(row_data) for row_data in data["rows"]]
            request = Comparison.from_dict(data["request"])
            league = cls(**{**data, "request": request, "rows": {row.name: row for row in rows}})
            if not all(name in league.rows and 0 <= p <= 1 for name, p in league.p_values.items()):
                raise ValueError("p_values")
            return league
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TrainingError(
                f"{path} cannot be read ({error!r:.80}); what `seqtext compare` wrote is expected.",
                f"another {argument('run')}",
            ) from error

    def write(self, folder: Path) -> None:
        """Write the comparison to a folder, rows in the table's order."""
        rows = [row.to_dict() for row in self.ranked()]
        facts = {**vars(self), "request": self.request.to_dict(), "rows": rows}
        write_atomically(folder / FILE, json.dumps(facts, ensure_ascii=False, indent=1).encode("utf-8"))

    def ranked(self) -> list[Row]:
        """Sort the rows, best first; of equal scores, the smaller model first."""
        sign = 1.0 if self.metric in LOWER else -1.0
        worst = [row for row in self.rows.values() if not math.isfinite(row.score)]
        good = [row for row in self.rows.values() if math.isfinite(row.score)]
        return [*sorted(good, key=lambda row: (sign * row.score, row.parameters)), *worst]

    def run(self, name: str, seed: int) -> Row | None:
        """Return a setting's row with one seed, None if it is missing.

        seed: 0 for the comparison's own
        """
        return self.rows[name].of_seed(seed) if name in self.rows else None

    def joined_by(self, row: Row) -> "League":
        """Return a copy of the comparison with a row added.

        row: of a setting with a single seed; it is averaged with the rows of the setting's other seeds
        """
        runs = [*(self.rows[row.name].by_seed if row.name in self.rows else ()), row]
        return dataclasses.replace(self, rows={**self.rows, row.name: Row.mean_of(runs)})

    def tested(self, folder: Path) -> "League":
        """Test each row against the row above, by the paired bootstrap.

        folder: where the runs with their outcomes on the held-out texts are. Rows of several seeds get the intervals of
        their means.
        """
        outcomes = {name: row.outcomes(folder) for name, row in self.rows.items()}
        p_values = {}
        for above, row in pairwise(self.ranked()):
            first, second = outcomes[above.name], outcomes[row.name]
            p = mean_p_value(first, second) if first and second else None
            if p is not None and first[0].score == self.metric:
                p_values[row.name] = p
        spans = {name: mean_interval(runs) for name, runs in outcomes.items() if runs and runs[0].score == self.metric}
        rows = {
            name: dataclasses.replace(row, interval=spans.get(name)) if row.runs else row
            for name, row in self.rows.items()
        }
        return dataclasses.replace(self, rows=rows, p_values=p_values)

    def ties(self) -> list[str]:
        """List the rows that cannot be told apart from the row above."""
        return [row.name for row in self.ranked() if self.p_values.get(row.name, 0.0) >= CHANCE]

    def curves(self) -> list[str]:
        """Draw the metric over time as bars for a terminal.

        The rows are ranked. A higher bar is a better score. Time runs from left to right; a score stands until the next
        one. All rows have the same scale.
        """
        ranked, sign = self.ranked(), -1.0 if self.metric in LOWER else 1.0
        seen = [sign * score for row in ranked for _, score in row.curve if math.isfinite(score)]
        low, high = (min(seen), max(seen)) if seen else (0.0, 1.0)
        longest = max((row.curve[-1][0] for row in ranked if row.curve), default=1.0) or 1.0
        lines = []
        for row in ranked:
            bars = [" "] * _COLUMNS
            for seconds, score in row.curve:
                level = (sign * score - low) / (high - low) if high > low and math.isfinite(score) else 0.0
                column = min(_COLUMNS - 1, int(seconds / longest * _COLUMNS))
                bars[column:] = [_BARS[round(level * (len(_BARS) - 1))]] * (_COLUMNS - column)
            lines.append("".join(bars))
        return lines

    def picture(self, path: str | Path) -> None:
        """Plot the metric over time and over the size of the weights.

        The best setting comes first. Raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that
        cannot be written.
        """
        check_picture(path)
        from matplotlib.ticker import LogLocator, NullLocator

        better = "less is better" if self.metric in LOWER else "more is better"
        score, ranked = self.metric.replace("_", " "), self.ranked()
        title = f"{score} over the minutes and over the size of {len(ranked)} settings of {self.request.task}"
        with canvas(path, title, figsize=(10.4, 4.4), layout="constrained") as figure:
            over_time, over_size = figure.subplots(1, 2, sharey=True)
            for number, row in enumerate(ranked):
                minutes, scores = [when / 60 for when, _ in row.curve], [score for _, score in row.curve]
                colour, mark = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
                line = ("-", "--", ":")[number // len(COLOURS) % 3]
                look = {"color": colour, "marker": mark, "markersize": 4, "linestyle": line, "linewidth": 1.2}
                over_time.plot(minutes, scores, label=row.name, **look)
                over_size.plot([row.file_bytes / 1e6], [row.score], **look, label=row.name)
            over_time.set_xlabel("minutes of learning")
            over_size.set_xlabel("megabytes of weights")
            over_size.set_xscale("log")
            over_size.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            over_size.xaxis.set_major_formatter("{x:g}")
            over_size.xaxis.set_minor_locator(NullLocator())
            over_time.set_ylabel(f"{score} on {measured_on(self.held_out)} ({better})")
            over_time.set_title(f"{self.request.task}, {self.request.minutes:g} minutes each", fontsize=10)
            over_size.set_title("what was kept, and its size", fontsize=10)
            over_time.grid(alpha=0.3)
            over_size.grid(alpha=0.3, which="both")
            over_size.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)


def chosen_rungs(task: str, rungs: Sequence[str] = (), each: Sequence[Mapping[str, Any]] = ()) -> dict[str, Settings]:
    """Choose the settings to compare, by name.

    rungs: names of a task's own settings; each: further settings. Without either, all rungs are chosen. Raises
    ConfigError for an unknown task or rung, and for two settings of the same name.
    """
    if task not in TASKS:
        raise ConfigError(
            f"The task {task!r} was received; accepted are {', '.join(TASKS)}.",
            f"seqtext compare {nearest(task, TASKS)} --help",
        )
    known = TASKS[task].rungs
    for rung in rungs:
        if rung not in known:
            raise ConfigError(
                f"{argument('rungs')} received {rung!r}; accepted are {', '.join(known)}.",
                arguments(rungs=[nearest(rung, known)]),
            )
    pairs = [(rung, known[rung]) for rung in (rungs if rungs or each else known)]
    pairs += [(name_of(settings), dict(settings)) for settings in each]
    chosen: dict[str, Settings] = {}
    for name, settings in pairs:
        if name in chosen:
            raise ConfigError(f"The setting {name!r} was given twice; once is accepted.", "leave one of them out")
        chosen[name] = settings
    return chosen


def name_of(settings: Mapping[str, Any]) -> str:
    """Name a folder after settings.

    {"encoder": "bag", "pooling": "mean"} is named bag-pooling-mean.
    """
    parts = [str(value) if name in ("encoder", "cell") else f"{name}-{value}" for name, value in settings.items()]
    return re.sub(r"[^\w.+-]+", "-", "-".join(parts))


def folder_name(name: str, seed: int = 0) -> str:
    """Name the folder of a setting's run.

    seed: set where it differs from the comparison's seed
    """
    return f"{name}-seed-{seed}" if seed else name


def _mean_curve(curves: Sequence[Sequence[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Average curves over time, from the moment when all have a score.

    Each score stands until the next.
    """
    if not all(curves):
        return []
    begun = max(curve[0][0] for curve in curves)
    times = sorted({when for curve in curves for when, _ in curve if when >= begun})
    return [
        (when, statistics.fmean([score for since, score in curve if since <= when][-1] for curve in curves))
        for when in times
    ]
