"""Raw lines of HDFS made from sessions of event numbers: the event's text with made-up values, blocks interleaved."""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_EXCEPTIONS = (
    "java.io.IOException: Connection reset by peer",
    "java.io.EOFException",
    "java.net.SocketTimeoutException: {number} millis timeout while waiting for channel to be ready for read. ch : "
    "java.nio.channels.SocketChannel[connected local=/{address} remote=/{address}]",
)
# What stands in the gaps of a text, by words of it; the first that fits.
_GAPS = (
    ("Served block", ("block", "host")),
    ("Starting thread", ("block", "address")),
    (":Transmitted", ("address", "block", "address")),
    ("Redundant", ("block", "address", "size")),
    ("blockMap updated", ("address", "block", "size")),
    ("allocateBlock", ("allocated",)),
    (" ask ", ("address", "block", "address")),
    ("Changing block", ("block", "small", "small", "small", "small")),
    ("Deleting block", ("block", "stored")),
    ("receiveBlock", ("block", "exception")),
    ("Exception", ("block", "small", "exception")),
    ("PacketResponder", ("small", "block")),
    ("of size", ("block", "size", "host")),
    ("Received block", ("block", "address", "address", "size")),
    ("Receiving empty", ("block",)),
    ("Receiving block", ("block", "address", "address")),
    ("Verification", ("block",)),
    ("writeBlock", ("block", "exception")),
)
_OPEN = 200  # sessions side by side
_USUAL = (
    *("Receiving block <*> src: /<*> dest: /<*>",) * 3,
    "PacketResponder <*> for block <*> terminating",
    "Received block <*> of size <*> from /<*>",
    "BLOCK* NameSystem.addStoredBlock: blockMap updated: <*> is added to <*> size <*>",
    "Verification succeeded for <*>",
    "Deleting block <*> file <*>",
)


class Values:
    """Makes up values from a seed."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def fill(self, text: str, block: str) -> str:
        """A line of an event's text, its gaps <*> filled."""
        kinds = next(kinds for words, kinds in _GAPS if words in text)
        if "Received block" in text and "src:" in text:
            kinds = ("block", "address", "address", "size")
        for kind in kinds:
            text = text.replace("<*>", block if kind == "block" else self._value(kind, block), 1)
        return text

    def _value(self, kind: str, block: str) -> str:
        draw = self._draw
        host = f"10.25{draw.randint(0, 1)}.{draw.randint(1, 254)}.{draw.randint(1, 254)}"
        address = f"{host}:{draw.randint(32768, 60999)}"
        if kind == "host":
            return host
        if kind == "address":
            return address
        if kind == "small":
            return str(draw.randint(0, 2))
        if kind == "size":
            return str(draw.choice((67108864, draw.randint(1, 67108863))))
        if kind == "allocated":
            task, part = draw.randint(10**11, 10**12), draw.randint(0, 999)
            return f" /data/rand/_temporary/_task_{task}/part-{part:05d}. {block}"
        if kind == "stored":
            return f"/mnt/hadoop/dfs/data/current/subdir{draw.randint(0, 63)}/{block}"
        return draw.choice(_EXCEPTIONS).format(number=draw.randint(1000, 480000), address=address)

    def interleaved(self, sessions: Iterable[Sequence[str]]) -> Iterator[str]:
        """The lines of sessions, some of which are open at any time, with the time of a clock before each."""
        waiting, clock = iter(sessions), 1_226_300_000
        opened: list[list[str]] = []
        while True:
            while len(opened) < _OPEN and (one := next(waiting, None)) is not None:
                opened.append(list(reversed(one)))
            if not opened:
                return
            place = self._draw.randrange(len(opened))
            clock += self._draw.randint(0, 1)
            day, second = divmod(clock, 86_400)
            stamp = f"{81109 + day % 20:06d} {second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
            yield f"{stamp} {self._draw.randint(10, 9999)} INFO dfs.Node: {opened[place].pop()}"
            if not opened[place]:
                opened[place] = opened[-1]
                opened.pop()


def write_log(path: Path, megabytes: int, seed: int) -> int:
    """Write a log of normal sessions of eight lines, 5,000 of them side by side; returns how many lines it has."""
    values, draw = Values(seed), random.Random(seed)
    made = [[values.fill(text, "{block}") for text in _USUAL] for _ in range(500)]
    opened: list[tuple[list[str], str, int]] = []
    size = lines = 0
    with open(path, "w", encoding="utf-8") as file:
        while size < megabytes * 1_000_000:
            if len(opened) < 5_000:
                opened.append((draw.choice(made), f"blk_{draw.getrandbits(60)}", 0))
            place = int(draw.random() * len(opened))
            texts, block, step = opened[place]
            second = lines // 10 % 86_400
            stamp = f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d} {draw.getrandbits(13)}"
            day = 81_109 + lines // 864_000
            size += file.write(f"{day:06d} {stamp} INFO dfs.Node: {texts[step].replace('{block}', block)}\n")
            lines += 1
            opened[place] = (texts, block, step + 1)
            if step + 1 == len(texts):
                opened[place] = opened[-1]
                opened.pop()
    return lines
