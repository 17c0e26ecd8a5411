"""What a model recites: measured on stand-ins that know some lines, and on a model that learnt lines by heart."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from seqtext import load
from seqtext.errors import CorpusError, ModelError
from seqtext.evaluation.memory import cut_line, measure_memory
from seqtext.models.translator import Translation
from seqtext.storage.learnt import PATH, LearntWriter
from seqtext.training.train import train


def sentences(count: int, seed: int, words: int = 16) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(f"{draw.choice('bdgklm')}{draw.choice('aeiou')}{draw.randrange(99)}" for _ in range(words)) + "."
            for _ in range(count)]  # fmt: skip


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


class Parrot:
    """Goes on with lines that it knows, and writes them freely; of others it knows nothing."""

    task, folder = "generate", None

    def __init__(self, known: list[str], folder: Path | None = None) -> None:
        self._known, self.folder = known, folder

    def given_back(self, texts: list[str], starts: list[int]) -> list[int]:
        known = [any(line.startswith(text) for line in self._known) for text in texts]
        return [len(text) - start if knows else 3 for text, start, knows in zip(texts, starts, known, strict=True)]

    def generate(self, prompts: list[str], *_: Any, **__: Any) -> list[str]:
        rests = [next((one[len(prompt) :] for one in self._known if one.startswith(prompt)), "") for prompt in prompts]
        return [rest.upper() for rest in rests]

    def samples(self, count: int, *_: Any) -> list[str]:
        return [self._known[number % len(self._known)] if number % 2 else "nothing" * 9 for number in range(count)]


def run_of(folder: Path, learnt: list[str]) -> Path:
    writer = LearntWriter(folder / PATH)
    for line in learnt:
        writer.add(line)
    writer.close()
    (folder / PATH).with_name("report.json").write_text("{}", encoding="utf-8")
    return folder


def test_learnt_lines_are_told_from_those_that_the_run_held_out(tmp_path: Path) -> None:
    lines = sentences(60, 1)
    parrot = Parrot(lines[:20], run_of(tmp_path / "run", lines[:40]))
    corpus = write(tmp_path / "corpus.txt", [lines[0], "", *lines[1:]])
    found = measure_memory(parrot, corpus, samples=100, top=3)
    assert (found.recital.learnt, found.recital.learnt_back) == (40, 20)
    assert (found.recital.unlearnt, found.recital.unlearnt_back) == (20, 0)
    assert found.drawn == found.recital  # words are compared, whatever their case
    assert found.known
    assert found.recital.recites
    assert found.copied == 1.0
    assert found.usual == 0.0
    assert [(run.words, run.how) for run in found.runs] == [(16, "free")] * 3
    for run in found.runs:
        number = lines.index(f"{run.text}.")
        assert run.place == f"{corpus}, line {number + (2 if number else 1)}"
    assert set(found.to_dict()) >= {"recites", "verdict", "recital", "drawn", "copied", "usual", "runs"}


def test_without_a_run_all_of_the_corpus_counts_as_learnt(tmp_path: Path) -> None:
    lines = sentences(60, 2)
    corpus, valid = write(tmp_path / "corpus.txt", lines[:40]), write(tmp_path / "valid.txt", lines[40:])
    found = measure_memory(Parrot(lines[:1]), corpus)
    assert (found.recital.learnt, found.recital.learnt_back, found.recital.unlearnt) == (40, 1, 0)
    assert not found.known
    assert found.usual is None
    found = measure_memory(Parrot(lines[:30]), str(corpus), valid=valid, samples=10)
    assert (found.recital.learnt, found.recital.unlearnt, found.recital.unlearnt_back) == (10, 10, 0)


def test_a_corpus_is_read_from_a_pipe(tmp_path: Path) -> None:
    lines = sentences(30, 3)
    corpus = write(tmp_path / "corpus.txt", lines)
    reader, writer = os.pipe()
    os.write(writer, corpus.read_bytes())
    os.close(writer)
    piped = measure_memory(Parrot(lines[:9]), f"/dev/fd/{reader}", top=0)
    os.close(reader)
    assert piped == measure_memory(Parrot(lines[:9]), corpus, top=0)


def test_text_that_was_never_learnt_is_refused(tmp_path: Path) -> None:
    parrot = Parrot(sentences(2, 1), run_of(tmp_path / "run", sentences(5, 1)))
    with pytest.raises(CorpusError, match="holds no text that the model has learnt"):
        measure_memory(parrot, write(tmp_path / "other.txt", sentences(5, 4)))


def test_a_model_that_writes_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="one of generate, translate or summarize does"):
        measure_memory(load("fill-en"), write(tmp_path / "c.txt", sentences(5, 4)))


@pytest.mark.parametrize(("count", "given", "back"), [(7, 0, 0), (8, 4, 4), (9, 4, 5), (51, 25, 25), (500, 25, 25)])
def test_half_of_a_line_is_given_and_no_more_than_25_words(count: int, given: int, back: int) -> None:
    line = " ".join(f"w{number}" for number in range(count))
    asked = cut_line(f"{line}!")
    assert (asked is None) is (given == 0)
    if asked:
        assert len(asked.text[: asked.start].split()) == given
        assert len(asked.text[asked.start :].split()) == back
        assert line.startswith(asked.text)


class Dictionary:
    """Translates sources that it knows, some of them even by their first halves."""

    task, folder = "translate", None

    def __init__(self, pairs: list[tuple[str, str]], halves: int) -> None:
        self._answers = dict(pairs)
        for source, target in pairs[:halves]:
            self._answers[" ".join(source.split()[: len(source.split()) // 2])] = target

    def translate(self, sources: list[str]) -> list[list[Translation]]:
        return [[Translation(self._answers.get(source, "?"), 0.0)] for source in sources]


def test_targets_of_half_their_sources_are_remembered(tmp_path: Path) -> None:
    pairs = list(zip(sentences(40, 5), sentences(40, 6), strict=True))
    corpus = write(tmp_path / "pairs.tsv", [f"{source}\t{target}" for source, target in pairs[:30]])
    valid = write(tmp_path / "valid.tsv", [f"{source}\t{target}" for source, target in pairs[30:]])
    found = measure_memory(Dictionary(pairs, 12), corpus, valid=valid, top=2)
    assert (found.recital.learnt, found.recital.learnt_back) == (30, 12)
    assert (found.recital.unlearnt, found.recital.unlearnt_back) == (10, 0)
    assert (found.drawn.learnt_back, found.drawn.unlearnt_back) == (30, 10)  # well translated, all of them
    assert found.copied is None
    assert [(run.words, run.how) for run in found.runs] == [(16, "continued")] * 2


@pytest.mark.learning
def test_a_run_that_knows_its_lines_by_heart_is_told(tmp_path: Path) -> None:
    corpus = write(tmp_path / "lines.txt", sentences(60, 7))
    settings = {"tokens": "word", "dropout": 0.0, "average": 0.0, "weight_decay": 0.0, "batch_size": 256,
                "learning_rate": 0.02}  # fmt: skip
    events = list(train("generate", corpus, tmp_path / "run", preset="tiny", steps=600, valid_share=0.0,
                        threads=1, evaluations=3, patience=0, **settings))  # fmt: skip
    assert any("learnt lines come back whole" in getattr(event, "told", "") for event in events)
    config = load(tmp_path / "run").settings
    assert config["memory"]["learnt_back"] > 0.5 * config["memory"]["learnt"]
    found = measure_memory(load(tmp_path / "run"), corpus)
    assert found.recital.recites
    assert found.runs[0].words >= 16
