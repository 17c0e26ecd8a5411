"""README.md shows what its commands and its Python print; `python tests/test_readme.py --write` brings that up to date.

A block `console` holds commands after "$ " and what they print, a block `python` its output as comments at its left
margin. They run in the order of the page, in one folder with corpora/ beside it. A line with nothing but … stands for
one line or more, … at the end of a line for the rest of it.

Words are compared as they stand, and numbers too, but for a fraction or a percentage, which may differ by one in its
last digit or by a hundred-thousandth, and for times and speeds, which may be any. What was trained while the page was
made is trained again for a few seconds only: of such output, the first word of each line is compared, and of generated
text the first one.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "README.md"
README = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.M | re.S)
MINUTES = re.compile(r"(--minutes |\bminutes=)[\d.]+")
LEARNT = re.compile(r"\bruns/|\bseqtext (train|compare|inspect gradients)\b|\bseqtext\.train\(")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?%?")
TIME = re.compile(r"\d[\d,.:]*(?= (?:s|ms|min)\b| \w+/s\b)")
ROUNDING = Decimal("1e-5")  # processors round differently, which shows in the sixteen digits of JSON
MOST_LINES = 180
PICTURES = [ROOT / name for name in re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)]


class Example(NamedTuple):
    """A command or a piece of Python, with the lines that README.md shows of what it prints."""

    code: str
    shown: list[str]
    python: bool

    @property
    def learnt(self) -> bool:
        """Whether what is printed depends on a training, so that no two runs print the same."""
        return bool(LEARNT.search(self.code))

    def printed(self, folder: Path, minutes: str | None = None) -> list[str]:
        """Run it in a folder, with less time to train if minutes are given, and return stdout and stderr as lines."""
        code = MINUTES.sub(rf"\g<1>{minutes}", self.code) if minutes else self.code
        script = f'set -o pipefail\nseqtext() {{ "$PYTHON" -m seqtext "$@"; }}\n{{ {code}\n}} 2>&1'
        words = [sys.executable, "-c", code] if self.python else ["bash", "-c", script]
        done = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, "PYTHON": sys.executable},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        return [line.rstrip() for line in done.stdout.rstrip("\n").splitlines()]

    def fault(self, printed: list[str], label: bool) -> str | None:
        """What is to be said of output that is not as shown; None if it is."""
        some = 1 if label and "seqtext generate " in self.code else None  # of text that is drawn, only its beginning
        if aligned(self.shown[:some], printed[:some], alike if label else same) is not None:
            return None
        return "\n".join([f"$ {self.code}", "-- shown", *self.shown, "-- printed", *printed])


def examples(language: str, text: str) -> Iterator[Example]:
    """The examples of a block."""
    if language == "python":
        shown = [line[2:] for line in text.splitlines() if line.startswith("# ")]
        yield Example("".join(line for line in text.splitlines(True) if not line.startswith("# ")), shown, True)
        return
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, *rest = re.split(r"(?<!\\)\n", part, maxsplit=1)
        yield Example(command, "".join(rest).splitlines(), False)


def written(example: Example, lines: list[str]) -> str:
    """The text of an example in its block, with these lines as its output."""
    if example.python:
        return example.code + "".join(f"# {line}\n" for line in lines)
    return f"$ {example.code}\n" + "".join(f"{line}\n" for line in lines)


def same(shown: str, printed: str) -> bool:
    """Whether a line is the one shown, but for the last digit of a fraction, for times, and for spaces in a row."""
    shown, printed = (" ".join(TIME.sub("0", line).split()) for line in (shown, printed))
    if shown.endswith(" …"):
        shown, printed = shown[:-2], " ".join(printed.split()[: len(shown.split()) - 1])
    numbers = [NUMBER.findall(line) for line in (shown, printed)]
    return NUMBER.sub("0", shown) == NUMBER.sub("0", printed) and all(map(near, *numbers))


def near(shown: str, printed: str) -> bool:
    """Whether a number is the one shown; a fraction or a percentage may differ by one in its last digit.

    >>> near("92.3%", "92.4%"), near("92.3%", "92.5%"), near("4.4e-24", "4.5e-24"), near("236", "237")
    (True, False, True, False)
    """
    if shown == printed or not ("." in shown or shown.endswith("%")):
        return shown == printed
    values = [Decimal(number.rstrip("%").replace(",", "")) for number in (shown, printed)]
    unit = Decimal(1).scaleb(int(values[0].as_tuple().exponent))
    return abs(values[0] - values[1]) <= max(unit, ROUNDING * abs(values[0]))


def alike(shown: str, printed: str) -> bool:
    """Whether two lines begin with the same word, any number being like any other."""
    return label(shown) == label(printed)


def label(line: str) -> str:
    """The first word of a line with every number as 0, without what aligns it.

    >>> label(" 97.2%  request"), label("Reached   loss 0.3")
    ('0', 'Reached')
    """
    return NUMBER.sub("0", (line.split() or [""])[0])


def aligned(shown: list[str], printed: list[str], match: Callable[[str, str], bool]) -> list[str] | None:
    """The lines printed that match those shown, … kept where it stands for lines; None if they do not match."""
    if not shown or not printed:
        return None if shown or printed else []
    if shown[0] != "…":
        rest = aligned(shown[1:], printed[1:], match) if match(shown[0], printed[0]) else None
        return None if rest is None else [printed[0], *rest]
    for skipped in range(1, len(printed) + 1):
        rest = aligned(shown[1:], printed[skipped:], match)
        if rest is not None:
            return ["…", *rest]
    return None


def cut(shown: str, printed: str) -> str:
    """A line printed, ending where the one shown ends with …."""
    if not shown.endswith(" …"):
        return printed
    kept = re.match(rf"(?:\s*\S+){{{len(shown.split()) - 1}}}", printed)
    return f"{kept[0]} …" if kept else printed


def refreshed(example: Example, printed: list[str]) -> list[str]:
    """The lines to show of what was printed: all, or those shown so far where … leaves some out."""
    found = aligned(example.shown, printed, alike)
    if found is not None:
        return [cut(*pair) for pair in zip(example.shown, found, strict=True)]
    if any(line.endswith("…") for line in example.shown):
        print(f"The lines of this are to be chosen by hand:\n$ {example.code}\n" + "\n".join(printed))
        return example.shown
    return printed


def write(quick: bool) -> None:
    """Run the examples of README.md and put in what they print; quick ones only, if asked."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))

        def renewed(block: re.Match[str]) -> str:
            parts = []
            for example in examples(*block.groups()):
                print(example.code, flush=True)
                kept = quick and example.learnt
                parts.append(written(example, example.shown if kept else refreshed(example, example.printed(folder))))
            return f"```{block[1]}\n{''.join(parts)}```"

        PAGE.write_text(BLOCK.sub(renewed, README), encoding="utf-8")
        for picture in PICTURES:
            if (folder / picture.name).exists():
                shutil.copy(folder / picture.name, picture)


def prepared(folder: Path) -> Path:
    (folder / "corpora").symlink_to(ROOT / "corpora")
    return folder


EXAMPLES = [example for block in BLOCK.finditer(README) for example in examples(*block.groups())]


def faults(folder: Path, minutes: str | None, chosen: list[Example]) -> list[str]:
    """Run the chosen examples in their order; what is not as shown."""
    found = [example.fault(example.printed(folder, minutes), example.learnt) for example in chosen]
    return [fault for fault in found if fault]


def test_answers_are_those_shown(tmp_path: Path) -> None:
    chosen = [example for example in EXAMPLES if not example.learnt]
    assert len(chosen) >= 8
    found = faults(prepared(tmp_path), None, chosen)
    assert not found, "\n\n".join(found)


@pytest.mark.learning
def test_what_is_trained_answers_as_shown(tmp_path: Path) -> None:
    found = faults(prepared(tmp_path), "0.2", [example for example in EXAMPLES if example.learnt or not example.shown])
    assert not found, "\n\n".join(found)
    for picture in PICTURES:
        assert texts_of(tmp_path / picture.name) == texts_of(picture)


def texts_of(picture: Path) -> list[str]:
    """What is written in a picture, which matplotlib leaves beside the shapes of its letters."""
    return re.findall("<!-- (.*) -->", picture.read_text(encoding="utf-8"))


def test_every_picture_is_drawn_by_a_command_and_small() -> None:
    assert PICTURES
    for picture in PICTURES:
        assert any(f" --picture {picture.name}" in example.code for example in EXAMPLES), picture.name
        assert texts_of(picture)
        assert picture.stat().st_size < 60_000


def test_every_command_shows_its_output() -> None:
    silent = [example.code for example in EXAMPLES if not example.shown and " > " not in example.code]
    assert silent == []
    shells = re.findall(r"^```(?:sh|bash|shell)\n(.*?)^```", README, re.M | re.S)
    installs = re.compile(r"(python -m venv \.venv && )?.*\bpip install ")
    assert [line for block in shells for line in block.splitlines() if not installs.match(line)] == []


def test_the_install_lines_stand_as_they_are_run() -> None:
    lines = README.splitlines()
    start = "python -m venv .venv && . .venv/bin/activate && "
    assert f'{start}pip install . && seqtext fill "The quick brown ___ jumped over the lazy dog."' in lines
    assert f'{start}pip install "torch==2.13.0" && pip install -e ".[test]" && pytest' in lines


def test_the_page_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_files_that_are_named_are_there() -> None:
    code = "\n".join(example.code for example in EXAMPLES)
    named = set(re.findall(r"\bcorpora/[\w./-]+\w", code)) | set(re.findall(r"`((?:seqtext|tests)/[\w./-]+)`", README))
    assert len(named) >= 4
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_licence_is_named() -> None:
    assert "Apache-2.0" in README
    assert "MEASURED" not in README


@pytest.mark.parametrize(
    ("shown", "printed", "is_same"),
    [
        ("92.3%  fox  The fox.", "92.4%  fox  The fox.", True),
        (" 9.9%  fox", "10.0%  fox", True),
        ("92.3%  fox", "92.5%  fox", False),
        ("92.3%  fox", "92.3%  fax", False),
        ("97% A", "98% A", True),
        ("read: 236 of 4,536 words", "read: 237 of 4,536 words", False),
        ("4.4e-24", "4.5e-24", True),
        ("4.4e-24", "4.4e-23", False),
        ("0.9617384696035617", "0.9617384712", True),
        ("0.9617384696035617", "0.9617884696035617", False),
        ("1,000 rows in 12 s, 83 rows/s", "1,000 rows in 3.5 s, 250 rows/s", True),
        ("1,000 rows in 12 s", "999 rows in 12 s", False),
        ("a long line …", "a long line that goes on", True),
        ("a long line …", "a wrong line that goes on", False),
    ],
)
def test_a_line_is_the_same_but_for_a_last_digit_and_for_times(shown: str, printed: str, is_same: bool) -> None:
    assert same(shown, printed) == is_same


def test_lines_may_be_left_out_where_that_is_said() -> None:
    assert aligned(["a", "…", "d"], ["a", "b", "c", "d"], same) == ["a", "…", "d"]
    assert aligned(["a", "…", "d"], ["a", "d"], same) is None
    assert aligned(["a", "d"], ["a", "b", "d"], same) is None
    assert aligned(["a"], [], same) is None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Bring the output that README.md shows up to date.")
    parser.add_argument("--write", action="store_true", required=True, help="run the examples and write README.md")
    parser.add_argument("--quick", action="store_true", help="leave what needs training as it is")
    write(parser.parse_args().quick)
