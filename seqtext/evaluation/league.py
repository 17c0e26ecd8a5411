"""League tables: settings that learnt the same text for the same minutes, side by side, as a table, text and picture.

`seqtext.training.compare` fills them.
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
#: Metrics of which less is better.
LOWER = ("bits_per_character", "perplexity", "loss")
#: What no setting may have for itself: all learn for as long, from the same texts.
SHARED = (
    "minutes", "epochs", "steps", "seed", "valid_share", "precision", "device", "deterministic", "threads", "several",
    "multi_label",
)  # fmt: skip

#: The p-value from which on two rows cannot be told apart.
CHANCE = 0.05

_BARS = "▁▂▃▄▅▆▇█"
_COLUMNS = 20  # of the bars


@dataclass(frozen=True)
class Turn:
    """A setting's turn begins: number from 1 of so many; state is "new", "interrupted", "finished" or "missing".

    An outside opponent is "missing" whose package is not installed, or that ended without an answer; why: that
    seed: where it is not the comparison's own, of which there is a turn before
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
    """What one setting came to.

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
        """Build a row from plain data; raises TypeError, ValueError or KeyError for anything else."""
        facts = {name: value for name, value in data.items() if name not in ("scores", "spread")}
        curve = [(when, score) for when, score in data["curve"]]
        return cls(**{**facts, "curve": curve, "runs": [cls.from_dict(run) for run in data.get("runs", ())]})

    @classmethod
    def mean_of(cls, runs: Sequence["Row"]) -> "Row":
        """Average the rows of one setting with several seeds; of one seed, its row as it is."""
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
        """The row of each seed: with one seed, this one."""
        return self.runs or [self]

    @property
    def spread(self) -> float | None:
        """The standard deviation of the seeds' scores; None of one seed."""
        scores = [run.score for run in self.runs]
        return statistics.stdev(scores) if scores and all(map(math.isfinite, scores)) else None

    def of_seed(self, seed: int) -> "Row | None":
        """Return the row of a seed, None where it has not learnt."""
        return next((run for run in self.by_seed if run.seed == seed), None)

    def outcomes(self, folder: Path) -> list[Outcomes]:
        """Read what came of the held-out texts, of each seed; nothing where one has none."""
        found = [Outcomes.read(folder / folder_name(run.name, run.seed)) for run in self.by_seed]
        return [one for one in found if one is not None] if None not in found else []

    def to_dict(self) -> dict[str, Any]:
        """For JSON; what only several seeds have is there with several."""
        facts = {**vars(self), "runs": [run.to_dict() for run in self.runs]}
        facts = {name: value for name, value in facts.items() if value or name not in ("seed", "runs")}
        return {**facts, "scores": [run.score for run in self.runs], "spread": self.spread} if self.runs else facts


@dataclass(frozen=True)
class Comparison:
    """What was asked to be compared.

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
        """Build a comparison from plain data; raises TypeError, KeyError or AttributeError for anything else."""
        known = {"opponents": [], "seeds": 1, "encoding": None, **data}  # earlier versions had none of them
        missing = [item.name for item in dataclasses.fields(cls) if item.name not in known]
        if missing:
            raise KeyError(missing[0])
        found = cls(**data)
        found.settings.items()
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON; the number of seeds where there are several."""
        usual = ("seeds", 1), ("encoding", None)
        return {name: value for name, value in dataclasses.asdict(self).items() if (name, value) not in usual}


@dataclass(frozen=True)
class League:
    """A comparison: what was asked for, and the rows that are there; held_out: which texts were measured on.

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
        """The comparison in a folder, None where there is none; TrainingError for a damaged one."""
        path = Path(folder) / FILE
        if not path.is_file():
            return None
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            rows = [Row.from_dict(one) for one in data["rows"]]
            request = Comparison.from_dict(data["request"])
            found = cls(**{**data, "request": request, "rows": {row.name: row for row in rows}})
            if not all(name in found.rows and 0 <= p <= 1 for name, p in found.p_values.items()):
                raise ValueError("p_values")
            return found
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TrainingError(
                f"{path} cannot be read ({error!r:.80}); what `seqtext compare` wrote is expected.",
                f"another {argument('run')}",
            ) from error

    def write(self, folder: Path) -> None:
        """Keep it in a folder, rows in the table's order."""
        rows = [row.to_dict() for row in self.ranked()]
        facts = {**vars(self), "request": self.request.to_dict(), "rows": rows}
        write_atomically(folder / FILE, json.dumps(facts, ensure_ascii=False, indent=1).encode("utf-8"))

    def ranked(self) -> list[Row]:
        """The rows, best first; of two that are as good, the smaller one."""
        sign = 1.0 if self.metric in LOWER else -1.0
        worst = [row for row in self.rows.values() if not math.isfinite(row.score)]
        good = [row for row in self.rows.values() if math.isfinite(row.score)]
        return [*sorted(good, key=lambda row: (sign * row.score, row.parameters)), *worst]

    def run(self, name: str, seed: int) -> Row | None:
        """Return the row of a setting with one seed (0: the comparison's own), None where it has not learnt."""
        return self.rows[name].of_seed(seed) if name in self.rows else None

    def joined_by(self, row: Row) -> "League":
        """Take in the row of a setting with one seed."""
        runs = [*(self.rows[row.name].by_seed if row.name in self.rows else ()), row]
        return dataclasses.replace(self, rows={**self.rows, row.name: Row.mean_of(runs)})

    def tested(self, folder: Path) -> "League":
        """Test each row against the one above, on what came of the held-out texts in the runs of either.

        Rows of several seeds get the intervals of their means.
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
        """Name the rows that cannot be told apart from the one above."""
        return [row.name for row in self.ranked() if self.p_values.get(row.name, 0.0) >= CHANCE]

    def curves(self) -> list[str]:
        """The rows' metrics over the minutes for a terminal, in their order: a higher bar is a better score.

        From left to right the time given to each; a score stands until the next one. All have the same scale.
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
                place = min(_COLUMNS - 1, int(seconds / longest * _COLUMNS))
                bars[place:] = [_BARS[round(level * (len(_BARS) - 1))]] * (_COLUMNS - place)
            lines.append("".join(bars))
        return lines

    def picture(self, path: str | Path) -> None:
        """Draw the metric over the minutes and over the size of the weights, the best setting first.

        raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
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
    """The settings to compare, by name: some rungs of a task and some of one's own; without either, all rungs.

    raises ConfigError for a task or rung that is not known, and for two settings of the same name
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
    pairs += [(name_of(own), dict(own)) for own in each]
    chosen: dict[str, Settings] = {}
    for name, own in pairs:
        if name in chosen:
            raise ConfigError(f"The setting {name!r} was given twice; once is accepted.", "leave one of them out")
        chosen[name] = own
    return chosen


def name_of(settings: Mapping[str, Any]) -> str:
    """What settings are called, as a folder may be: those of {"encoder": "bag", "pooling": "mean"} bag-pooling-mean."""
    parts = [str(value) if name in ("encoder", "cell") else f"{name}-{value}" for name, value in settings.items()]
    return re.sub(r"[^\w.+-]+", "-", "-".join(parts))


def folder_name(name: str, seed: int = 0) -> str:
    """What the folder of a setting's run is called; seed: where it is not the comparison's own."""
    return f"{name}-seed-{seed}" if seed else name


def _mean_curve(curves: Sequence[Sequence[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Average scores over time, from when all curves have one; each score stands until the next."""
    if not all(curves):
        return []
    begun = max(curve[0][0] for curve in curves)
    times = sorted({when for curve in curves for when, _ in curve if when >= begun})
    return [
        (when, statistics.fmean([score for since, score in curve if since <= when][-1] for curve in curves))
        for when in times
    ]
