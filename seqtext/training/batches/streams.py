"""Store contiguous token streams on disk; cut windows for language models.

Each window of a row continues where the last one ended.
"""

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

_LONGEST_LINE = 2_048  # tokens of a sampled line
_AT_ONCE = 64  # blocks: text is tokenized, and held out, block by block


class StreamWindow(NamedTuple):
    """Hold a window of each row of a stream: inputs and targets."""

    ids: NDArray[np.int64]  # (rows, time) inputs
    targets: NDArray[np.int64]  # (rows, time) the token after each input
    fresh: bool  # whether this is the first window of a pass, read from a zero state


class Stream:
    """Read the token ids of a text from a folder.

    The files are `ids.bin`, `counts.npy` and `stream.json`.

    counts: (vocabulary,) how often each token occurs; tokens, texts, characters: how many there are; newline: id of
    the line end
    """

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "stream.json").read_text(encoding="utf-8"))
        self.tokens: int = facts["tokens"]
        self.texts: int = facts["texts"]
        self.characters: int = facts["characters"]
        self.newline: int = facts["newline"]
        self.counts: NDArray[np.int64] = np.load(folder / "counts.npy")
        self._ids = np.memmap(folder / "ids.bin", facts["dtype"], "r") if self.tokens else np.zeros(0, np.uint16)

    def rows(self, starts: NDArray[np.int64], time: int) -> NDArray[np.int64]:
        """Read the ids from each start on, (rows, time)."""
        ids: NDArray[np.int64] = self._ids[starts[:, None] + np.arange(time)].astype(np.int64)
        return ids

    def random_lines(self, count: int, seed: int) -> list[NDArray[np.int32]]:
        """Sample random lines as ids, each cut at 2,048 tokens.

        Lines after a long line are likelier. There are fewer than `count` where a line is drawn twice, and where a
        sampled position lies in the last line, or too far before the end of a longer one.
        """
        positions = np.random.default_rng([seed, 11]).integers(max(1, self.tokens), size=count)
        starts = dict.fromkeys(
            start for position in positions if (start := self._line_after(int(position))) < self.tokens
        )
        return [self._line(start) for start in starts]

    def _line_after(self, position: int) -> int:
        """Find the start of the next line; the end of the text where none starts soon."""
        ends = np.flatnonzero(self._ids[position : position + _LONGEST_LINE] == self.newline)
        return position + int(ends[0]) + 1 if len(ends) else self.tokens

    def _line(self, start: int) -> NDArray[np.int32]:
        ids = self._ids[start : start + _LONGEST_LINE].astype(np.int32)
        ends = np.flatnonzero(ids == self.newline)
        return ids[: int(ends[0])] if len(ends) else ids

    def at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Read the ids at given positions, in the same shape.

        Position 0 is a line end before the first token of the stream.
        """
        ids = self._ids[np.maximum(places, 1) - 1].astype(np.int64)
        result: NDArray[np.int64] = np.where(places > 0, ids, self.newline)
        return result


class StreamWriter:
    """Write a stream of tokens to a folder, block by block."""

    def __init__(self, folder: Path, vocabulary: int, newline: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._newline = folder, newline
        self._dtype = np.dtype(np.uint16 if vocabulary <= 65_536 else np.uint32)
        self._ids = (folder / "ids.bin").open("wb")
        self.counts = np.zeros(vocabulary, np.int64)
        self.tokens = self.texts = self.characters = 0

    def add(self, ids: NDArray[np.int32], texts: int, characters: int) -> None:
        """Append the tokens of texts.

        ids: (tokens,); texts, characters: their numbers
        """
        self._ids.write(ids.astype(self._dtype).tobytes())
        self.counts += np.bincount(ids, minlength=len(self.counts))
        self.tokens += len(ids)
        self.texts += texts
        self.characters += characters

    def close(self) -> None:
        """Write the counts and close the files."""
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
    """Tokenize texts into a training stream and a held-out stream.

    Blocks that the split takes, after the first to learn from, go to the second writer until it has `most` tokens;
    equal blocks are taken alike.

    note: is called with each text that goes to the first writer, unless it is blank
    """
    learnt, held = writers
    for batch in batched(blocks(texts), _AT_ONCE):
        for lines, ids in zip(batch, stream_ids(tokenizer, batch), strict=True):
            text = joined(lines)
            is_held_out = split.takes(text) and learnt.tokens > 0 and held.tokens < most
            (held if is_held_out else learnt).add(ids, len(lines), len(text))
            if note is not None and not is_held_out:
                for line in filter(str.strip, lines):
                    note(line)


def write_stream(texts: Iterable[str], tokenizer: Tokenizer, writer: StreamWriter) -> None:
    """Tokenize texts into a stream."""
    write_streams(texts, tokenizer, (writer, writer), HashSplit(0.0, 0), 0)


class Windows:
    """Cut a stream into windows for truncated backpropagation through time.

    The stream is read in `rows` parallel rows, in windows of about `time` tokens. Each pass starts the rows at another
    offset, so that their borders fall elsewhere. Window lengths vary, so that the gradient is cut at changing positions
    (Merity et al. 2017, arXiv:1708.02182): they are drawn from 3/4 to 5/4 of `time`, a twentieth of them from half of
    that.
    """

    def __init__(self, stream: Stream, batch_size: int, time: int, seed: int) -> None:
        self._stream, self._seed = stream, seed
        self.time = max(1, min(time, (stream.tokens - 1) // 2))
        self.rows = max(1, min(batch_size // self.time, (stream.tokens - 1) // (self.time + 1)))

    def from_position(self, start: Position) -> Iterator[tuple[Position, StreamWindow]]:
        """Yield windows endlessly, each with the position after it.

        A position holds the pass, the tokens read of each row, and the number of windows so far.
        """
        epoch, read, number = start.epoch, start.pool, start.batch
        while True:
            length, offset = self._layout(epoch)
            starts = offset + np.arange(self.rows, dtype=np.int64) * length
            while read < length:
                time = min(self._length(epoch, number), length - read)
                ids = self._stream.rows(starts + read, time + 1)
                fresh = read == 0
                read, number = read + time, number + 1
                here = Position(epoch, read, number) if read < length else Position(epoch + 1)
                yield here, StreamWindow(ids[:, :-1], ids[:, 1:], fresh)
            epoch, read, number = epoch + 1, 0, 0

    def epochs(self, position: Position) -> float:
        """Convert a position to a number of passes."""
        return position.epoch + position.pool / self._layout(position.epoch)[0]

    def _layout(self, epoch: int) -> tuple[int, int]:
        """Compute the tokens of a row in a pass, and the offset of the first row."""
        usable = self._stream.tokens - 1
        length = max(1, usable // self.rows - (self.time if usable // self.rows > 4 * self.time else 0))
        spare = usable - length * self.rows
        return length, int(np.random.default_rng([self._seed, 3, epoch]).integers(spare + 1)) if spare > 0 else 0

    def _length(self, epoch: int, number: int) -> int:
        generator = np.random.default_rng([self._seed, 5, epoch, number])
        time = int(generator.integers(max(1, 3 * self.time // 4), 5 * self.time // 4 + 1))
        return max(1, time // 2) if generator.random() < 0.05 else time
