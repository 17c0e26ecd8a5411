"""Contiguous text on disk, and the windows in which a language model reads it: each goes on where the last ended."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.data.sampling import batched, blocks
from seqtext.data.split import HashSplit
from seqtext.models.language_model import joined, stream_ids
from seqtext.tokenizer import Tokenizer
from seqtext.training.progress import Position

_LONGEST_LINE = 2_048  # tokens of a line that is drawn
_AT_ONCE = 64  # blocks: text is cut into tokens, and held out, block by block


class Window(NamedTuple):
    """A stretch of every row of the stream."""

    ids: NDArray[np.int64]  # (rows, time) what is read
    targets: NDArray[np.int64]  # (rows, time) what comes after each
    fresh: bool  # whether this is the first window of a pass, read from a zero state


class Stream:
    """Token ids of a text in a folder: `ids.bin`, `counts.npy`, `stream.json`."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "stream.json").read_text(encoding="utf-8"))
        self.tokens: int = facts["tokens"]
        self.texts: int = facts["texts"]
        self.characters: int = facts["characters"]
        self.newline: int = facts["newline"]
        self.counts: NDArray[np.int64] = np.load(folder / "counts.npy")
        self._ids = np.memmap(folder / "ids.bin", facts["dtype"], "r") if self.tokens else np.zeros(0, np.uint16)

    def rows(self, starts: NDArray[np.int64], time: int) -> NDArray[np.int64]:
        """(rows, time) the ids from each start on."""
        found: NDArray[np.int64] = self._ids[starts[:, None] + np.arange(time)].astype(np.int64)
        return found

    def random_lines(self, count: int, seed: int) -> list[NDArray[np.int32]]:
        """The ids of so many random lines, each cut at 2,048 tokens; the long text before a line makes it likelier.

        Fewer where the text has fewer lines, and where a random place is in a line that is longer still.
        """
        places = np.random.default_rng([seed, 11]).integers(max(1, self.tokens), size=count)
        starts = dict.fromkeys(start for place in places if (start := self._line_after(int(place))) < self.tokens)
        return [self._line(start) for start in starts]

    def _line_after(self, place: int) -> int:
        """Where the next line begins, seen from a place; the end of the text where none does soon."""
        ends = np.flatnonzero(self._ids[place : place + _LONGEST_LINE] == self.newline)
        return place + int(ends[0]) + 1 if len(ends) else self.tokens

    def _line(self, start: int) -> NDArray[np.int32]:
        ids = self._ids[start : start + _LONGEST_LINE].astype(np.int32)
        ends = np.flatnonzero(ids == self.newline)
        return ids[: int(ends[0])] if len(ends) else ids

    def at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ids at some places of the stream with the end of a line before it, at place 0; the same shape."""
        ids = self._ids[np.maximum(places, 1) - 1].astype(np.int64)
        found: NDArray[np.int64] = np.where(places > 0, ids, self.newline)
        return found


class StreamWriter:
    """Writes a Stream, block by block."""

    def __init__(self, folder: Path, vocabulary: int, newline: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._newline = folder, newline
        self._dtype = np.dtype(np.uint16 if vocabulary <= 65_536 else np.uint32)
        self._ids = (folder / "ids.bin").open("wb")
        self.counts = np.zeros(vocabulary, np.int64)
        self.tokens = self.texts = self.characters = 0

    def add(self, ids: NDArray[np.int32], texts: int, characters: int) -> None:
        """Append the tokens of some texts."""
        self._ids.write(ids.astype(self._dtype).tobytes())
        self.counts += np.bincount(ids, minlength=len(self.counts))
        self.tokens += len(ids)
        self.texts += texts
        self.characters += characters

    def close(self) -> None:
        """Finish the files."""
        self._ids.close()
        np.save(self.folder / "counts.npy", self.counts)
        facts = {name: getattr(self, name) for name in ("tokens", "texts", "characters")}
        facts |= {"newline": self._newline, "dtype": self._dtype.name}
        (self.folder / "stream.json").write_text(json.dumps(facts), encoding="utf-8", newline="\n")


def write_streams(
    texts: Iterable[str],
    tokenizer: Tokenizer,
    writers: tuple[StreamWriter, StreamWriter],
    split: HashSplit,
    most: int,
    note: Callable[[str], None] | None = None,
) -> None:
    """Cut texts into tokens for the first writer; the blocks that a split takes go to the second.

    Equal blocks fall on the same side. The second writer takes no further block when it has `most` tokens.
    note: is given each text, if it is not blank, that goes to the first writer
    """
    learnt, held = writers
    for batch in batched(blocks(texts), _AT_ONCE):
        for lines, found in zip(batch, stream_ids(tokenizer, batch), strict=True):
            text = joined(lines)
            aside = split.takes(text) and learnt.tokens > 0 and held.tokens < most
            (held if aside else learnt).add(found, len(lines), len(text))
            if note is not None and not aside:
                for line in filter(str.strip, lines):
                    note(line)


def write_stream(texts: Iterable[str], tokenizer: Tokenizer, writer: StreamWriter) -> None:
    """Cut texts into tokens for one writer."""
    write_streams(texts, tokenizer, (writer, writer), HashSplit(0.0, 0), 0)


class Windows:
    """How a stream is read: in `rows` parallel rows, in windows of about `time` tokens.

    Rows begin anew in every pass, at another offset, so that their borders fall elsewhere. Lengths vary, so that the
    gradient is cut at changing places (Merity et al. 2017, arXiv:1708.02182): they are drawn from 3/4 to 5/4 of
    `time`, a twentieth of them from half of that.
    """

    def __init__(self, stream: Stream, batch_size: int, time: int, seed: int) -> None:
        self._stream, self._seed = stream, seed
        self.time = max(1, min(time, (stream.tokens - 1) // 2))
        self.rows = max(1, min(batch_size // self.time, (stream.tokens - 1) // (self.time + 1)))

    def from_position(self, start: Position) -> Iterator[tuple[Position, Window]]:
        """Windows for ever, each with the position after it: its pass, the tokens read of each row, windows so far."""
        epoch, place, number = start.epoch, start.pool, start.batch
        while True:
            length, offset = self._layout(epoch)
            starts = offset + np.arange(self.rows, dtype=np.int64) * length
            while place < length:
                time = min(self._length(epoch, number), length - place)
                ids = self._stream.rows(starts + place, time + 1)
                fresh = place == 0
                place, number = place + time, number + 1
                here = Position(epoch, place, number) if place < length else Position(epoch + 1)
                yield here, Window(ids[:, :-1], ids[:, 1:], fresh)
            epoch, place, number = epoch + 1, 0, 0

    def epochs(self, position: Position) -> float:
        """How many passes a position stands for."""
        return position.epoch + position.pool / self._layout(position.epoch)[0]

    def _layout(self, epoch: int) -> tuple[int, int]:
        """Tokens of a row in a pass, and where the first row begins."""
        usable = self._stream.tokens - 1
        length = max(1, usable // self.rows - (self.time if usable // self.rows > 4 * self.time else 0))
        spare = usable - length * self.rows
        return length, int(np.random.default_rng([self._seed, 3, epoch]).integers(spare + 1)) if spare > 0 else 0

    def _length(self, epoch: int, number: int) -> int:
        generator = np.random.default_rng([self._seed, 5, epoch, number])
        time = int(generator.integers(max(1, 3 * self.time // 4), 5 * self.time // 4 + 1))
        return max(1, time // 2) if generator.random() < 0.05 else time
