"""Check a comparison's request, open its folder, and configure its runs."""

import json
import os
from dataclasses import replace
from pathlib import Path

from seqtext.config import TrainingConfig
from seqtext.data.pipes import is_pipe
from seqtext.data.sources import Corpora, corpus_names
from seqtext.errors import ConfigError, TrainingError, argument, arguments, either
from seqtext.evaluation.league import SHARED_SETTINGS, Comparison, League
from seqtext.fields import is_whole
from seqtext.masks import Masks, parse_masks
from seqtext.shell import quote
from seqtext.tasks import CLASSIFY, TASKS, Settings, resolve
from seqtext.training.opponents import OPPONENTS
from seqtext.training.pipes import found_again, keep_pipe, path_of_copy
from seqtext.training.request import Request, RunConfig, absolute
from seqtext.training.run import Run, make_folder
from seqtext.training.settings import check_task, configure

#: What each setting may learn with.
MOST_SEEDS = 100


def outside_opponents(task: str, asked: bool | None, chosen: bool) -> list[str]:
    """List the outside opponents of a comparison by name.

    asked: True for all, False for none, None for the installed ones unless rungs or settings were chosen
    Raises ConfigError for a task without outside opponents.
    """
    if asked and task != CLASSIFY.name:
        raise ConfigError(
            f"{argument('opponents')} was given for {task!r}; only {CLASSIFY.name} has outside opponents.",
            f"leave {argument('opponents')} out",
        )
    if task != CLASSIFY.name or asked is False or (asked is None and chosen):
        return []
    return [name for name, opponent in OPPONENTS.items() if asked or opponent.is_installed]


def absolute_names(corpora: Corpora | None) -> list[str]:
    """Name corpora by absolute paths."""
    return [absolute(one) for one in corpus_names(corpora)]


def make_place(folder: Path) -> None:
    """Create the folder of a comparison.

    Raises TrainingError for a folder that holds a run, or cannot be created.
    """
    if any((folder / name).exists() for name in ("settings.json", "config.json")) and League.read(folder) is None:
        raise TrainingError(f"{folder} holds a run; an empty or new folder is expected.", f"another {argument('run')}")
    make_folder(folder)


def open_league(folder: Path, asked: Comparison | None) -> League:
    """Open the comparison stored in a folder, or begin a new one.

    The stored comparison may get further settings.

    asked: None goes on with the one in the folder. Corpora that can be read only once are kept in the folder.
    Raises TrainingError where such a corpus meets a stored comparison, or that one differs or is damaged; CorpusError
    where such a corpus cannot be opened; ConfigError for settings that cannot be trained.
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
    assert league is not None  # `check_resumable` has seen it
    check_comparison(league.request)
    return league


def _found_again(league: League | None, folder: Path) -> League | None:
    """Return the comparison with the new paths of its copies, if its folder was renamed."""
    if league is None:
        return None
    asked = league.request
    corpora, valid = (
        [found_again(source, folder) for source in sources] for sources in (asked.corpora, asked.valid or ())
    )
    return replace(league, request=replace(asked, corpora=corpora, valid=valid if asked.valid else asked.valid))


def _continued(league: League, folder: Path, asked: Comparison) -> League:
    """Add settings and seeds to an earlier comparison; raises TrainingError where anything else differs."""
    asked = Comparison.from_dict(json.loads(json.dumps(asked.to_dict())))
    for name, value in vars(asked).items():
        before = getattr(league.request, name)
        more = name == "seeds" and value > before
        if name not in ("settings", "opponents") and value != before and not more:
            raise TrainingError(
                f"{folder} holds another comparison: {name} {before!r:.80}, not {value!r:.80}.",
                f"{arguments(run=str(folder), resume=True)} to go on with that, or another {argument('run')}",
            )
    known = league.request.settings
    together = list(dict.fromkeys([*league.request.opponents, *asked.opponents]))
    for name, setting in asked.settings.items():
        if setting != known.get(name, setting):
            raise TrainingError(
                f"{folder} holds {name!r} with other settings, {known[name]!r}.",
                f"another {argument('run')}, or another setting",
            )
    return replace(league, request=replace(asked, settings={**known, **asked.settings}, opponents=together))


def request_of(asked: Comparison, start: str | None = None) -> Request:
    """Build the request to train a rung of a comparison.

    start: the model that its rung starts from
    """
    valid = tuple(asked.valid) if asked.valid else None
    masks = Masks(parse_masks(str(asked.common.get("mask", ""))))
    how = asked.columns, start, asked.encoding_errors
    return Request(asked.task, tuple(asked.corpora), valid, *how, encoding=asked.encoding, masks=masks)


def seeds_of(asked: Comparison) -> list[int]:
    """List the seeds of each setting, 0 for the comparison's own."""
    return [0, *(int(asked.common.get("seed", TrainingConfig.seed)) + more for more in range(1, asked.seeds))]


def begin_with_seed(run: Run, first: Run, seed: int, minutes: float) -> None:
    """Prepare a run to learn the same data with another seed.

    Its held-out texts are the same. Nothing is done twice, so that it may be called again whenever the run is resumed.

    first: the run whose settings and data it takes; minutes: its budget, where the first has one in minutes
    Raises TrainingError for a folder that cannot be created, and for data that cannot be prepared again.
    """
    make_folder(run.folder)
    if not run.is_begun():
        request, config = first.read_settings()
        training = replace(config.training, seed=seed)
        if training.minutes is not None:  # more may have been added to the first one's
            training = replace(training, minutes=minutes)
        run.write_settings(request, config._replace(training=training))
    if not run.is_prepared():
        if not first.is_prepared():
            _prepare_again(first)
        run.link_data(first)


def _prepare_again(run: Run) -> None:
    """Prepare the missing data of a finished run; raises TrainingError where they differ from what it has learnt."""
    request, config = run.read_settings()
    with run.preparing() as scratch:
        resolve(TASKS[request.task].prepare)(scratch, request, config)
        scratch.check_bound(accept_changed_corpus=False)


def configured(asked: Comparison, own: Settings) -> RunConfig:
    """Build the configs of a compared setting. Raises ConfigError."""
    settings = {**asked.common, **own, "minutes": asked.minutes}
    return configure(TASKS[asked.task], asked.preset, settings, settings.pop("start", None))


def check_comparison(asked: Comparison) -> None:
    """Raise ConfigError before training for settings that cannot be trained."""
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
    for name, setting in asked.settings.items():
        _check_setting(name, setting, common)
        configured(asked, setting)
    if not is_whole(asked.seeds, 1, MOST_SEEDS):
        raise ConfigError(
            f"{argument('seeds')} received {asked.seeds!r}; a whole number from 1 to {MOST_SEEDS} is accepted.",
            arguments(seeds=3),
        )
    for setting in asked.settings.values():
        configured(
            replace(asked, common={**common, "seed": seeds_of(asked)[-1]}) if asked.seeds > 1 else asked, setting
        )


def _check_setting(name: str, setting: Settings, common: Settings) -> None:
    """Raise ConfigError for a setting that changes what is shared, or contradicts what all were given."""
    shared = next((option for option in SHARED_SETTINGS if option in setting), None)
    if shared is not None:
        raise ConfigError(
            f"The setting {name!r} has {shared} for itself, in which none may differ.",
            either(f"{shared}={setting[shared]!r}", f"--set {shared}={setting[shared]}"),
        )
    twice = next((option for option in setting if option in common and common[option] != setting[option]), None)
    if twice is not None:
        raise ConfigError(
            f"All were given {twice} = {common[twice]!r}, but the setting {name!r} has {setting[twice]!r}.",
            f"leave {twice} out of one of them",
        )


def check_resumable(task: str, folder: Path, corpora: Corpora | None, typed: list[str]) -> None:
    """Check that the folder's comparison can be resumed as asked.

    Raises TrainingError where it cannot, ConfigError where something is given that it has already.
    """
    league = League.read(folder)
    if league is None:
        raise TrainingError(
            f"{folder} holds no comparison to resume; a folder that an earlier {argument('run')} wrote is expected.",
            either(
                f"compare({task!r}, CORPUS, {str(folder)!r})",
                f"seqtext compare {task} CORPUS --run {quote(str(folder))}",
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
    """Return the hint that resumes a comparison."""
    python = f"compare({task!r}, None, {str(folder)!r}, resume=True)"
    return either(python, f"seqtext compare {task} --run {quote(str(folder))} --resume")
