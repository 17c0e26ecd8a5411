"""Compare settings: each learns the same text for the same minutes, one after the other, each in a run of its own."""

import contextlib
import json
import os
import shlex
import statistics
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from seqtext.data.corpus import Corpora, corpus_names
from seqtext.errors import ConfigError, CorpusError, TrainingError, argument, arguments, either
from seqtext.evaluation.league import FILE, SHARED, Comparison, League, Row, Turn, chosen_rungs
from seqtext.extras import missing
from seqtext.storage.catalog import load
from seqtext.tasks import CLASSIFY, TASKS, Settings, resolve
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.events import Evaluated, Event, Finished, Started, Step
from seqtext.training.lock import RunLock
from seqtext.training.opponents import OPPONENTS, meet
from seqtext.training.pipes import found_again, is_pipe, keep_pipe, path_of_copy
from seqtext.training.request import Request, RunConfig, absolute
from seqtext.training.run import Run, make_folder
from seqtext.training.rungs import PRESET
from seqtext.training.settings import check_task, configure
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
    rungs: Sequence[str] = (),
    each: Sequence[Mapping[str, Any]] = (),
    valid: Corpora | None = None,
    columns: Mapping[str, str] | None = None,
    preset: str = "base",
    resume: bool = False,
    opponents: bool | None = None,
    encoding_errors: str = "strict",
    **common: Any,
) -> Generator[Turn | Event | Row | League, None, None]:
    """Train several settings for the same minutes each; yields a Turn, the events of its training and a Row for each.

    The League comes last. Each setting is a run in RUN/NAME, RUN/league.json the table. What is there already is not
    learnt again: the same call goes on where an earlier one stopped, and may name further settings.

    corpora: as for `seqtext.train`; None with resume, which knows them
    minutes: for each setting; 1 unless given
    rungs:   names out of the task's record in `seqtext.tasks`; each: settings of one's own; without either, all rungs
    common:  settings of all, over those of the preset
    opponents: with "classify", also let outside opponents learn, for the minutes each (`seqtext.training.opponents`):
             True all, False none, None those that are installed where no rungs and each are given

    Raises what `seqtext.train` does, before anything is learnt where a setting is at fault. Ctrl-C saves and raises
    KeyboardInterrupt.

    >>> *_, league = compare("classify", "reviews.tsv", "runs/ladder", minutes=2)  # doctest: +SKIP
    >>> [(row.name, row.score) for row in league.ranked()]  # doctest: +SKIP
    """
    folder, typed = Path(run), {"minutes": minutes, "valid": valid, "columns": columns, "rung": rungs, "each": each}
    typed["opponents"] = opponents
    asked = Comparison(
        task, _absolute(corpora), None if valid is None else _absolute(valid), dict(columns) if columns else None,
        encoding_errors, preset, 1.0 if minutes is None else float(minutes), common, chosen_rungs(task, rungs, each),
        _opponents(task, opponents, bool(rungs or each)),
    )  # fmt: skip
    if resume:
        given = {**typed, **common, "preset": preset != "base", "encoding_errors": encoding_errors != "strict"}
        _check_resumable(task, folder, corpora, [name for name, value in given.items() if value])
    else:
        _check(asked)
        _make(folder)
    with RunLock(folder):
        league = _league(folder, None if resume else asked)
        try:
            yield from _play(league, folder)
        except CorpusError:
            begun = League.read(folder)
            if begun is not None and not begun.metric:  # nothing to go on with: another corpus may be given
                (folder / FILE).unlink()
            raise


def _opponents(task: str, asked: bool | None, chosen: bool) -> list[str]:
    """Name the outside opponents; asked: True all, False none, None those that are there unless others were chosen."""
    if asked and task != CLASSIFY.name:
        raise ConfigError(
            f"{argument('opponents')} was given for {task!r}; only {CLASSIFY.name} has outside opponents.",
            f"leave {argument('opponents')} out",
        )
    if task != CLASSIFY.name or asked is False or (asked is None and chosen):
        return []
    return [name for name, opponent in OPPONENTS.items() if asked or opponent.is_installed]


def _league(folder: Path, asked: Comparison | None) -> League:
    """Return what is to be played: the comparison in the folder, perhaps with further settings, or a new one.

    asked: None goes on with the one in the folder. Corpora that can be read only once are kept in the folder.
    """
    league = _found_again(League.read(folder), folder)
    if asked is not None:
        pipes = [source for source in (*asked.corpora, *(asked.valid or ())) if is_pipe(source)]
        if league is not None and pipes:
            raise TrainingError(
                f"{folder} holds a comparison, and {pipes[0]} can be read only once.",
                _again(asked.task, folder),
            )
        if pipes:
            kept = {source: str(path_of_copy(source, folder / "data", k)) for k, source in enumerate(pipes)}
            for source, path in kept.items():
                keep_pipe(source, Path(path))
            valid = None if asked.valid is None else [kept.get(source, source) for source in asked.valid]
            asked = replace(asked, corpora=[kept.get(source, source) for source in asked.corpora], valid=valid)
            League(asked).write(folder)  # from here on, --resume knows where they are
        league = League(asked) if league is None else _continued(league, folder, asked)
    assert league is not None  # `_check_resumable` has seen it
    _check(league.request)
    return league


def _found_again(league: League | None, folder: Path) -> League | None:
    """Return the comparison with what it has kept, where that is now that its folder has another name."""
    if league is None:
        return None
    asked = league.request
    corpora, valid = ([found_again(one, folder) for one in sources] for sources in (asked.corpora, asked.valid or ()))
    return replace(league, request=replace(asked, corpora=corpora, valid=valid if asked.valid else asked.valid))


def _make(folder: Path) -> None:
    """Make the folder; TrainingError for one that holds a run, or cannot be made."""
    if any((folder / name).exists() for name in ("settings.json", "config.json")) and League.read(folder) is None:
        raise TrainingError(f"{folder} holds a run; an empty or new folder is expected.", f"another {argument('run')}")
    make_folder(folder)


def _play(league: League, folder: Path) -> Iterator[Turn | Event | Row | League]:
    """Give every setting its turn, and at last the league."""
    chosen, stored = league.request.settings, bool(league.metric)
    total = len(chosen) + len(league.request.opponents)
    text = _question(league.request)
    for number, (name, own) in enumerate(chosen.items(), 1):
        begun = (folder / name / "settings.json").is_file()
        interrupted = begun and (stored or _is_ours(league, own, folder / name))
        state = "finished" if name in league.rows else "interrupted" if interrupted else "new"
        turn = Turn(name, own, number, total, state)
        yield turn
        if state != "finished":
            league = yield from _learn(league, folder, turn, text)
        yield league.rows[name]
    for number, name in enumerate(league.request.opponents, len(chosen) + 1):
        league = yield from _let_in(league, folder, Turn(name, {}, number, total, "new"))
    league = league.tested(folder)
    league.write(folder)
    yield league


def _is_ours(league: League, own: Settings, place: Path) -> bool:
    """Tell whether a run was begun by this comparison before its league was stored."""
    expected = _configured(league.request, own)
    with contextlib.suppress(TrainingError):
        request, found = Run(place).read_settings()
        if expected.tokenizer.tokens == "auto":  # its corpus has decided
            expected = expected._replace(tokenizer=found.tokenizer)
        return (request, found) == (_request(league.request, own.get("start")), expected)
    return False


def _learn(league: League, folder: Path, turn: Turn, text: str) -> Generator[Event | Row, None, League]:
    """Train one setting, or go on with it; returns the league with its row, which is on disk then."""
    asked, place = league.request, folder / turn.name
    meter = Meter()
    with contextlib.closing(_events(league, turn, place)) as events:
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
    progress = Checkpoint(place).state()["progress"]
    row = Row(
        turn.name, turn.settings, finished.metrics[metric], finished.metrics, meter.parameters,
        meter.tokens_per_second, (place / "weights.safetensors").stat().st_size, latency(asked.task, place, text),
        progress["seconds"], finished.step, finished.reason,
        [(line["seconds"], line[metric]) for line in progress["history"] if metric in line],
        finished.intervals.get(metric),
    )  # fmt: skip
    league = replace(league, metric=metric, rows={**league.rows, turn.name: row})
    league.write(folder)
    return league


def _let_in(league: League, folder: Path, turn: Turn) -> Generator[Turn | Row, None, League]:
    """Let an outside opponent learn, unless it has; returns the league, with its row where it has one."""
    if turn.name in league.rows:
        yield replace(turn, state="finished")
        yield league.rows[turn.name]
        return league
    if not OPPONENTS[turn.name].is_installed:
        told = missing(OPPONENTS[turn.name].module, f"The opponent {turn.name}")
        yield replace(turn, state="missing", why=f"{told.message} {told.hint}")
        return league
    run = Run(folder / next(iter(league.request.settings)))
    config = run.read_settings()[1]
    if config.network.several:
        yield replace(turn, state="missing", why="it gives a text one label")
        return league
    yield turn
    training = config.training
    threads = training.threads or os.cpu_count() or 1
    met = meet(turn.name, run, folder / turn.name, minutes=league.request.minutes, threads=threads, seed=training.seed)
    if isinstance(met, str):
        yield replace(turn, state="missing", why=met)
        return league
    league = replace(league, rows={**league.rows, turn.name: met})
    league.write(folder)
    yield met
    return league


def _events(league: League, turn: Turn, place: Path) -> Generator[Event, None, None]:
    """Begin the training of a setting, or go on with it."""
    asked = league.request
    if turn.state == "interrupted":
        return train(asked.task, None, place, resume=True)
    precision = {"precision": league.precision} if league.precision else {}
    return train(
        asked.task, asked.corpora, place, valid=asked.valid, columns=asked.columns, preset=asked.preset,
        encoding_errors=asked.encoding_errors, minutes=asked.minutes,
        **{"rung": PRESET, **precision, **asked.common, **turn.settings},
    )  # fmt: skip


class Meter:
    """Reads the events of a training: its parameters, its speed without evaluations, its end."""

    def __init__(self) -> None:
        self.parameters = 0
        self.finished: Finished | None = None
        self._tokens = self._seconds = 0.0
        self._before: float | None = None

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens learnt per second; None where that was not seen."""
        return self._tokens / self._seconds if self._seconds else None

    def read(self, event: Event) -> None:
        """Take in one event."""
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
    """Median milliseconds in which a model, once it is loaded, answers a text."""
    found, answer = load(model, task), resolve(TASKS[task].training).answer
    answer(found, text)  # the first answer is slower
    times: list[float] = []
    while len(times) < 3 or (len(times) < _ANSWERS and sum(times) < _SECONDS):
        begun = time.perf_counter()
        answer(found, text)
        times.append(time.perf_counter() - begun)
    return 1e3 * statistics.median(times)


def _question(asked: Comparison) -> str:
    """The text that all answer: of middle length among the first of the held-out corpus, or of the corpus."""
    learner: type[TrainingTask] = resolve(TASKS[asked.task].training)
    first = next(iter(asked.settings.values()))  # how texts are read is the same in all
    inputs = learner.inputs(_request(asked), _configured(asked, first).network)
    texts = sorted(islice(inputs, _TEXTS), key=lambda text: (len(text), text))
    if not texts:
        raise CorpusError(
            f"{', '.join(asked.valid or asked.corpora)} hold no text; some is expected.", "give another corpus"
        )
    return learner.question(texts[len(texts) // 2])


def _request(asked: Comparison, start: str | None = None) -> Request:
    """Return what a training is asked to learn from; start: the model that its rung starts from."""
    valid = tuple(asked.valid) if asked.valid else None
    return Request(asked.task, tuple(asked.corpora), valid, asked.columns, start, asked.encoding_errors)


def _configured(asked: Comparison, own: Settings) -> RunConfig:
    """Build the configs of one setting; raises ConfigError."""
    settings = {**asked.common, **own, "minutes": asked.minutes}
    return configure(TASKS[asked.task], asked.preset, settings, settings.pop("start", None))


def _absolute(corpora: Corpora | None) -> list[str]:
    return [absolute(one) for one in corpus_names(corpora)]


def _check(asked: Comparison) -> None:
    """Raise ConfigError for what cannot be trained, before anything is."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError(
            "Several processes were started; one compares, for the minutes are shared.", "seqtext compare"
        )
    check_task(asked.task, asked.preset)
    common = asked.common
    for name in ("epochs", "steps"):
        if common.get(name) is not None:
            message = f"{argument(name)} was given; all settings learn for the same {argument('minutes')}."
            raise ConfigError(message, arguments(minutes=1))
    for name, own in asked.settings.items():
        _check_setting(name, own, common)
        _configured(asked, own)


def _check_setting(name: str, own: Settings, common: Settings) -> None:
    """Raise ConfigError for a setting with what none may have for itself, or what all were given otherwise."""
    shared = next((one for one in SHARED if one in own), None)
    if shared is not None:
        raise ConfigError(
            f"The setting {name!r} has {shared} for itself, in which none may differ.",
            either(f"{shared}={own[shared]!r}", f"--set {shared}={own[shared]}"),
        )
    twice = next((one for one in own if one in common and common[one] != own[one]), None)
    if twice is not None:
        raise ConfigError(
            f"All were given {twice} = {common[twice]!r}, but the setting {name!r} has {own[twice]!r}.",
            f"leave {twice} out of one of them",
        )


def _check_resumable(task: str, folder: Path, corpora: Corpora | None, typed: list[str]) -> None:
    """Raise TrainingError or ConfigError unless the folder's comparison can go on as asked."""
    league = League.read(folder)
    if league is None:
        raise TrainingError(
            f"{folder} holds no comparison to resume; a folder that an earlier {argument('run')} wrote is expected.",
            either(
                f"compare({task!r}, CORPUS, {str(folder)!r})",
                f"seqtext compare {task} CORPUS --run {shlex.quote(str(folder))}",
            ),
        )
    if league.request.task != task:
        raise TrainingError(
            f"{folder} holds a comparison for {league.request.task!r}, not for {task!r}.",
            _again(league.request.task, folder),
        )
    if corpora or typed:
        names = ", ".join(map(argument, typed)) or "A corpus"
        raise ConfigError(
            f"{names} was given with {argument('resume')}, which keeps the comparison's own.",
            arguments(run=str(folder), resume=True),
        )


def _again(task: str, folder: Path) -> str:
    """The hint that goes on with a comparison."""
    python = f"compare({task!r}, None, {str(folder)!r}, resume=True)"
    return either(python, f"seqtext compare {task} --run {shlex.quote(str(folder))} --resume")


def _continued(league: League, folder: Path, asked: Comparison) -> League:
    """An earlier comparison with perhaps further settings; TrainingError where anything else differs."""
    asked = Comparison.from_dict(json.loads(json.dumps(asked.to_dict())))
    for name, value in asked.to_dict().items():
        before = getattr(league.request, name)
        if name not in ("settings", "opponents") and value != before:
            raise TrainingError(
                f"{folder} holds another comparison: {name} {before!r:.80}, not {value!r:.80}.",
                f"{arguments(run=str(folder), resume=True)} to go on with that, or another {argument('run')}",
            )
    known = league.request.settings
    together = list(dict.fromkeys([*league.request.opponents, *asked.opponents]))
    for name, own in asked.settings.items():
        if own != known.get(name, own):
            raise TrainingError(
                f"{folder} holds {name!r} with other settings, {known[name]!r}.",
                f"another {argument('run')}, or another setting",
            )
    return replace(league, request=replace(asked, settings={**known, **asked.settings}, opponents=together))
