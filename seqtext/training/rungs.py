"""Rungs by name: settings under which a task learns, with the model to start from; when one is chosen by trial."""

import dataclasses
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqtext.errors import ConfigError, SeqtextError, argument, arguments, nearest
from seqtext.evaluation.league import SHARED
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder
from seqtext.tasks import Settings, Task
from seqtext.tokenizer import Tokenizer
from seqtext.training.request import Request, RunConfig
from seqtext.training.settings import configure

#: What a rung may be called beside its name: chosen by trial; the encoder of the preset.
AUTO, PRESET = "auto", "preset"

_READ = 20_000  # of a corpus, from the beginning, among which the texts are
_ASKED = 500  # texts that tell whether a model knows the words
_KNOWN = 0.6  # of the words make its vectors worth a trial: English texts have 0.9 and more, German ones 0.2


class Candidate(NamedTuple):
    """A rung that may be tried: its own settings, the model that it starts from, all its settings."""

    settings: Settings
    start: str | None
    config: RunConfig


def accepted(task: Task) -> tuple[str, ...]:
    """List what --rung takes for a task."""
    return (*([AUTO] if task.candidates else []), PRESET, *task.rungs)


def is_chosen(task: Task, rung: str | None, settings: Settings, start: str | Path | None) -> bool:
    """Tell whether a training chooses its rung: it was asked to, or nothing was said that determines the encoder.

    Raises ConfigError for a rung that is not known, or one given with what it determines itself.
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
    """Name the settings on which shapes of the network's weights depend: whoever gives one has chosen."""
    fields = dataclasses.fields(task.network)
    return {item.name for item in fields if item.metadata.get("shapes", True) and item.name not in SHARED}


def with_rung(
    task: Task, rung: str | None, settings: Settings, start: str | Path | None
) -> tuple[Settings, str | Path | None]:
    """Put the settings of a named rung beside those given; returns them with the model to start from.

    Raises ConfigError where both say something else.
    """
    own = {} if rung in (None, AUTO, PRESET) else task.rungs[str(rung)]
    given = {**settings, **({} if start is None else {"start": str(start)})}
    twice = next((name for name in own if given.get(name, own[name]) != own[name]), None)
    if twice is not None:
        raise ConfigError(
            f"{argument(twice)} received {given[twice]!r:.80}, but the rung {rung} has {own[twice]!r}.",
            f"leave {argument(twice)} out, or {argument('rung')}",
        )
    merged = {**settings, **own}
    return {name: value for name, value in merged.items() if name != "start"}, merged.get("start", start)


def candidates(
    task: Task, preset: str, settings: Settings, names: Iterable[str]
) -> tuple[dict[str, Candidate], dict[str, str]]:
    """Build the candidates of some names, and say of each other one why it is left out."""
    found: dict[str, Candidate] = {}
    left_out: dict[str, str] = {}
    for name in names:
        try:
            own, start = with_rung(task, name, settings, None)
            found[name] = Candidate(
                dict(task.rungs[name]), None if start is None else str(start), configure(task, preset, own, start)
            )
        except SeqtextError as error:  # it cannot be had with what was given, or its model is not here
            left_out[name] = error.message
    return found, left_out


def known_words(start: str, request: Request, several: bool, seed: int) -> float:
    """Tell which share of a corpus's words a model has as one token: the others it can only spell.

    Read are some of the first texts, drawn by the seed. Of a model without words, all are known.
    """
    source = read_folder(find(start))
    tokenizer = Tokenizer.from_json(source.tokenizer, source.config["tokenizer"]["tokens"], "read")
    if tokenizer.tokens != "word":
        return 1.0
    texts = [text for _, text in islice(request.labelled(request.corpora, several=several), _READ)]
    drawn = np.random.default_rng(seed).permutation(len(texts))[:_ASKED]
    words = spelled = 0
    for encoded in tokenizer.encode_batch([tokenizer.beginning(texts[k], 200) for k in drawn]):
        goes_on = tokenizer.continues[encoded.ids]
        begins = tokenizer.wordlike[encoded.ids] & ~goes_on
        words += int(begins.sum())
        spelled += int((begins[:-1] & goes_on[1:]).sum())
    return 1.0 - spelled / max(1, words)


def unknown_words(start: str, share: float) -> str:
    """Say why a model is not worth a trial, "" where it is: it knows too few of the words."""
    return "" if share >= _KNOWN else f"{start} knows {share:.0%} of the words, at least {_KNOWN:.0%} are needed"
