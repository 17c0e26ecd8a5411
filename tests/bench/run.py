"""Run a benchmark by name: prints a table and keeps the figures as JSON. Without a name, lists them.

python tests/bench/run.py startup --model runs/mine
"""

import argparse
import importlib
import sys
from pathlib import Path

from table import machine, table, write

from seqtext.errors import SeqtextError

BENCHMARKS = {
    "startup": "a whole `seqtext` process against importing torch: seconds and peak memory",
    "latency": "one fill and one choose in a warm model: milliseconds",
    "training": "training from end to end against the bare recurrent layers of torch: tokens per second",
    "beside": "training beside one busy process and idle, against fixed numbers of threads: tokens per second",
    "generation": "writing text against torch step by step, and against bare products: characters per second",
    "equal_minutes": "accuracy against a masked language model of equal size after equal minutes",
    "equal_generation": "bits per character against a GPT of equal size after equal minutes",
    "equal_translation": "BLEU against a Transformer encoder–decoder of equal size after equal minutes",
    "decoding_speed": "sentences translated in a second against `generate` of transformers",
    "fill_speed": "texts filled in a second against bare products, and the fill-mask pipeline of transformers",
    "threads": "one loaded model that answers from many threads, against one: answers, processor and wall time",
    "classify_speed": "texts classified in a second against the same weights in torch, and fastText",
    "table_rows": "a long table through `seqtext classify`, killed on the way: rows a second, memory, what survives",
    "batches": "many texts as a list against one by one, and against bare products: texts per second",
    "against_fasttext": "accuracy of a classifier on held-out texts against fastText's",
    "against_ngrams": "bits per character against n-grams of the same training text",
    "growth": "time and memory of every command on n, 2n and 4n of input",
    "sessions": "sessions from raw log lines against grouped ones, and Drain3 with an isolation forest: F1",
    "suspects": "flipped labels that are among the first suspects",
    "serving": "a server: cold start, first fill, many connections for a minute; answers per second, memory",
    "keyboard": "keystrokes that suggestions save, against word trigrams",
    "pud": "BLEU and chrF of translators on pairs that nothing was trained on, against copies",
    "blimp": "minimal pairs of sentences, of which the grammatical one is to be likelier, against word 5-grams",
    "everyday": "everyday sentences: sensible words for a blank, translations that a fluent reader accepts",
}
_RESULTS = Path(__file__).parent / "results"


def main(arguments: list[str] | None = None) -> int:
    """Run one benchmark; returns the exit code. A bar that is not met is reported, an error only for growth."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] not in BENCHMARKS:
        asked = not arguments or arguments[0] in ("-h", "--help")
        print("\n".join(f"{name:17} {text}" for name, text in BENCHMARKS.items()))
        print("\npython tests/bench/run.py NAME --help")
        if not asked:
            print(f"\nNo benchmark is called {arguments[0]!r}.", file=sys.stderr)
        return 0 if asked else 2
    name = arguments[0]
    sys.path.append(str(Path(__file__).parents[1] / "common"))
    # Only the chosen module is imported: the memory of `startup` would count what its parent has loaded.
    benchmark = importlib.import_module(name)
    parser = argparse.ArgumentParser(
        f"run.py {name}", description=benchmark.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    benchmark.add_options(parser)
    parser.add_argument("--results", type=Path, default=_RESULTS, help="folder for the JSON file")
    options = parser.parse_args(arguments[1:])
    facts = machine()
    try:
        rows = benchmark.measure(options)
    except SeqtextError as error:
        print(f"Error: {error}\nTry:   {error.hint}", file=sys.stderr)
        return 1
    print(table(rows))
    print(f"\n{write(name, rows, vars(options), facts, options.results)}")
    # Of growth alone the bars are the product's own; others depend on the machine and on what it is compared with.
    return int(name == "growth" and any(row.met is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
