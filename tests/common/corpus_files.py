"""Files of a corpus, written to the working folder, and what `seqtext.data.corpus` reads from them."""

import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from seqtext.data.corpus import read_rows, read_texts
from seqtext.errors import CorpusError

PAIR = ("source", "target")
LABELLED = ("label", "text")
BY_NUMBER = "--columns label=1,text=2"


def write(name: str, data: bytes | str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return name


def write_json(name: str, *objects: object) -> str:
    return write(name, "".join(json.dumps(data) + "\n" for data in objects))


def write_parquet(name: str, **columns: list[Any]) -> str:
    parquet.write_table(pyarrow.table(columns), name)
    return name


def texts(*sources: str, **options: Any) -> list[str]:
    return list(read_texts(sources, **options))


def rows(source: str | list[str], fields: tuple[str, ...] = LABELLED, **options: Any) -> list[tuple[str, ...]]:
    return [tuple(row[field] for field in fields) for row in read_rows(source, fields, **options)]


def fault(read: Any, *args: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(CorpusError) as caught:
        list(read(*args, **options))
    return caught.value.typed()
