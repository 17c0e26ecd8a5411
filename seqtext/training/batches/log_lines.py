"""Prepare log lines: mask, split, shuffle and count them."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.lines import Report
from seqtext.data.sampling import batched, reservoir_sample
from seqtext.data.sessions import Grouping
from seqtext.data.split import HashSplit
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.models.log_lines import Counting, are_sessions
from seqtext.models.log_masks import LogMask
from seqtext.training.batches.log_sessions import MASKED, Records, Sessions, Source, grouping_of
from seqtext.training.batches.prepare import make_tokenizer, open_learnt, share_to_hold_out
from seqtext.training.batches.streams import StreamWriter, write_stream
from seqtext.training.prepared import Prepared
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run

_FIRST = 1_000  # lines that decide the kind of tokens
_MOST_HELD_OUT = 10_000  # lines
_SHUFFLED = 100_000  # lines that are shuffled at once


def prepare_lines(run: Run, request: Request, config: RunConfig) -> None:
    """Write tokenizer, ids, counts and held-out lines of a run.

    Lines are split at random, whatever they say: a frequent line is in both parts, as it will be met again.

    Raises ConfigError where nothing is held out, CorpusError for fewer than two lines.
    """
    training = config.training
    if not share_to_hold_out(request, training) and not request.valid:
        message = f"{argument('valid_share')} received 0; the threshold needs held-out normal lines."
        raise ConfigError(message, arguments(valid_share=0.2))
    report = Report()
    grouping = grouping_of(config.tokenizer)
    sessions = Sessions(run, request, grouping, report) if grouping.sessions else None
    lines = SplitLines.of(request, training, sessions or Records(request, grouping))
    template_facts: dict[str, Any] = {} if sessions is None else sessions.number(lines)
    config = config._replace(tokenizer=_decided(config.tokenizer, lines.first))
    mask = None if config.tokenizer.tokens == "word" else LogMask.learn(islice(lines.learnt(), MASKED))
    sample, learnt = _write(run, request, config, lines, mask, report)
    hashes = open_learnt(run, request)
    for line in lines.learnt(keys=True):
        hashes.add(line)
    hashes.close()
    counting = Counting.learn(map(mask.words if mask else str.split, lines.learnt(mask)))
    normal = {**(mask or LogMask()).facts, **template_facts, "counting": counting.to_dict(), "lines": sample}
    run.write_data("normal.json", normal)
    if sessions is not None:
        sessions.remove()
    run.write_settings(request, config)
    texts = learnt + (0 if request.valid else sample.total())
    note = _note(sample.total(), request, training, config.network.false_alarms, lines.noun)
    run.write_report(Prepared(texts, report.skipped, note, notes=report.told()))


def _decided(config: TokenizerConfig, first: Sequence[str]) -> TokenizerConfig:
    """Choose the kind of tokens by the first lines, where it is "auto"."""
    words = grouping_of(config).sessions or are_sessions(first)
    kind = config.tokens if config.tokens != "auto" else "word" if words else "char"
    return replace(config, tokens=kind)


def _write(
    run: Run, request: Request, config: RunConfig, lines: "SplitLines", mask: LogMask | None, report: Report
) -> tuple[Counter[str], int]:
    """Write tokenizer and ids; return the held-out lines with their counts, and the number of lines to learn from."""
    texts = (f"{line}\n" for line in lines.learnt(mask))
    tokenizer = make_tokenizer(run, request, config.tokenizer, texts, "typed", report)
    run.write_data("tokenizer.json", tokenizer.to_json())
    tokenizer = tokenizer.for_masked
    learnt, held = (StreamWriter(run.data / name, tokenizer.size, tokenizer.newline) for name in ("train", "valid"))
    write_stream(_shuffled(lines.learnt(mask, report), config.training.seed), tokenizer, learnt)
    sample = Counter(reservoir_sample(lines.held_out(mask), _MOST_HELD_OUT, config.training.seed))
    write_stream(sample.elements(), tokenizer, held)
    learnt.close()
    held.close()
    return sample, learnt.texts


class SplitLines:
    """Split lines of the corpora by line number.

    first: the lines at their start
    """

    def __init__(
        self, request: Request, split: HashSplit, first: Sequence[str], also: int = -1, source: Source | None = None
    ) -> None:
        self._request, self._split, self.first, self._also = request, split, first, also
        self._source = source or Records(request, Grouping())

    @property
    def noun(self) -> str:
        """Return the noun for a line in messages."""
        return self._source.noun

    @classmethod
    def of(cls, request: Request, training: TrainingConfig, source: Source) -> "SplitLines":
        """Split the lines of the corpora; hold out at least one line.

        Raises CorpusError for fewer than two lines, where some are to be held out.
        """
        split = HashSplit(share_to_hold_out(request, training), training.seed)
        first = list(islice(source.lines(request.corpora), _FIRST))
        lines = cls(request, split, first, source=source)
        if split.share and len(first) < _FIRST and not any(map(lines.takes, range(len(first)))):
            lines = cls(request, split, first, len(first) - 1, source)
        if split.share and len(first) < 2:
            raise CorpusError(
                f"{request.names} hold {len(first)} {source.noun}; 2 normal {source.noun}s or more are needed, one to "
                "learn and one to hold out.", "give more normal lines",
            )  # fmt: skip
        return lines

    def takes(self, number: int) -> bool:
        """Return whether the line of that number is held out."""
        return number == self._also or self._split.takes(number.to_bytes(8, "little"))

    def learnt(self, mask: LogMask | None = None, report: Report | None = None, keys: bool = False) -> Iterator[str]:
        """Read the lines to learn from, masked.

        keys: read each in the form by which learnt lines are recognized
        """
        return self._masked(self._part(False, report, keys), mask)

    def held_out(self, mask: LogMask | None = None) -> Iterator[str]:
        """Read the held-out lines, masked."""
        valid = self._request.valid
        lines = self._source.lines(valid) if valid else self._part(True, None)
        return self._masked(lines, mask)

    def _part(self, held_out: bool, report: Report | None, keys: bool = False) -> Iterator[str]:
        numbered = enumerate(self._source.lines(self._request.corpora, report, keys))
        return (line for number, line in numbered if self.takes(number) == held_out)

    @staticmethod
    def _masked(lines: Iterable[str], mask: LogMask | None) -> Iterator[str]:
        return iter(lines) if mask is None else map(mask, lines)


def _note(count: int, request: Request, training: TrainingConfig, rate: float, noun: str = "line") -> str:
    """Describe the held-out lines; warn where they are fewer than the rate of false alarms needs."""
    where = f"{training.valid_share:.1%} chosen by seed {training.seed}"
    if request.valid:
        where = f"of {', '.join(request.valid)}"
    note = f"{count:,} {noun}s, {where}; the threshold rests on them"
    if count * rate < 1:
        note += f" (too few for --false-alarms {rate:g}, which asks for {math.ceil(1 / rate):,}: it lies at the oddest)"
    return note


def _shuffled(lines: Iterator[str], seed: int) -> Iterator[str]:
    """Shuffle the lines, since each will be scored alone: nothing should be learnt from the line before."""
    generator = np.random.default_rng([seed, 11])
    for chunk in batched(lines, _SHUFFLED):
        for position in generator.permutation(len(chunk)).tolist():
            yield chunk[position]
