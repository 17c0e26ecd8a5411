"""Compare settings by training each on the same text for equal minutes."""

import contextlib
import os
import statistics
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from seqtext.data.sources import Corpora
from seqtext.errors import CorpusError, TrainingError
from seqtext.evaluation.league import FILE, Comparison, League, Row, Turn, chosen_rungs, folder_name
from seqtext.extras import missing
from seqtext.networks.threads import count_cores
from seqtext.storage.catalog import load
from seqtext.tasks import TASKS, Settings, resolve
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.comparison import (
    absolute_names,
    begin_with_seed,
    check_comparison,
    check_resumable,
    configured,
    make_place,
    open_league,
    outside_opponents,
    request_of,
    seeds_of,
)
from seqtext.training.events import Evaluated, Event, Finished, Started, Step
from seqtext.training.lock import RunLock
from seqtext.training.opponents import OPPONENTS, TRANSFORMER, meet_opponent
from seqtext.training.run import Run
from seqtext.training.rungs import PRESET
from seqtext.training.tasks.base import TrainingTask
from seqtext.training.train import train

_TEXTS = 1_000  # among which the one to answer is chosen
_ANSWERS = 30  # that are timed
_SECONDS = 2.0  # at most for them, but for the first three


def compare(
    task: str,
    corpora: Corpora | None,
    run: str | Path,
    *,
    minutes: float | None = None,
    seeds: int | None = None,
    rungs: Sequence[str] = (),
    each: Sequence[Mapping[str, Any]] = (),
    valid: Corpora | None = None,
    columns: Mapping[str, str] | None = None,
    preset: str = "base",
    resume: bool = False,
    opponents: bool | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    **common: Any,
) -> Generator[Turn | Event | Row | League, None, None]:
    """Train several settings for the same minutes each.

    Each yields a Turn, the events of its training and a Row; the League comes last. Each setting is a run in RUN/NAME;
    the table is RUN/league.json. Finished runs are not trained again: the same call continues where an earlier one
    stopped, and may name further settings, or more seeds.

    corpora: as for `seqtext.train`; None with resume, which knows them
    minutes: for each setting; 1 unless given
    seeds:   how many each learns with, `seed` and those after it, for the minutes each, from the same texts (those that
             are held out by the first); the league has their means then. 1 unless given. Those after the first are
             runs in RUN/NAME-seed-N, and each has a Turn and a Row of its own
    rungs:   names out of the task's record in `seqtext.tasks`; each: settings of one's own; without either, all rungs
    common:  settings of all, over those of the preset
    opponents: with "classify", also let outside opponents learn, for the minutes each (`seqtext.training.opponents`):
             True all, False none, None those that are installed where no rungs and each are given

    Raises what `seqtext.train` does, before anything is learnt where a setting is at fault. Ctrl-C saves and raises
    KeyboardInterrupt.

    >>> *_, league = compare("classify", "reviews.tsv", "runs/ladder", minutes=2)  # doctest: +SKIP
    >>> [(row.name, row.score) for row in league.ranked()]  # doctest: +SKIP
    """
    folder = Path(run)
    asked = Comparison(
        task, absolute_names(corpora), None if valid is None else absolute_names(valid),
        dict(columns) if columns else None, encoding_errors, preset, 1.0 if minutes is None else float(minutes), common,
        chosen_rungs(task, rungs, each),
        outside_opponents(task, opponents, bool(rungs or each)), 1 if seeds is None else seeds,
        encoding,
    )  # fmt: skip
    if resume:
        given = {
            "minutes": minutes, "valid": valid, "columns": columns, "rung": rungs, "each": each, "opponents": opponents,
            "seeds": seeds, **common, "preset": preset != "base", "encoding_errors": encoding_errors != "strict",
            "encoding": encoding,
        }  # fmt: skip
        check_resumable(task, folder, corpora, [name for name, value in given.items() if value])
    else:
        check_comparison(asked)
        make_place(folder)
    with RunLock(folder):
        yield from _played(open_league(folder, None if resume else asked), folder)


def _played(league: League, folder: Path) -> Iterator[Turn | Event | Row | League]:
    """Play; let another corpus be given if this one is at fault before anything was measured."""
    try:
        yield from _play(league, folder)
    except CorpusError:
        begun = League.read(folder)
        if begun is not None and not begun.metric:
            (folder / FILE).unlink()
        raise


def _play(league: League, folder: Path) -> Iterator[Turn | Event | Row | League]:
    """Train every setting in turn, then yield the league."""
    asked, stored, seeds = league.request, bool(league.metric), seeds_of(league.request)
    total = (len(asked.settings) + len(asked.opponents)) * len(seeds)
    text = _question(asked)
    turns = ((name, settings, seed) for name, settings in asked.settings.items() for seed in seeds)
    for number, (name, settings, seed) in enumerate(turns, 1):
        run_folder = folder / folder_name(name, seed)
        begun = (run_folder / "settings.json").is_file()
        interrupted = begun and (stored or bool(seed) or _is_ours(league, settings, run_folder))
        known = league.run(name, seed)
        state = "finished" if known else "interrupted" if interrupted else "new"
        yield (turn := Turn(name, settings, number, total, state, seed=seed))
        if known is None:
            league, known = yield from _learn(league, folder, turn, text)
        yield known
    turns = ((name, {}, seed) for name in asked.opponents for seed in seeds)
    for number, (name, _, seed) in enumerate(turns, total - len(asked.opponents) * len(seeds) + 1):
        if seed and name not in league.rows:  # it could not play with the first seed
            continue
        league = yield from _let_in(league, folder, Turn(name, {}, number, total, "new", seed=seed))
    league = league.tested(folder)
    league.write(folder)
    yield league


def _is_ours(league: League, settings: Settings, run_folder: Path) -> bool:
    """Return whether a run was begun by this comparison before its league was stored."""
    expected = configured(league.request, settings)
    with contextlib.suppress(TrainingError):
        request, config = Run(run_folder).read_settings()
        if expected.tokenizer.tokens == "auto":  # its corpus has decided
            expected = expected._replace(tokenizer=config.tokenizer)
        return (request, config) == (request_of(league.request, settings.get("start")), expected)
    return False


def _learn(league: League, folder: Path, turn: Turn, text: str) -> Generator[Event, None, tuple[League, Row]]:
    """Train one setting, or resume it; return the league with its row, which is on disk then, and the row."""
    asked, target = league.request, folder / folder_name(turn.name, turn.seed)
    meter = Meter()
    with contextlib.closing(_events(league, turn, folder)) as events:
        for event in events:
            meter.read(event)
            if isinstance(event, Started) and not league.metric:
                # The corpus can be read: from here on there is something to go on with.
                held_out = event.held_out.replace(f"{Path.cwd()}{os.sep}", "")
                metric = TASKS[asked.task].known_by[0]
                league = replace(league, metric=metric, held_out=held_out, precision=event.precision)
                league.write(folder)
            yield event
    finished = meter.finished
    assert finished is not None
    metric = TASKS[asked.task].score(finished.metrics) or "loss"
    progress = Checkpoint(target).state()["progress"]
    row = Row(
        turn.name, turn.settings, finished.metrics[metric], finished.metrics, meter.parameters,
        meter.tokens_per_second, (target / "weights.safetensors").stat().st_size, latency(asked.task, target, text),
        progress["seconds"], finished.step, finished.reason,
        [(line["seconds"], line[metric]) for line in progress["history"] if metric in line],
        finished.intervals.get(metric), seed=turn.seed,
    )  # fmt: skip
    league = replace(league, metric=metric).joined_by(row)
    league.write(folder)
    return league, row


def _let_in(league: League, folder: Path, turn: Turn) -> Generator[Turn | Row, None, League]:
    """Train an outside opponent, unless it has been; return the league, with its row where it has one."""
    known = league.run(turn.name, turn.seed)
    if known is not None:
        yield replace(turn, state="finished")
        yield known
        return league
    if not OPPONENTS[turn.name].is_installed:
        error = missing(OPPONENTS[turn.name].module, f"The opponent {turn.name}")
        yield replace(turn, state="missing", why=f"{error.message} {error.hint}")
        return league
    beside = _beside(league, turn.name)
    run = Run(folder / beside)
    config = run.read_settings()[1]
    if config.network.several:
        yield replace(turn, state="missing", why="it gives a text one label")
        return league
    yield turn
    training = config.training
    threads = training.threads or count_cores()
    opponent_folder, seed = folder / folder_name(turn.name, turn.seed), turn.seed or training.seed
    met = meet_opponent(
        turn.name, run, opponent_folder, minutes=league.request.minutes, threads=threads, seed=seed,
        parameters=league.rows[beside].parameters,
    )  # fmt: skip
    if isinstance(met, str):
        yield replace(turn, state="missing", why=met)
        return league
    met = replace(met, seed=turn.seed)
    league = league.joined_by(met)
    league.write(folder)
    yield met
    return league


def _beside(league: League, opponent: str) -> str:
    """Name the setting whose rows an opponent learns: the first, or for the transformer the best one with an encoder.

    With another seed, the transformer is paired with the same setting.
    """
    names = list(league.request.settings)
    if opponent != TRANSFORMER:
        return names[0]
    if opponent in league.rows:
        return str(league.rows[opponent].settings["beside"])
    best = [row.name for row in league.ranked() if not row.outside and row.settings.get("encoder") != "none"]
    return [*best, names[0]][0]


def _events(league: League, turn: Turn, folder: Path) -> Generator[Event, None, None]:
    """Begin the training of a setting, or resume it."""
    asked, run_folder = league.request, folder / folder_name(turn.name, turn.seed)
    if turn.seed:
        begin_with_seed(Run(run_folder), Run(folder / turn.name), turn.seed, asked.minutes)
    if turn.seed or turn.state == "interrupted":
        return train(asked.task, None, run_folder, resume=True)
    precision = {"precision": league.precision} if league.precision else {}
    return train(
        asked.task, asked.corpora, run_folder, valid=asked.valid, columns=asked.columns, preset=asked.preset,
        encoding_errors=asked.encoding_errors, encoding=asked.encoding, minutes=asked.minutes,
        **{"rung": PRESET, **precision, **asked.common, **turn.settings},
    )  # fmt: skip


class Meter:
    """Measure a training run from its events: parameters, and speed without evaluations."""

    def __init__(self) -> None:
        self.parameters = 0
        self.finished: Finished | None = None
        self._tokens = self._seconds = 0.0
        self._before: float | None = None

    @property
    def tokens_per_second(self) -> float | None:
        """Compute the training speed in tokens per second; None before timed updates."""
        return self._tokens / self._seconds if self._seconds else None

    def read(self, event: Event) -> None:
        """Update the measurements by an event."""
        if isinstance(event, Started):
            self.parameters = event.parameters
        elif isinstance(event, Step):
            if self._before is not None:
                self._tokens += event.tokens_per_second * (event.seconds - self._before)
                self._seconds += event.seconds - self._before
            self._before = event.seconds
        elif isinstance(event, Evaluated):
            self._before = event.seconds
        elif isinstance(event, Finished):
            self.finished = event


def latency(task: str, model: Path, text: str) -> float:
    """Measure the median milliseconds that a loaded model takes per answer."""
    loaded, answer = load(model, task), resolve(TASKS[task].training).answer
    answer(loaded, text)  # the first answer is slower
    times: list[float] = []
    while len(times) < 3 or (len(times) < _ANSWERS and sum(times) < _SECONDS):
        begun = time.perf_counter()
        answer(loaded, text)
        times.append(time.perf_counter() - begun)
    return 1e3 * statistics.median(times)


def _question(asked: Comparison) -> str:
    """Choose the text that all answer: of median length among the first of the held-out corpus, or of the corpus."""
    learner: type[TrainingTask] = resolve(TASKS[asked.task].training)
    first = next(iter(asked.settings.values()))  # how texts are read is the same in all
    inputs = learner.inputs(request_of(asked), configured(asked, first).network)
    texts = sorted(islice(inputs, _TEXTS), key=lambda text: (len(text), text))
    if not texts:
        raise CorpusError(
            f"{', '.join(asked.valid or asked.corpora)} hold no text; some is expected.", "give another corpus"
        )
    return learner.question(texts[len(texts) // 2])
