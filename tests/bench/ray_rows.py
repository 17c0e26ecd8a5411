"""Rows a second of Ray Data at one actor and at two, each of half a core, and of one process without Ray.

    python tests/bench/ray_rows.py --rows 50000
    python tests/bench/ray_rows.py --task fill --model fill-en --rows 3000 --batch 128

Of the seconds with Ray, those until the first row is answered (actors start, the model is loaded) are told apart.
"""

import argparse
import os
import time
from collections.abc import Iterator
from typing import Any

os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_AUTH_MODE="disabled")

from seqtext.integrations.batch import Answer

SENTENCE = "the small old house by a river was sold to some people who came from another town last summer"


def make_texts(rows: int) -> Iterator[str]:
    """Sentences of 17 words with a blank, none like the one before."""
    words = SENTENCE.split()
    for number in range(rows):
        turned = [words[(number + place * (1 + number % 7)) % len(words)] for place in range(16)]
        yield " ".join([*turned[: number % 15], "___", *turned[number % 15 :]]).capitalize() + "."


def alone(table: Any, answer: Answer, batch: int) -> float:
    """Rows a second of one process, one thread."""
    answer(table.slice(0, 1))
    started = time.perf_counter()
    for start in range(0, len(table), batch):
        answer(table.slice(start, batch))
    return len(table) / (time.perf_counter() - started)


def with_ray(table: Any, answer: Answer, batch: int, actors: int) -> tuple[float, float]:
    """Rows a second once the first batch is there, and the seconds until then."""
    import ray

    blocks = ray.data.from_arrow([table.slice(start, batch) for start in range(0, len(table), batch)])
    started = time.perf_counter()
    answered = blocks.map_batches(
        Answer, fn_constructor_kwargs=answer.arguments, batch_format="pyarrow", batch_size=batch, num_cpus=0.5,
        compute=ray.data.ActorPoolStrategy(size=actors),
    )  # fmt: skip
    rows, first, last = [], 0.0, 0.0
    for some in answered.iter_batches(batch_size=None, batch_format="pyarrow"):
        last = time.perf_counter()
        first = first or last
        rows.append(len(some))
    assert sum(rows) == len(table)
    return sum(rows[1:]) / max(last - first, 1e-9), first - started


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="classify")
    parser.add_argument("--model", default="language-id")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--batch", type=int, default=1000, help="rows of a block; let there be twenty of them or more")
    given = parser.parse_args()
    import pyarrow
    import ray

    answer = Answer(given.task, given.model, "text")
    table = pyarrow.table({"text": list(make_texts(given.rows))})
    print(f"one process  {alone(table, answer, given.batch):10,.0f} rows/s")
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=200 << 20, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    for actors in (1, 2):
        speed, wait = with_ray(table, answer, given.batch, actors)
        print(f"{actors} actor{'s' * (actors > 1):1}    {speed:10,.0f} rows/s after {wait:.1f} s")
    ray.shutdown()


if __name__ == "__main__":
    main()
