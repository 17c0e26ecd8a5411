"""Look up rungs by name: settings, start models, candidates for trials."""

import dataclasses
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqtext.errors import ConfigError, SeqtextError, argument, arguments, nearest
from seqtext.evaluation.league import SHARED_SETTINGS
from seqtext.fields import shown_name
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder
from seqtext.tasks import Settings, Task
from seqtext.tokenizer import Tokenizer
from seqtext.training.request import Request, RunConfig
from seqtext.training.settings import configure

#: What a rung may be called beside its name: chosen by trial; the encoder of the preset.
AUTO, PRESET = "auto", "preset"

_READ = 20_000  # first texts of a corpus that the sample is drawn from
_ASKED = 500  # texts of the sample
_KNOWN = 0.6  # share of known words that makes a model worth a trial: English texts have 0.9 and more, German ones 0.2


class Candidate(NamedTuple):
    """Hold a rung to try, with its settings and its start model.

    settings: those of the rung alone; start: the model that it starts from, if any; config: all settings
    """

    settings: Settings
    start: str | None
    config: RunConfig


def accepted(task: Task) -> tuple[str, ...]:
    """List the values that --rung takes for a task."""
    return (*([AUTO] if task.candidates else []), PRESET, *task.rungs)


def is_chosen(task: Task, rung: str | None, settings: Settings, start: str | Path | None) -> bool:
    """Return whether a training run chooses its rung by trial.

    It does where that is asked for, or where no setting determines the encoder.

    Raises ConfigError for a rung that is not known, or "auto" with a setting that determines the encoder.
    """
    if rung is not None and rung not in accepted(task):
        known = accepted(task)
        raise ConfigError(
            f"{argument('rung')} received {rung!r:.80}; accepted are {', '.join(known)}.",
            arguments(rung=nearest(str(rung), known)),
        )
    typed = [name for name in settings if name in _determining(task)] + ["start"] * (start is not None)
    if rung == AUTO and typed:
        raise ConfigError(
            f"{', '.join(map(argument, typed))} was given with {arguments(rung=AUTO)}, which chooses the encoder.",
            f"leave {argument('rung')} out",
        )
    return rung == AUTO or (rung is None and bool(task.candidates) and not typed)


def _determining(task: Task) -> set[str]:
    """Name the settings that decide the shapes of the network's weights: a user who gives one has chosen."""
    fields = dataclasses.fields(task.network)
    return {item.name for item in fields if item.metadata.get("shapes", True) and item.name not in SHARED_SETTINGS}


def with_rung(
    task: Task, rung: str | None, settings: Settings, start: str | Path | None
) -> tuple[Settings, str | Path | None]:
    """Merge the settings of a named rung with the given ones.

    returns them with the model to start from
    raises ConfigError where both give a different value
    """
    rung_settings = {} if rung in (None, AUTO, PRESET) else task.rungs[str(rung)]
    given = {**settings, **({} if start is None else {"start": str(start)})}
    conflict = next(
        (name for name in rung_settings if given.get(name, rung_settings[name]) != rung_settings[name]), None
    )
    if conflict is not None:
        shown = argument(shown_name(conflict, *task.configs))
        raise ConfigError(
            f"{shown} received {given[conflict]!r:.80}, but the rung {rung} has {rung_settings[conflict]!r}.",
            f"leave {shown} out, or {argument('rung')}",
        )
    merged = {**settings, **rung_settings}
    return {name: value for name, value in merged.items() if name != "start"}, merged.get("start", start)


def candidates(
    task: Task, preset: str, settings: Settings, names: Iterable[str]
) -> tuple[dict[str, Candidate], dict[str, str]]:
    """Build the candidates of given rungs.

    returns them by name, and the reasons why others are left out
    """
    built: dict[str, Candidate] = {}
    left_out: dict[str, str] = {}
    for name in names:
        try:
            merged, start = with_rung(task, name, settings, None)
            built[name] = Candidate(
                dict(task.rungs[name]), None if start is None else str(start), configure(task, preset, merged, start)
            )
        except SeqtextError as error:  # it cannot be had with what was given, or its model is not here
            left_out[name] = error.message
    return built, left_out


def known_words(start: str, request: Request, several: bool, seed: int) -> float:
    """Estimate the share of a corpus's words that a model's vocabulary holds.

    The model can only spell the others. Some of the first texts are read, sampled by the seed. A model without words
    knows all: 1.0. Raises ModelError or CorpusError.
    """
    source = read_folder(find(start))
    tokenizer = Tokenizer.from_json(source.tokenizer, source.config["tokenizer"]["tokens"], "read")
    if tokenizer.tokens != "word":
        return 1.0
    texts = [text for _, text in islice(request.labelled(request.corpora, several=several), _READ)]
    drawn = np.random.default_rng(seed).permutation(len(texts))[:_ASKED]
    words = spelled = 0
    for encoded in tokenizer.encode_batch([tokenizer.beginning(texts[k], 200) for k in drawn]):
        continues = tokenizer.continues[encoded.ids]
        begins = tokenizer.wordlike[encoded.ids] & ~continues
        words += int(begins.sum())
        spelled += int((begins[:-1] & continues[1:]).sum())
    return 1.0 - spelled / max(1, words)


def unknown_words(start: str, share: float) -> str:
    """Return the reason to exclude a model that knows few words.

    "" where it knows enough.
    """
    return "" if share >= _KNOWN else f"{start} knows {share:.0%} of the words, at least {_KNOWN:.0%} are needed"
