"""From a corpus to token ids on disk: read once for the vocabulary and once for the ids, some of it held out."""

import itertools
import json
import shutil
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_texts
from seqtext.data.lines import Report
from seqtext.errors import CorpusError
from seqtext.fields import to_dict
from seqtext.storage.atomic import write_atomically
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.streams import StreamWriter, write_streams
from seqtext.training.batches.token_file import TokenWriter

_MOST_HELD_OUT = 300_000  # tokens


def begin(run: Path, request: dict[str, Any], configs: Sequence[Any]) -> tuple[Path, dict[str, Any]]:
    """An empty RUN/data, and RUN/settings.json with what was asked for; the folder, and the request with what is kept.

    A corpus that can be read only once is kept in the folder, and its place there stands in the request.
    """
    data = run / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    request = {**request, "corpora": [kept(source, data) for source in request["corpora"]]}
    write_atomically(
        run / "settings.json",
        json.dumps({"request": request, "settings": [to_dict(config) for config in configs]}, indent=1).encode(),
    )
    return data, request


def prepare(run: Path, request: dict[str, Any], configs: tuple[TokenizerConfig, Any, TrainingConfig]) -> None:
    """Leave tokenizer, ids and a report in RUN/data; raises CorpusError."""
    data, request = begin(run, request, configs)
    contiguous = request["task"] == "generate"

    def texts(sources: list[str], report: Report | None = None) -> Iterator[str]:
        how = {"columns": request["columns"], "encoding_errors": request["encoding_errors"]}
        return iter(read_texts(sources, report=report, blank_lines=contiguous, **how))

    if request["start"] is not None:
        tokenizer = Tokenizer.from_json(read_folder(find(request["start"])).tokenizer, configs[0].tokens)
    else:
        found = texts(request["corpora"])
        tokenizer = Tokenizer.train((f"{text}\n" for text in found) if contiguous else found, configs[0])
    write_atomically(data / "tokenizer.json", tokenizer.to_json().encode())
    report = Report()
    training = configs[2]
    share = 0.0 if request["valid"] else training.valid_share
    learnt, held = _writers(data, tokenizer, training, contiguous)
    if isinstance(learnt, StreamWriter) and isinstance(held, StreamWriter):
        read = texts(request["corpora"], report)
        write_streams(read, tokenizer, (learnt, held), share, _MOST_HELD_OUT, training.seed)
        if request["valid"]:
            write_streams(texts(request["valid"]), tokenizer, (held, held), 0.0, 0, training.seed)
    elif isinstance(learnt, TokenWriter) and isinstance(held, TokenWriter):
        first, second = itertools.tee(texts(request["corpora"], report))
        for text, ids in zip(first, tokenizer.stream(second), strict=True):
            # Equal texts fall on the same side, so that no held-out line was learnt.
            aside = zlib.crc32(text.encode("utf-8", "replace"), training.seed) / 2**32 < share
            aside = aside and learnt.tokens > 0 and held.tokens < _MOST_HELD_OUT
            (held if aside else learnt).add(ids)
        for ids in tokenizer.stream(texts(request["valid"])) if request["valid"] else ():
            held.add(ids)
    if learnt.tokens < (2 if contiguous else 1):  # a language model needs a token and the next
        raise CorpusError(
            f"{', '.join(request['corpora'])} hold no words; some text is expected.", "give another corpus"
        )
    if request["valid"]:
        note = f"{held.texts:,} texts of {', '.join(request['valid'])}"
    else:
        note = f"{held.texts:,} texts, {share:.1%} chosen by seed {training.seed}"
    learnt.close()
    held.close()
    if held.tokens == 0:  # too little text to spare any
        note = "none: the corpus is too small, scores are measured on the training text itself"
        shutil.rmtree(data / "valid")
        shutil.copytree(data / "train", data / "valid")
    facts = {"texts": learnt.texts + held.texts, "skipped": report.skipped, "held_out": note}
    write_atomically(data / "report.json", json.dumps(facts).encode())


def _writers(
    data: Path, tokenizer: Tokenizer, training: TrainingConfig, contiguous: bool
) -> tuple[TokenWriter | StreamWriter, TokenWriter | StreamWriter]:
    """What writes the learnt and the held-out tokens."""
    if contiguous:
        parts = (tokenizer.size, tokenizer.newline)
        return StreamWriter(data / "train", *parts), StreamWriter(data / "valid", *parts)
    return (
        TokenWriter(data / "train", tokenizer, training.max_length),
        TokenWriter(data / "valid", tokenizer, training.max_length),
    )


def kept(source: str, data: Path) -> str:
    """A corpus that can be read twice and after a restart: standard input is kept in the run."""
    if source != "-":
        return source if source.startswith("hf:") else str(Path(source).absolute())
    path = data / "stdin.txt"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return str(path)
