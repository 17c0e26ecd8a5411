"""ROUGE of a summarizer beside extracts and leads, with intervals, on sets of documents and summaries.

    python tests/bench/summaries.py summarize-en docs/valid.tsv gov/valid.tsv papers/dev.jsonl

A set is a table that `seqtext evaluate` reads, with the columns source and target unless --columns says otherwise, or
SciTLDR's JSON lines (abstract, tldrs). Summaries have as many sentences as those of the set on average, at least 1.
Counted are also summaries that are empty or longer than their document, and documents marked as unusual.
"""

import argparse
import json
import lzma
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqtext.data.corpus import parse_columns, read_rows
from seqtext.data.sentences import count_words, sentences_of
from seqtext.evaluation.seq2seq import summary_intervals, summary_scores
from seqtext.models.summaries import fits, quoted
from seqtext.models.summarizer import Summarizer
from seqtext.storage.catalog import load

Pair = tuple[str, str]


def pairs_of(path: str, columns: str | None) -> list[Pair]:
    """Read the pairs of a set."""
    with lzma.open(path, "rt", encoding="utf-8") if path.endswith(".xz") else Path(path).open(encoding="utf-8") as file:
        first = file.readline()
        if first.startswith("{") and "tldrs" in (record := json.loads(first)):
            records = [record, *map(json.loads, file)]
            return [(" ".join(one["abstract"]), one["tldrs"][0]) for one in records]
    rows = read_rows([path], ("source", "target"), columns=parse_columns(columns))
    return [(row["source"], row["target"]) for row in rows]


def told(name: str, texts: Sequence[str], pairs: Sequence[Pair]) -> str:
    """Make a row of the table: scores and their intervals, the length, what is wrong."""
    targets = [target for _, target in pairs]
    scores, intervals = summary_scores(texts, targets), summary_intervals(texts, targets)
    cells = [f"{scores[k]:5.1f} ({intervals[k][0]:.1f} to {intervals[k][1]:.1f})" for k in intervals]
    empty = sum(not count_words(text) for text in texts)
    longer = sum(not fits(text, source) for text, (source, _) in zip(texts, pairs, strict=True)) - empty
    return f"  {name:<8}  {'  '.join(f'{cell:<21}' for cell in cells)}  {scores['words']:5.1f}  {empty:5}  {longer:6}"


def compare(model: Summarizer, path: str, pairs: Sequence[Pair]) -> None:
    """Print the table of a set."""
    sources = [source for source, _ in pairs]
    count = max(1, round(float(np.mean([len(sentences_of(target)) for _, target in pairs]))))
    found = [best[0] for best in model.summarize(sources)]
    odd = np.mean([one.unusual for one in found])
    print(f"{path}: {len(pairs)} documents, {100 * odd:.1f} % unusual; quoted: {count} sentences")
    print(f"  {'':<8}  {'ROUGE-1':<21}  {'ROUGE-2':<21}  {'ROUGE-L':<21}  words  empty  longer")
    for name, texts in (
        ("network", [one.text for one in found]),
        ("extract", [best[0].text for best in quoted(sources, sentences=count)]),
        ("lead", [best[0].text for best in quoted(sources, count)]),
    ):
        print(told(name, texts, pairs), flush=True)


def main() -> None:
    """Read the arguments and compare on each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--columns")
    parser.add_argument("--limit", type=int, help="so many pairs of each, the first ones")
    asked = parser.parse_args()
    model = load(asked.model, "summarize")
    for path in asked.sets:
        compare(model, path, pairs_of(path, asked.columns)[: asked.limit])


if __name__ == "__main__":
    main()
