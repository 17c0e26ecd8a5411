"""Compare settings: each learns the same text for the same minutes, one after the other, each in a run of its own."""

import contextlib
import json
import os
import statistics
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from seqtext.characters import CLOZE_WORD
from seqtext.config import PRESETS
from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.errors import ConfigError, CorpusError, TrainingError
from seqtext.evaluation.league import SHARED, League, Row, Settings, Turn, chosen_rungs
from seqtext.evaluation.metrics import KNOWN_BY
from seqtext.storage.catalog import load
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.events import Evaluated, Event, Finished, Started, Step
from seqtext.training.settings import configure
from seqtext.training.train import Corpora, listed, train

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
    encoding_errors: str = "strict",
    **common: Any,
) -> Iterator[Turn | Event | Row | League]:
    """Train several settings for the same minutes each; yields a Turn, the events of its training and a Row for each.

    The League comes last. Each setting is a run in RUN/NAME, RUN/league.json the table. What is there already is not
    learnt again: the same call goes on where an earlier one stopped, and may name further settings.

    corpora: as for `seqtext.train`, but not standard input; None with resume, which knows them
    minutes: for each setting; 1 unless given
    rungs:   names out of `seqtext.evaluation.league.RUNGS`; each: settings of one's own; without either, all rungs
    common:  settings of all, over those of the preset

    Raises what `seqtext.train` does, before anything is learnt where a setting is at fault. Ctrl-C saves and raises
    KeyboardInterrupt.

    >>> *_, league = compare("classify", "reviews.tsv", "runs/ladder", minutes=2)  # doctest: +SKIP
    >>> [(row.name, row.score) for row in league.ranked()]  # doctest: +SKIP
    """
    run = Path(run)
    request = {
        "task": task, "corpora": _absolute(corpora), "valid": None if valid is None else _absolute(valid),
        "columns": dict(columns) if columns else None,
        "encoding_errors": encoding_errors, "preset": preset, "minutes": 1.0 if minutes is None else float(minutes),
        "common": common, "settings": chosen_rungs(task, rungs, each),
    }  # fmt: skip
    league = League.read(run)
    if resume:
        typed = {"minutes": minutes, "valid": valid, "columns": columns, "rung": rungs, "each": each, **common}
        league = _resumed(league, task, run, corpora, [name for name, value in typed.items() if value])
    elif league is None:
        league = League(request)
        if any((run / name).exists() for name in ("settings.json", "config.json")):
            raise TrainingError(f"{run} holds a run; an empty or new folder is expected.", "another --run")
    else:
        league = _continued(league, run, request)
    _check(league.request)
    chosen = league.request["settings"]
    text, stored = _question(league.request), bool(league.metric)
    for number, (name, own) in enumerate(chosen.items(), 1):
        interrupted = stored and (run / name / "settings.json").is_file()
        state = "finished" if name in league.rows else "interrupted" if interrupted else "new"
        yield Turn(name, own, number, len(chosen), state)
        if state != "finished":
            league = yield from _learn(league, run, name, own, text, interrupted)
        yield league.rows[name]
    league.write(run)
    yield league


def _learn(
    league: League, run: Path, name: str, own: Settings, text: str, resume: bool
) -> Generator[Event | Row, None, League]:
    """Train one setting, or go on with it; returns the league with its row, which is on disk then."""
    asked, place = league.request, run / name
    if resume:
        events = train(asked["task"], None, place, resume=True)
    else:
        settings = {**({"precision": league.precision} if league.precision else {}), **asked["common"], **own}
        given = {key: asked[key] for key in ("valid", "columns", "preset", "encoding_errors", "minutes")}
        events = train(asked["task"], asked["corpora"], place, **given, **settings)
    parameters, tokens, seconds, before = 0, 0.0, 0.0, None
    finished: Finished | None = None
    with contextlib.closing(events):  # type: ignore[type-var]
        for event in events:
            if isinstance(event, Started):
                parameters = event.parameters
                if not league.metric:  # the corpus can be read: from here on there is something to go on with
                    metric = KNOWN_BY[asked["task"]][0]
                    held_out = event.held_out.replace(f"{Path.cwd()}{os.sep}", "")
                    league = replace(league, metric=metric, held_out=held_out, precision=event.precision)
                    league.write(run)
            elif isinstance(event, Step):
                if before is not None:
                    tokens += event.tokens_per_second * (event.seconds - before)
                    seconds += event.seconds - before
                before = event.seconds
            elif isinstance(event, Evaluated):
                before = event.seconds
            elif isinstance(event, Finished):
                finished = event
            yield event
    assert finished is not None
    metric = next((one for one in KNOWN_BY[asked["task"]] if one in finished.metrics), "loss")
    progress = Checkpoint(place).state()["progress"]
    row = Row(
        name, own, finished.metrics[metric], finished.metrics, parameters, tokens / seconds if seconds else None,
        (place / "weights.safetensors").stat().st_size, latency(asked["task"], place, text), progress["seconds"],
        finished.step, finished.reason, [(line["seconds"], line[metric]) for line in progress["history"]],
    )  # fmt: skip
    league = replace(league, metric=metric, rows={**league.rows, name: row})
    league.write(run)
    return league


def latency(task: str, model: Path, text: str) -> float:
    """Median milliseconds in which a model, once it is loaded, answers a text."""
    found = load(model, task)
    answers: dict[str, Callable[[], Any]] = {
        "classify": lambda: found.classify([text]),
        "fill": lambda: found.fill(text),
        "generate": lambda: found.next(text),
        "anomaly": lambda: found.detect(text),
        "translate": lambda: found.translate([text]),
        "summarize": lambda: found.summarize([text]),
    }
    answers[task]()  # the first answer is slower
    times: list[float] = []
    while len(times) < 3 or (len(times) < _ANSWERS and sum(times) < _SECONDS):
        begun = time.perf_counter()
        answers[task]()
        times.append(time.perf_counter() - begun)
    return 1e3 * statistics.median(times)


def _question(request: Mapping[str, Any]) -> str:
    """The text that all answer: of middle length among the first of the held-out corpus, or of the corpus."""
    sources = request["valid"] or request["corpora"]
    how: dict[str, Any] = {"columns": request["columns"], "encoding_errors": request["encoding_errors"]}
    found: Iterator[str]
    if request["task"] == "classify":
        several = bool(request["common"].get("several"))
        found = (text for _, text in read_labelled(sources, several=several, **how))
    elif request["task"] in ("translate", "summarize"):
        found = (row["source"] for row in read_rows(sources, ("source", "target"), **how))
    else:
        found = read_texts(sources, **how)
    texts = sorted(islice(found, _TEXTS), key=lambda text: (len(text), text))
    if not texts:
        raise CorpusError(f"{', '.join(sources)} hold no text; some is expected.", "give another corpus")
    text = texts[len(texts) // 2]
    if request["task"] == "fill":
        words = list(CLOZE_WORD.finditer(text))
        start, end = words[len(words) // 2].span() if words else (0, len(text))
        return f"{text[:start]}___{text[end:]}"
    return text


def _absolute(corpora: Corpora | None) -> list[str]:
    return [one if one == "-" or one.startswith("hf:") else str(Path(one).absolute()) for one in listed(corpora)]


def _check(request: dict[str, Any]) -> None:
    """Raise ConfigError for what cannot be trained, before anything is."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError(
            "Several processes were started; one compares, for the minutes are shared.", "seqtext compare"
        )
    if "-" in request["corpora"]:
        raise ConfigError(
            "The corpus is standard input, which can be read once; a file is expected.", "cat > corpus.txt"
        )
    presets = PRESETS[request["task"]]
    if request["preset"] not in presets:
        raise ConfigError(
            f"--preset received {request['preset']!r}; accepted are {', '.join(presets)}.",
            f"--preset {next(iter(presets))}",
        )
    common = request["common"]
    for name in ("epochs", "steps"):
        if common.get(name) is not None:
            raise ConfigError(f"--{name} was given; all settings learn for the same --minutes.", "--minutes 1")
    for name, own in request["settings"].items():
        shared = next((one for one in SHARED if one in own), None)
        if shared is not None:
            raise ConfigError(
                f"The setting {name!r} has {shared} for itself, in which none may differ.",
                f"--set {shared}={own[shared]}",
            )
        twice = next((one for one in own if one in common and common[one] != own[one]), None)
        if twice is not None:
            raise ConfigError(
                f"All were given {twice} = {common[twice]!r}, but the setting {name!r} has {own[twice]!r}.",
                f"leave {twice} out of one of them",
            )
        configure(request["task"], request["preset"], {**common, **own, "minutes": request["minutes"]}, None)


def _resumed(league: League | None, task: str, run: Path, corpora: Corpora | None, typed: list[str]) -> League:
    if league is None:
        raise TrainingError(
            f"{run} holds no comparison to resume; a folder that an earlier --run wrote is expected.",
            f"seqtext compare {task} CORPUS --run {run}",
        )
    if league.request["task"] != task:
        raise TrainingError(
            f"{run} holds a comparison for {league.request['task']!r}, not for {task!r}.",
            f"seqtext compare {league.request['task']} --run {run} --resume",
        )
    if corpora or typed:
        names = ", ".join("--" + name.replace("_", "-") for name in typed) or "A corpus"
        raise ConfigError(
            f"{names} was given with --resume, which keeps the comparison's own.", f"--run {run} --resume"
        )
    return league


def _continued(league: League, run: Path, request: dict[str, Any]) -> League:
    """An earlier comparison with perhaps further settings; TrainingError where anything else differs."""
    request = json.loads(json.dumps(request))
    for name, value in request.items():
        if name != "settings" and value != league.request[name]:
            raise TrainingError(
                f"{run} holds another comparison: {name} {league.request[name]!r:.80}, not {value!r:.80}.",
                f"--run {run} --resume to go on with that, or another --run",
            )
    known = league.request["settings"]
    for name, own in request["settings"].items():
        if own != known.get(name, own):
            raise TrainingError(
                f"{run} holds {name!r} with other settings, {known[name]!r}.", "another --run, or another setting"
            )
    return replace(league, request={**request, "settings": {**known, **request["settings"]}})
