"""A long table of Parquet through `seqtext classify`, killed while it is written: rows a second, memory, what survives.

The texts of a file are repeated until there are --rows of them; now and then one is null, which --on-error skip leaves
out. The command is killed (kill -9) at a third and at two thirds of the rows and goes on with --resume each time; in
between it is refused with another model. A tenth of the rows, without a kill, says whether memory grows.

run.py table_rows --texts texts.tsv
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import pyarrow
from pyarrow import parquet
from table import Row, say

import seqtext
from seqtext.data.lines import read_lines

_AT_ONCE = 50_000  # rows made at once
_NULL = 9_973  # every so many rows, a text is null
_COMMAND = "from seqtext.cli.main import main\nimport sys\nsys.exit(main())"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--texts", metavar="PATH", required=True, help="one text a line, behind the last tab in it")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table (1,000,000)")
    parser.add_argument("--model", default="language-id", help="a classifier (language-id)")


class Try(NamedTuple):
    """A run of the command: its end, what it said, seconds, the most memory in MB, rows that were recorded."""

    status: int
    said: str
    seconds: float
    memory: float
    rows: int


def measure(options: argparse.Namespace) -> list[Row]:
    """Time, memory and what came out."""
    texts = [line.rpartition("\t")[2] for _, line in read_lines(options.texts)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tenth = _answer(
            _make(folder / "tenth.parquet", texts, options.rows // 10), folder / "tenth-out.parquet", options
        )
        source, output = _make(folder / "all.parquet", texts, options.rows), folder / "all-out.parquet"
        other = folder / "other"
        seqtext.load(options.model).save(other, "fp32")
        tries = [_answer(source, output, options, until=options.rows // 3)]
        tries.append(_answer(source, output, options, "--resume", until=2 * options.rows // 3))
        refused = _answer(source, output, options, "--model", str(other), "--resume")
        tries.append(_answer(source, output, options, "--resume"))
        for one in (*tries, refused):
            say(f"status {one.status} after {one.seconds:.1f} s, {one.rows:,} rows recorded\n{one.said}")
        ids, nulls = _ids(output), len(range(_NULL - 1, options.rows, _NULL))
        expected = [k for k in range(options.rows) if k % _NULL != _NULL - 1]
        left = sorted(path.name for path in folder.iterdir() if path.name.startswith(("all-out", ".all-out")))
        said = tries[0].said + tries[2].said
    seconds = sum(one.seconds for one in tries)
    return [
        Row("rows", options.rows),
        Row("seconds, both kills included", seconds, "s"),
        Row("rows a second", options.rows / seconds, "/s", lower=False),
        Row("rows doubled, or out of order", sum(a != b for a, b in zip(ids, expected, strict=False)), bar=0),
        Row("rows missing, or too many", abs(len(expected) - len(ids)), bar=0),
        Row("null rows left out", nulls),
        Row("files left beside the output", len(left) - 1, bar=0),
        Row("status with another model", refused.status, bar=1, lower=False),
        Row("refused by name", "yes" if "the model differs" in refused.said else "no"),
        Row("lines of progress", said.count(" rows/s, "), lower=False, bar=1),
        Row("most memory", max(one.memory for one in tries), "MB"),
        Row("beside that of a tenth of the rows", max(one.memory for one in tries) / tenth.memory, "×", bar=1.25),
    ]  # fmt: skip


def _make(path: Path, texts: list[str], rows: int) -> Path:
    """A table of so many rows, made some at a time."""
    schema = pyarrow.schema([("id", pyarrow.int64()), ("body", pyarrow.string()), ("stars", pyarrow.int8())])
    stream = cycle(texts)
    with parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, _AT_ONCE):
            ids = range(start, min(start + _AT_ONCE, rows))
            body = [
                None if k % _NULL == _NULL - 1 else text for k, text in zip(ids, islice(stream, len(ids)), strict=True)
            ]
            writer.write_table(pyarrow.table([list(ids), body, [k % 5 for k in ids]], schema=schema))
    return path


def _answer(source: Path, output: Path, options: argparse.Namespace, *more: str, until: int | None = None) -> Try:
    """Run the command, and kill it once so many rows are recorded."""
    command = [
        sys.executable, "-c", _COMMAND, "classify", "--model", options.model, "--file", str(source),
        "--columns", "text=body,id=id", "--output", str(output), "--on-error", "skip", *more,
    ]  # fmt: skip
    begun, memory, rows = time.perf_counter(), 0.0, 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, stderr=said)
        while process.poll() is None:
            memory = max(memory, _memory(process.pid))
            rows = _recorded(output, rows)
            if until is not None and rows >= until:
                process.send_signal(signal.SIGKILL)
                process.wait()
            time.sleep(0.02)
        said.seek(0)
        return Try(process.returncode, said.read(), time.perf_counter() - begun, memory, rows)


def _recorded(output: Path, before: int) -> int:
    try:
        return int(json.loads(Path(f"{output}.progress").read_bytes())["rows"])
    except OSError:
        return before


def _memory(process: int) -> float:
    """The most memory that a process has held so far, in MB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) / 1024 if found else 0.0


def _ids(output: Path) -> list[int]:
    """The ids of the output, whose rows all have a label."""
    table = parquet.read_table(output, columns=["id", "label"])
    assert table.column("label").null_count == 0
    ids: list[int] = table.column("id").to_pylist()
    return ids
