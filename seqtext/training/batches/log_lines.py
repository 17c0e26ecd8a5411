"""The anomaly detector as the loop sees it: a language model of single lines, counts, and held-out normal lines."""

import json
import math
import shutil
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from seqtext.config import AnomalyConfig, LanguageConfig, TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_texts
from seqtext.data.lines import Report
from seqtext.errors import ConfigError, CorpusError
from seqtext.fields import to_dict
from seqtext.models.log_lines import Counting, Mask, are_sessions, one_line, words_of
from seqtext.storage.atomic import write_atomically
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.prepare import kept
from seqtext.training.batches.streams import StreamWriter, write_streams

_FIRST = 1_000  # lines by which the kind of tokens is chosen
_MASKED = 200_000  # lines from which usual numbers are learnt
_MOST_HELD_OUT = 10_000  # lines
_SHUFFLED = 100_000  # lines at once


def prepare_lines(
    run: Path, request: dict[str, Any], configs: tuple[TokenizerConfig, LanguageConfig, TrainingConfig]
) -> None:
    """Leave tokenizer, ids, counts, held-out lines and a report in RUN/data.

    Each line is drawn by itself, whatever it says: a line that comes often comes in both parts, as it will come again.
    Raises CorpusError or ConfigError.
    """
    data = run / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    cut, network, training = configs
    request = {**request, "corpora": [kept(source, data) for source in request["corpora"]]}
    share = 0.0 if request["valid"] else training.valid_share
    if not share and not request["valid"]:
        raise ConfigError("--valid-share received 0; the threshold needs held-out normal lines.", "--valid-share 0.2")

    def texts(sources: list[str], report: Report | None = None) -> Iterator[str]:
        how = {"columns": request["columns"], "encoding_errors": request["encoding_errors"]}
        return map(one_line, read_texts(sources, report=report, **how))

    first = list(islice(texts(request["corpora"]), _FIRST))
    tokens = cut.tokens if cut.tokens != "auto" else "word" if are_sessions(first) else "char"
    cut = TokenizerConfig(tokens, cut.vocab_size, cut.min_count)
    aside = _Draw(share, training.seed)
    if share and len(first) < _FIRST and not any(map(aside.takes, range(len(first)))):
        aside = _Draw(share, training.seed, len(first) - 1)  # of a few lines, one at least
    if share and len(first) < 2:
        raise CorpusError(
            f"{', '.join(request['corpora'])} hold {len(first)} line; 2 normal lines or more are needed, one to learn "
            "and one to hold out.", "give more normal lines",
        )  # fmt: skip

    def lines(held_out: bool, mask: Mask | None, report: Report | None = None) -> Iterator[str]:
        """Masked lines, of one of the two parts."""
        if held_out and request["valid"]:
            found: Iterable[str] = texts(request["valid"])
        else:
            numbered = enumerate(texts(request["corpora"], report))
            found = (line for number, line in numbered if aside.takes(number) == held_out)
        return iter(found) if mask is None else map(mask, found)

    mask = None if tokens == "word" else Mask.learn(islice(lines(False, None), _MASKED))
    if request["start"] is not None:
        tokenizer = Tokenizer.from_json(read_folder(find(request["start"])).tokenizer, tokens)
    else:
        tokenizer = Tokenizer.train((f"{line}\n" for line in lines(False, mask)), cut)
    write_atomically(data / "tokenizer.json", tokenizer.to_json().encode())
    report = Report()
    learnt, held = (StreamWriter(data / part, tokenizer.size, tokenizer.newline) for part in ("train", "valid"))
    shuffled = _shuffled(lines(False, mask, report), training.seed)
    write_streams(shuffled, tokenizer, (learnt, learnt), 0.0, 0, training.seed)
    sample = Counter(islice(lines(True, mask), _MOST_HELD_OUT))
    write_streams(sample.elements(), tokenizer, (held, held), 0.0, 0, training.seed)
    learnt.close()
    held.close()
    counting = Counting.learn(map(words_of if mask else str.split, lines(False, mask)))
    normal = {"usual": sorted(mask.usual if mask else ()), "counting": counting.to_dict(), "lines": sample}
    write_atomically(data / "normal.json", json.dumps(normal).encode())
    facts = {
        "texts": learnt.texts + sample.total() * bool(share), "skipped": report.skipped,
        "held_out": _note(sample.total(), request, training, network),
    }  # fmt: skip
    settings = [to_dict(cut), to_dict(network), to_dict(training)]
    write_atomically(run / "settings.json", json.dumps({"request": request, "settings": settings}, indent=1).encode())
    write_atomically(data / "report.json", json.dumps(facts).encode())


class _Draw:
    """Which lines, by number, are held out."""

    def __init__(self, share: float, seed: int, also: int = -1) -> None:
        self._share, self._seed, self._also = share, seed, also

    def takes(self, number: int) -> bool:
        drawn = zlib.crc32(number.to_bytes(8, "little"), self._seed) / 2**32
        return number == self._also or drawn < self._share


def _note(count: int, request: dict[str, Any], training: TrainingConfig, network: LanguageConfig) -> str:
    """What is said of the held-out lines; a warning where they are fewer than the rate of false alarms asks for."""
    assert isinstance(network, AnomalyConfig)
    where = f"{training.valid_share:.1%} chosen by seed {training.seed}"
    if request["valid"]:
        where = f"of {', '.join(request['valid'])}"
    note = f"{count:,} lines, {where}; the threshold rests on them"
    rate = network.false_alarms
    if count * rate < 1:
        note += f" (too few for --false-alarms {rate:g}, which asks for {math.ceil(1 / rate):,}: it lies at the oddest)"
    return note


def _shuffled(lines: Iterator[str], seed: int) -> Iterator[str]:
    """The lines in random order, so that nothing can be learnt from the line before: each will be read by itself."""
    generator = np.random.default_rng([seed, 11])
    while some := list(islice(lines, _SHUFFLED)):
        for place in generator.permutation(len(some)).tolist():
            yield some[place]
