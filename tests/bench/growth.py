"""How time and memory grow with the input: every command on texts of n, 2n and 4n, in one process.

Processor seconds, and the peak of resident memory above what there was before, as Linux counts it. n is raised until
an answer takes --floor seconds or the largest size is reached; what is missed is measured again. Beside prose, commands
are given strange texts: nothing but spaces, line breaks, a single word, signs … A part of a name (--only) picks cases.
The exit status is 1 where a bar is missed.
"""

import argparse
import ctypes
import gc
import json
import lzma
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from table import Row, say

import seqtext
from seqtext.config import SearchConfig
from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.sentences import lead, lead_sentences
from seqtext.errors import SeqtextError
from seqtext.evaluation.metrics import rouge
from seqtext.models.lexrank import extract
from seqtext.models.token_pieces import pieces
from seqtext.networks.threads import one_thread
from seqtext.training.train import train

_BAR = 2.3  # times as much for twice the input
_TIMES = 3  # attempts at a case that misses it
_CLOCK = 0.02  # seconds, and
_NOISE = 48.0  # MB, below which a ratio means nothing
_CORPORA = Path(__file__).parents[2] / "corpora"
_KINDS = {
    "spaces": " ",
    "line breaks": "\n",
    "one word": "a",
    "stops": ".",
    "quotes": '."',
    "emoji": "🙂",
    "underscores": "_",
    "digits": "0",
    "marks": "e\u0301",
    "one letter": "a ",
    "initials": "A. ",
    "dashes": "1-",
}
_STRANGE = 300_000  # characters, the largest of a strange text at n

Answer = Callable[[int], Any]


class Case(NamedTuple):
    """What is measured: an answer to an input of a size, the smallest and largest size at n, seconds to reach."""

    name: str
    answer: Answer
    least: int
    most: int
    floor: float


class Cost(NamedTuple):
    """What an answer took."""

    seconds: float
    megabytes: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--floor", type=float, default=0.5, help="seconds that n takes at least, of prose (0.5)")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name holds this")
    parser.add_argument("--most", type=int, default=4_000_000, help="most characters of a text of n (4,000,000)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Of each case seconds and MB at n, 2n and 4n, and the larger ratio of neighbours."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, one_thread():  # waiting threads would be counted as well
        for case in _cases(options, Path(folder)):
            if options.only in case.name:
                rows.append(_row(case))
                say("  ".join(rows[-1].cells()))
    return rows


def _row(case: Case) -> Row:
    """The figures of a case; of several attempts those of the smallest ratio."""
    size = _size(case)
    best: tuple[float, list[Cost]] | None = None
    for _ in range(_TIMES):
        costs = [_cost(case.answer, size * times) for times in (1, 2, 4)]
        worst = max(_ratio([one.seconds for one in costs], _CLOCK), _ratio([one.megabytes for one in costs], _NOISE))
        best = min(best or (worst, costs), (worst, costs))
        if worst <= _BAR:
            break
    assert best is not None
    seconds = " ".join(f"{one.seconds:.2f}" for one in best[1])
    memory = " ".join(f"{one.megabytes:.0f}" for one in best[1])
    return Row(f"{case.name}, n = {size:,}", best[0], f"×, {seconds} s, {memory} MB", _BAR)


def _size(case: Case) -> int:
    """The size from which on an answer takes long enough, or the largest."""
    size = case.least
    _cost(case.answer, size)  # what is made on first use
    while size < case.most:
        seconds = _cost(case.answer, size).seconds
        if seconds >= case.floor:
            break
        size = min(case.most, int(size * min(8.0, max(1.5, 1.2 * case.floor / max(seconds, 1e-3)))))
    return size


def _ratio(values: list[float], least: float) -> float:
    """The largest ratio of neighbours, those that are too small to compare raised to the least."""
    raised = [max(one, least) for one in values]
    return max(second / first for first, second in pairwise(raised))


def _cost(answer: Answer, size: int) -> Cost:
    """Measure one answer."""
    given = answer(size)
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    before = _reset_peak()
    begun = time.process_time()
    given()
    return Cost(time.process_time() - begun, max(0.0, (_status("VmHWM") - before) / 1e3))


class _Prepared:
    """An answer whose input is made beforehand and is no part of what is measured."""

    def __init__(self, make: Callable[[int], Any], answer: Callable[[Any], Any]) -> None:
        self._make, self._answer = make, answer

    def __call__(self, size: int) -> Callable[[], Any]:
        given = self._make(size)
        return lambda: self._checked(given)

    def _checked(self, given: Any) -> None:
        with suppress(SeqtextError):  # a limit that is said is right
            found = self._answer(given)
            if isinstance(found, Iterator):
                for _ in found:
                    pass


def _reset_peak() -> float:
    """Let the peak of resident memory begin anew; returns what is resident, in kB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return float(line.split()[1])
    return 0.0


def _prose(size: int, unit: str | None = None) -> str:
    """So many characters of stories, or of a unit over and over."""
    whole = unit or _sentences()
    return (whole * (size // len(whole) + 1))[:size]


@cache
def _sentences() -> str:
    """Sentences of the words of the stories, drawn at random, hardly two of them alike."""
    words, chance = re.findall(r"\w+", (_CORPORA / "stories.txt").read_text(encoding="utf-8")), random.Random(1)
    return "".join(" ".join(chance.choices(words, k=chance.randint(3, 20))) + ". " for _ in range(100_000))


def _endless(size: int) -> str:
    """One sentence without an end."""
    return "".join(one for one in _prose(2 * size) if one not in '.!?…"”')[:size]


def _cases(options: argparse.Namespace, folder: Path) -> Iterator[Case]:
    answers = dict(_answers(folder))
    for name, answer in answers.items():
        yield Case(f"{name}: prose", _Prepared(_prose, answer), 1000, options.most, options.floor)
        yield Case(f"{name}: one sentence", _Prepared(_endless, answer), 1000, options.most, options.floor)
    for name, answer in answers.items():
        for kind, unit in _KINDS.items():
            make = partial(_prose, unit=unit)
            yield Case(f"{name}: {kind}", _Prepared(make, answer), 1000, _STRANGE, options.floor / 10)
    for name, make, answer, least, most in (*_others(), *_files(folder)):
        yield Case(name, _Prepared(make, answer), least, most, options.floor)


def _answers(folder: Path) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Every command's answer to a text."""
    filler, writer = seqtext.load("fill-en"), seqtext.load("generate-en")
    classifier, summarizer = seqtext.load("language-id"), seqtext.load("summarize-en")
    translator = seqtext.load("translate-en-fr")
    for _ in train("anomaly", _CORPORA / "service.log", folder / "anomaly", preset="tiny", steps=2, threads=1):
        pass
    detector = seqtext.load(folder / "anomaly")
    number = count()
    yield "fill", lambda text: filler.fill(f"{text} ___{text}"[: len(text) + 4])
    yield "fill, after", lambda text: filler.fill(f"The ___ {text}")
    yield "fill, options", lambda text: filler.choose(f"{text.replace('__', '_ ')} ___.", ["fox", "box"])
    yield "generate", lambda text: writer.generate(text, 5, seed=1)
    yield "next", lambda text: writer.next(text)
    yield "next, complete", lambda text: writer.next(text, complete=True)
    yield "score", lambda text: writer.score(text)
    yield "score, adapt", lambda text: writer.score(text, adapt=True)
    yield (
        "anomaly",
        lambda text: detector.detect(f"{_spelt(next(number))} {text}"),
    )  # what was read before is remembered
    yield "translate", lambda text: translator.translate([text], SearchConfig(beam=1, max_length=20))
    yield "attention", lambda text: translator.align(text, text)
    yield "summarize", lambda text: summarizer.summarize([text], max_words=5)
    yield "summarize, extract", lambda text: extract(text)
    yield "summarize, extract all", lambda text: extract(text, 1 << 30)
    yield "summarize, extract words", lambda text: extract(text, 1 << 30, len(text) // 20)
    yield "summarize, lead", lambda text: lead(lead_sentences(text, 1 << 30), 1 << 30)
    yield "classify", lambda text: classifier.classify([text])
    yield "classify, explain", lambda text: (classifier.explain(text), classifier.words_read(text))
    yield "tokens of fill", lambda text: pieces(filler, text)
    yield "tokens of generate", lambda text: pieces(writer, text)
    yield "tokens of translate", lambda text: pieces(translator, text)
    yield "rouge", lambda text: rouge([text], [text[::-1]])


def _others() -> Iterator[tuple[str, Callable[[int], Any], Callable[[Any], Any], int, int]]:
    """What grows in another way than a text does."""
    filler, writer = seqtext.load("fill-en"), seqtext.load("generate-en")
    yield "fill: blanks", lambda size: "the ___ " * size, filler.fill, 4, 400
    yield "fill: many options", _words, lambda words: filler.choose("The ___ ran.", words), 10, 2000
    yield "fill: a long option", _prose, lambda text: filler.choose("The ___ ran.", [text, "fox"]), 100, 100_000
    yield "generate: length", int, lambda size: writer.generate("One", size, seed=1), 100, 20_000
    yield (
        "generate: a long stop text", lambda size: "a" * size,
        lambda stop: writer.generate("aaaaaaaaa", 300, seed=1, stop=[stop, "e" * len(stop)]), 100, 100_000,
    )  # fmt: skip


def _words(size: int) -> list[str]:
    return [f"w{number:x}" for number in range(size)]


def _files(folder: Path) -> Iterator[tuple[str, Callable[[int], Any], Callable[[Any], Any], int, int]]:
    """Corpora that are read, and prepared for training."""

    def write(name: str, make: Callable[[int], str], size: int) -> Path:
        path = folder / name
        with lzma.open(path, "wt", preset=0) if name.endswith(".xz") else path.open("w") as file:
            file.write(make(size))
        return path

    def prepared(task: str, path: Path) -> None:
        for number in range(1 << 20):
            run = folder / f"run-{number}"
            if not run.exists():
                break
        events = train(task, path, run, preset="tiny", steps=1, threads=1)
        next(events)
        events.close()

    one_line = 2_000_000
    yield "read: one line, .xz", partial(write, "one.txt.xz", _endless), lambda p: read_texts(p), 1000, 8 * one_line
    yield "read: CSV cell", partial(write, "cell.csv", _cell), lambda p: read_texts(p), 1000, one_line
    yield "read: JSON, nested", partial(write, "deep.jsonl", _nested), lambda p: read_texts(p), 1000, one_line
    yield "read: columns", partial(write, "wide.tsv", _wide), lambda p: read_rows(p, ("a", "b")), 1000, one_line
    yield "read: labels", partial(write, "many.tsv", _labels), lambda p: read_labelled(p), 1000, 200_000
    for task in ("fill", "generate", "anomaly"):
        yield (
            f"train {task}: one line", partial(write, f"{task}.txt", _endless), partial(prepared, task),
            10_000, one_line,
        )  # fmt: skip
        yield (
            f"train {task}: distinct words", partial(write, f"{task}.txt", _distinct), partial(prepared, task),
            1000, 100_000,
        )  # fmt: skip
    yield "train classify: labels", partial(write, "many.tsv", _labels), partial(prepared, "classify"), 1000, 10_000
    yield (
        "train classify: a cell",
        partial(write, "cell.jsonl", _long_text),
        partial(prepared, "classify"),
        1000,
        8_000_000,
    )
    yield (
        "train translate: a cell",
        partial(write, "pair.jsonl", _pair),
        partial(prepared, "translate"),
        1000,
        4_000_000,
    )


def _cell(size: int) -> str:
    return f'text\n"{_prose(size)}"\n'.replace('"', "'").replace("'", '"', 1)[:-2] + '"\n'


def _nested(size: int) -> str:
    return '{"text": ' + "[" * size + "]" * size + "}\n"


def _wide(size: int) -> str:
    return "\t".join(f"c{number}" for number in range(size)) + "\n"


def _labels(size: int) -> str:
    return "".join(f"label {number // 2}\tthe text of {number}\n" for number in range(size))


def _distinct(size: int) -> str:
    return "".join(f"a{_spelt(number)} b{_spelt(number)}\n" for number in range(size))


def _spelt(number: int) -> str:
    """A number in letters: digits would be masked or cut."""
    return f"{number:x}".translate(_LETTERS)


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def _long_text(size: int) -> str:
    rows = [{"label": "ab"[number % 2], "text": "a text"} for number in range(20)]
    return "".join(json.dumps(row) + "\n" for row in [*rows, {"label": "a", "text": _prose(size)}])


def _pair(size: int) -> str:
    rows = [{"source": "a text", "target": "un texte"}] * 20
    return "".join(json.dumps(row) + "\n" for row in [*rows, {"source": _prose(size), "target": _prose(size)}])
