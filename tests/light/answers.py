"""Has every command answer where the extras are not installed: python tests/light/answers.py LOG_MODEL [--tables].

Plain Python, run by .ci/run from the top of the repository in an environment that `pip install .` has made: no pytest
is there. LOG_MODEL is a run of `seqtext train anomaly corpora/service.log`. With --tables, pyarrow and zstandard are
there, and packed files and Parquet are read.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zipfile import ZipFile

from seqtext.cli.commands import COMMANDS
from seqtext.data.formats.registry import FORMATS, PAIRS
from seqtext.extras import EXTRAS

#: Of what is installed, without the bundled models, pip and what else a fresh environment holds.
MOST_BYTES = 150_000_000
_OF_THE_ENVIRONMENT = {"pip", "setuptools", "wheel"}
_COMMAND = Path(sys.executable).with_name("seqtext")  # as installed: -m would find the folder of the sources


class Case(NamedTuple):
    """A command line, what its output must match (stderr, where an extra is missing), and its standard input."""

    words: tuple[str, ...]
    pattern: str
    extra: str = ""
    stdin: str = ""


def answered(log_model: str) -> Iterator[Case]:
    """What is answered without extras."""
    fox = "The quick brown ___ jumped over the lazy dog."
    line = "2031-05-04 08:57:22.892 INFO  http: GET /items from"
    yield Case(("fill", fox), r"fox .*\n.*dog ")
    yield Case(("fill", "--file", "-", "--json"), r'"fox"[^\n]*\n\{"text": "", "fills": \[\]', stdin=f"{fox}\n\n")
    yield Case(("fill", "Capital of France: ___[p...s]", "--top", "1"), "Paris")
    yield Case(("fill", "The farmer milked the ___.", "--option", "cow", "--option", "roof"), r"^ *\d.*%  cow$")
    yield Case(("cloze", "--file", "corpora/stories.txt", "--items", "3", "--json"), r'"answer": "\w+", "options": \[')
    yield Case(("generate", "Once upon a time", "--length", "40", "--seed", "1"), "^Once upon a time.{20}")
    yield Case(("next", "The children went to the", "--json"), r'"next": \[\{"text": "\w+", "probability": 0\.')
    yield Case(("score", "The cat sat on the refrigerator.", "--json"), r'"bits_per_character": [0-4]\.')
    yield Case(("anomaly", line, "--model", log_model, "--json"), r'"score": \d.*"anomalous": (true|false)')
    yield Case(("translate", "A man rides a horse.", "--to", "de"), "^Ein Mann")
    yield Case(("translate", "A man rides a horse.", "--to", "fr", "--attention", "-"), "^Un homme")
    yield Case(("translate", "--to", "de", "--", "- **A man** rides a horse."), r"^- \*\*Ein Mann\*\*")
    yield Case(
        ("translate", "Call +49 30 1234567.", "--to", "de", "--glossary", "-"), r"\+49 30 1234567", stdin="a\tb\n"
    )
    yield Case(("summarize", "--file", "corpora/stories.txt", "--whole", "--max-words", "20"), r"^\w+ \w+")
    yield Case(("summarize", "--file", "corpora/stories.txt", "--whole", "--extract", "--sentences", "2"), r"\w+ \w+")
    yield Case(("classify", "Où est la bibliothèque ?", "--explain"), "French")
    asked = ("--labels", "good=positive,bad=negative", "--prompt", "It was ___.")
    yield Case(("classify", "A lovely film, well made.", *asked), "positive")
    yield Case(("check", "corpora/labelled.tsv"), "Read +400 examples for classify")
    yield Case(("similar", "kettle", "--top", "3"), r"(0\.\d+  \w+\n){3}")
    yield Case(("repl",), "fox", stdin=f"{fox}\n")
    yield Case(("push", "--help"), "Publish a model")
    yield Case(("models",), r"fill-en(.*\n)+.*language-id")
    yield Case(("info", "fill-en"), "fill")
    yield Case(("info", log_model), "anomaly")
    yield Case(("inspect", "tokens", "The café is open.", "--model", "fill-en"), "café")
    yield Case(("inspect", "attention", "A man rides a horse.", "--to", "fr"), "homme")
    yield Case(("tour", "tokens", "vectors"), r"^ +580 .*\n(.*\n)+.*saucepan")
    few = ("--samples", "4", "--seed", "1")
    yield Case(("inspect", "memory", "generate-en", "corpora/stories.txt", *few), "lines")
    yield Case(("evaluate", "fill-en", "corpora/everyday.txt", "--limit", "20"), "top1")
    yield Case(("evaluate", "generate-en", "corpora/everyday.txt", "--limit", "5"), "bits_per_character")
    yield Case(("evaluate", log_model, "corpora/service-labelled.tsv"), "auroc")
    short = ("--columns", "source=text,target=summary", "--limit", "2")
    yield Case(("evaluate", "summarize-en", "corpora/summaries.jsonl", *short), "rouge1")


def answered_tables(folder: Path) -> Iterator[Case]:
    """Tables of text, which need no extra."""
    (folder / "a.csv").write_text("id,text\n7,The quick brown ___ jumped over the lazy dog.\n", encoding="utf-8")
    yield Case(("fill", "--file", str(folder / "a.csv")), r'^\{"id": "7".*"filled": "The quick brown fox')
    yield Case(("score", "--file", str(folder / "a.csv"), "--output", str(folder / "b.csv")), "")
    cues = "1\n00:00:01,000 --> 00:00:02,000\nThe quick brown ___\n<i>jumped over the lazy dog.</i>\n"
    (folder / "a.srt").write_text(cues, encoding="utf-8")
    yield Case(("fill", "--file", str(folder / "a.srt"), "--json"), r'"The quick brown fox jumped over the lazy dog\."')


def refused(folder: Path) -> Iterator[Case]:
    """What wants an extra, whose line is shown."""
    run = ("--run", str(folder / "run"))
    pairs = ("--columns", "source=english,target=french", "--limit", "2")
    yield Case(("train", "fill", "corpora/everyday.txt", *run), "Training needs ", "train")
    yield Case(("compare", "fill", "corpora/everyday.txt", *run, "--minutes", "1"), "Training needs ", "train")
    yield Case(("inspect", "gradients", "corpora/stories.txt"), "Measuring gradients needs ", "train")
    yield Case(("tour",), "The tour needs torch", "train")
    yield Case(("evaluate", "fill-en", "hf:someone/something"), "needs datasets", "train")
    (folder / "labels.tsv").write_text("English\tThe door is open.\nFrench\tLa porte est ouverte.\n", encoding="utf-8")
    yield Case(("evaluate", "language-id", str(folder / "labels.tsv")), "Naive Bayes.* needs scipy", "train")
    yield Case(("evaluate", "translate-en-fr", "corpora/phrases.tsv", *pairs), "BLEU needs sacrebleu", "train")
    if find_spec("lxml") is None:
        for kind in (kind for kind in FORMATS.values() if kind.extra == "files"):
            path = folder / f"a{kind.suffix}"
            path.write_text("<p>A text.", encoding="utf-8")
            if kind.member:
                with ZipFile(path, "w") as archive:
                    archive.writestr(kind.member, "<p/>")
            model = "translate-en-fr" if kind.gives == PAIRS else "fill-en"
            yield Case(("evaluate", model, str(path)), r"needs (lxml|openpyxl|polib)", "files")
        yield Case(("fill", "--file", str(folder / "a.html")), "A web page needs lxml", "files")
    picture = str(folder / "a.png")
    yield Case(("translate", "A man.", "--to", "fr", "--attention", picture), "picture needs matplotlib", "plot")
    yield Case(("serve",), "A server needs ", "serve")
    if find_spec("pyarrow") is None:
        (folder / "a.parquet").write_bytes(b"PAR1")
        yield Case(
            ("evaluate", "fill-en", str(folder / "a.parquet"), "--columns", "text=text"), "needs pyarrow", "tables"
        )
        (folder / "a.txt.zst").write_bytes(b"(\xb5/\xfd")
        yield Case(("fill", "--file", str(folder / "a.txt.zst")), "needs zstandard", "tables")


def of_tables(folder: Path) -> Iterator[Case]:
    """What is answered with the extra for tables."""
    import pyarrow
    import zstandard
    from pyarrow import parquet

    texts = ["The door is ___.", "The quick brown ___ jumped over the lazy dog."]
    parquet.write_table(pyarrow.table({"id": [1, 2], "text": texts}), folder / "a.parquet")
    lines = "The door is open.\nThe cat is on the mat.\n"
    parquet.write_table(pyarrow.table({"text": lines.splitlines()}), folder / "b.parquet")
    (folder / "a.txt.zst").write_bytes(zstandard.compress(lines.encode()))
    yield Case(
        ("fill", "--file", str(folder / "a.parquet"), "--json"),
        r'^\{"id": 1,.*\n\{"id": 2,.*"filled": "The quick brown fox',
    )
    written = ("--output", str(folder / "c.parquet"))
    yield Case(("score", "--file", str(folder / "a.parquet"), *written), "")
    yield Case(("score", "--file", str(folder / "c.parquet"), "--json"), r'"predicted_bits": \d')
    yield Case(("score", "--file", str(folder / "a.txt.zst"), "--json"), r'"bits"[^\n]*\n\{.*"bits"')
    yield Case(("evaluate", "fill-en", str(folder / "b.parquet"), "--columns", "text=text"), "top1")


def fault_of(case: Case) -> str:
    """What is wrong with what a command says; "" where nothing is."""
    done = subprocess.run(
        [_COMMAND, *case.words], input=case.stdin, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    status, said = (1, done.stderr) if case.extra else (0, done.stdout)
    hint = f'\nTry:   pip install "seqtext[{case.extra}]"\n' if case.extra else ""
    if done.returncode == status and re.search(case.pattern, said, re.M) and said.endswith(hint):
        return ""
    return f"status {done.returncode}\n{done.stdout}{done.stderr}\nwanted: status {status}, {case.pattern!r}{hint}"


def check_coverage(cases: list[Case]) -> None:
    """Fail unless every command is tried."""
    left = {*COMMANDS, "inspect attention", "inspect tokens"}
    left -= {case.words[0] for case in cases} | {" ".join(case.words[:2]) for case in cases}
    if left:
        sys.exit(f"No case of {Path(__file__).name} tries {', '.join(sorted(left))}.")


def check_environment(tables: bool) -> None:
    """Fail where an extra is installed, which would make the rest mean nothing."""
    allowed = {name for name, extra in EXTRAS.items() if tables and extra == "tables"} | {"filelock"}  # of the Hub
    found = [name for name in EXTRAS if name not in allowed and find_spec(name) is not None]
    if found:
        sys.exit(f"This environment is not light: it has {', '.join(found)}.")


def check_api() -> None:
    """Fail unless Python gets the same: answers, and an error where training is called."""
    import seqtext

    names: dict[str, object] = {}
    exec("from seqtext import *", names)
    assert names["load"] is seqtext.load
    hint = ""
    try:
        seqtext.train("fill", "corpora/everyday.txt", "nowhere")
    except seqtext.SeqtextError as error:
        hint = error.hint
    if hint != 'pip install "seqtext[train]"':
        sys.exit(f"seqtext.train did not say that it needs torch, but {hint!r}.")


def check_size() -> None:
    """Print what each package takes; fail where all take too much."""
    sizes = {}
    for one in distributions():
        files = [Path(str(path.locate())) for path in one.files or () if "pretrained" not in path.parts]
        sizes[one.metadata["Name"]] = sum(path.stat().st_size for path in files if path.is_file())
    sizes = {name: size for name, size in sizes.items() if name.lower() not in _OF_THE_ENVIRONMENT}
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{size / 1e6:8.1f} MB  {name}")
    print(f"{sum(sizes.values()) / 1e6:8.1f} MB  together, without the bundled models")
    if sum(sizes.values()) > MOST_BYTES:
        sys.exit(f"That is more than {MOST_BYTES / 1e6:.0f} MB.")


def main() -> None:
    """Check everything; the first lines of output are the faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log_model")
    parser.add_argument("--tables", action="store_true")
    chosen = parser.parse_args()
    check_environment(chosen.tables)
    with TemporaryDirectory() as name:
        cases = [*answered(chosen.log_model), *answered_tables(Path(name)), *refused(Path(name))]
        check_coverage(cases)
        cases = list(of_tables(Path(name))) if chosen.tables else cases
        faults = {" ".join(case.words): fault for case in cases if (fault := fault_of(case))}
    for words, fault in faults.items():
        print(f"seqtext {words}\n{fault}\n", file=sys.stderr)
    if faults:
        sys.exit(f"{len(faults)} of {len(cases)} commands failed without the extras.")
    check_api()
    print(f"{len(cases)} commands did what they should without the extras.")
    if not chosen.tables:
        check_size()


if __name__ == "__main__":
    main()
