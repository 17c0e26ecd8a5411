"""A server under load, on this machine alone: cold start, first and later fills, then many connections for a while.

Each connection sends one sentence with one blank after the other, as soon as it has the answer. The bar is half of what
the same model fills as one list. Only 127.0.0.1 is asked, and no longer than --seconds.
"""

import argparse
import asyncio
import json
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from table import Row

import seqtext

_CORPUS = Path(__file__).parents[2] / "corpora" / "everyday.txt"
_REFUSED = (429, 503)  # with Retry-After, the only answers but 200 that are no fault


class Load(NamedTuple):
    """What came of a load: seconds of each good answer, statuses, faults, and the server's memory in MB on the way."""

    seconds: list[float]
    statuses: Counter[int]
    faults: Counter[str]
    memory: list[float]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--connections", type=int, default=200, help="that are open at once (200)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they ask (60)")
    parser.add_argument("--file", type=Path, default=_CORPUS, help="sentences, one a line (corpora/everyday.txt)")
    parser.add_argument("--turns", type=int, default=3, help="lists that are filled before and after, each (3)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Rates, times, memory."""
    texts = _texts(options.file)
    started, first, later = _cold(texts)
    before = _list_rate(texts, options.turns)
    load = _loaded(texts, options.connections, options.seconds)
    rate = statistics.median([*before, *_list_rate(texts, options.turns)])
    good = len(load.seconds) / options.seconds
    others = sum(count for status, count in load.statuses.items() if status not in (200, *_REFUSED))
    third = max(1, len(load.memory) // 3)
    return [
        Row("server up after start", started, "s", 0.5),
        Row("first fill", first, "s", 0.5),
        Row("later fills, median", statistics.median(later) * 1e3, "ms", 50.0),
        Row("later fills, slowest", max(later) * 1e3, "ms"),
        Row("texts filled as a list", rate, "1/s"),
        Row("requests answered with 200", good, "1/s", rate / 2, lower=False),
        Row("share of the list's rate", good / rate, "", 0.5, lower=False),
        Row("median of their times", float(np.percentile(load.seconds or [np.inf], 50)), "s"),
        Row("99th percentile", float(np.percentile(load.seconds or [np.inf], 99)), "s", 1.0),
        Row("refused with 429 or 503 and Retry-After", sum(load.statuses[status] for status in _REFUSED)),
        Row("other answers and faults", others + sum(load.faults.values()), "", 0),
        Row("memory at a third of the time", load.memory[third - 1], "MB"),
        Row("memory at the end", load.memory[-1], "MB", load.memory[third - 1] * 1.05),
        Row("connections", options.connections),
    ]


def _texts(path: Path) -> list[str]:
    """Sentences of 8 words or more with one word in their middle left out."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if 8 <= len(words) <= 25:
            words[len(words) // 2] = "___"
            found.append(" ".join(words))
    return found


def _list_rate(texts: list[str], turns: int) -> list[float]:
    model = seqtext.load("fill-en")
    model.fill(texts[:100])
    found = []
    for _ in range(turns):
        begun = time.perf_counter()
        model.fill(texts)
        found.append(len(texts) / (time.perf_counter() - begun))
    return found


class _Server:
    """A server of its own process, and where it is."""

    def __enter__(self) -> "_Server":
        command = [sys.executable, "-m", "seqtext", "serve", "--port", "0"]
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.process.stderr.readline())
        assert found, "the server did not start"
        self.started = time.perf_counter() - self.begun
        self.port = int(found[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(20):
            raise SystemExit(f"the server ended with status {self.process.returncode}")

    def memory(self) -> float:
        """Resident megabytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024 / 1e6


def _cold(texts: list[str]) -> tuple[float, float, list[float]]:
    """Seconds from start to ready, those of the first fill, and of later ones; after a first start for the cache."""
    for _ in range(2):
        with _Server() as server:
            times = asyncio.run(_one_by_one(server.port, texts[:50]))
    return server.started, times[0], times[1:]


async def _one_by_one(port: int, texts: list[str]) -> list[float]:
    load = Load([], Counter(), Counter(), [])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for text in texts:
        await _ask(reader, writer, text, load)
    writer.close()
    return load.seconds


def _loaded(texts: list[str], connections: int, seconds: float) -> Load:
    with _Server() as server:
        asyncio.run(_one_by_one(server.port, texts[:3]))
        return asyncio.run(_ask_all(server, texts, connections, seconds))


async def _ask_all(server: _Server, texts: list[str], connections: int, seconds: float) -> Load:
    load = Load([], Counter(), Counter(), [])
    ends = time.perf_counter() + seconds
    asking = [asyncio.ensure_future(_go_on(server.port, texts[k:] + texts[:k], ends, load)) for k in range(connections)]
    while time.perf_counter() < ends:
        await asyncio.sleep(min(1.0, seconds / 6))
        load.memory.append(server.memory())
    await asyncio.gather(*asking)
    return load


async def _go_on(port: int, texts: list[str], ends: float, load: Load) -> None:
    """Ask one text after the other over one connection, a new one where that is lost."""
    place = 0
    while time.perf_counter() < ends:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.perf_counter() < ends:
                wait = await _ask(reader, writer, texts[place % len(texts)], load)
                place += 1
                await asyncio.sleep(wait)
            writer.close()
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            load.faults[type(error).__name__] += 1
            await asyncio.sleep(0.1)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: str, load: Load) -> float:
    """Ask once; returns for how many seconds the server asks to wait."""
    body = json.dumps({"text": text}).encode()
    begun = time.perf_counter()
    head = f"POST /v1/fill HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(f"{head}\r\n\r\n".encode() + body)
    told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    answer = await reader.readexactly(int(re.findall(r"content-length: (\d+)", told)[0]))
    status = int(told.split(" ", 2)[1])
    load.statuses[status] += 1
    if status == 200:
        load.seconds.append(time.perf_counter() - begun)
        if not _is_answer(answer, text):
            load.faults["wrong answer"] += 1
        return 0.0
    found = re.findall(r"retry-after: (\d+)", told)
    if status in _REFUSED and not found:
        load.faults["no Retry-After"] += 1
    return float(found[0]) if found else 0.0


def _is_answer(answer: bytes, text: str) -> bool:
    found: dict[str, Any] = json.loads(answer)
    return found["text"] == text and len(found["fills"]) == 5
