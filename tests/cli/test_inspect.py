"""`seqtext inspect`: gradients of small networks, tokens and attention of stand-ins for models."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqtext.cli import inspect
from seqtext.config import TokenizerConfig
from seqtext.models.seq2seq import Alignment
from seqtext.models.translator import Translation
from seqtext.plots.gradients import STARTS, GradientFlow
from seqtext.tokenizer import Tokenizer

VIEW = "CAR  · · ██  100% car\nRED  · ██·   100% red\nA    ██· ·   100% a\n"


class Translator:
    """Writes the last word first, in capitals."""

    task = "translate"

    def translate(self, texts):
        return [[Translation(" ".join(text.upper().split()[::-1]), -1.5)] for text in texts]

    def align(self, source, target):
        source, target = source.split(), target.split()
        return Alignment(source, target, np.eye(len(source), dtype=np.float32)[::-1])


@pytest.fixture
def loaded(monkeypatch):
    """Makes `load` give a stand-in; returns the names that were asked for."""
    asked = []

    def use(model):
        monkeypatch.setattr("seqtext.storage.catalog.load", lambda name, task=None: asked.append(name) or model)
        return asked

    monkeypatch.setattr(
        "seqtext.storage.catalog.bundled", lambda: {"translate-en-de": Path("x"), "translate-en-fr": Path("y")}
    )
    return use


# Gradients


@pytest.fixture
def flows(monkeypatch):
    """Stands in for the measuring; returns what it was asked for."""
    asked = []

    def measured(corpora, **settings):
        asked.append((corpora, settings))
        yield GradientFlow("rnn", "usual", 0.5 * 0.1 ** np.arange(9.0)[::-1], 4.0, 2.0, 1.0)
        yield GradientFlow("lstm", "usual", np.full(9, 0.5), 4.0, 0.5, 1.0, steps=7, clipped=3, largest=4.5)

    monkeypatch.setattr("seqtext.training.gradients.gradient_flows", measured)
    monkeypatch.setattr("seqtext.training.gradients.model_flows", lambda model, *rest, **more: measured(*rest, **more))
    return asked


USUAL = {"window_length": 100, "windows": 16, "clip": 1.0, "seed": 1, "threads": 0, "encoding_errors": "strict"}


def test_gradients_as_a_table_and_bars(seqtext, flows) -> None:
    result = seqtext("inspect", "gradients", "a.txt", "--clip", "1")
    assert (result.status, flows) == (0, [(("a.txt",), USUAL)])
    assert result.stdout.splitlines() == [
        "cell  start  network    last step   4 back   8 back  first/last  all weights  clipped to 1",
        "rnn   usual  untrained    5.0e-01  5.0e-05  5.0e-09     1.0e-08            2         × 0.5",
        "lstm  usual  trained      5.0e-01  5.0e-01  5.0e-01     1.0e+00          0.5           × 1",
        "",
        "rnn usual untrained  ·▁▂▃▄▅▆▇█",
        "lstm usual trained   █████████",
        "",
        *inspect._CLIPPING.splitlines(),
    ]
    assert result.stderr == (
        "lstm, usual: 7 updates, of which 3 were clipped; the largest gradient had a norm of 4.5; loss 4.00\n"
    )


def test_gradients_as_json(seqtext, flows) -> None:
    result = seqtext("inspect", "gradients", "a.txt", "--json")
    assert result.stderr == ""
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["cell"], first["start"], first["steps"], first["clip_scale"]) == ("rnn", "usual", 0, 0.5)
    assert first["ratio"] == pytest.approx(1e-8)
    assert first["clipped_norms"] == pytest.approx([one / 2 for one in first["norms"]])
    assert (second["clipped_steps"], second["largest_gradient_norm"]) == (3, 4.5)


def test_settings_of_gradients(seqtext, flows, tmp_path) -> None:
    seqtext(
        "inspect", "gradients", "a", "b", "--cell", "gru", "--cell", "rnn", "--start", "usual", "--hidden", "9",
        "--steps", "3",
    )  # fmt: skip
    chosen = {"cells": ("gru", "rnn"), "starts": ("usual",), "hidden": 9, "steps": 3}
    assert flows == [(("a", "b"), {**chosen, **USUAL})]
    assert set(inspect._STARTS) == set(STARTS)


def test_gradients_as_a_picture(seqtext, flows, tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    path = tmp_path / "a.png"
    assert seqtext("inspect", "gradients", "a.txt", "--picture", str(path)).status == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    result = seqtext("inspect", "gradients", "a.txt", "--picture", "a.gif")
    assert result.error == ("A picture cannot be written as 'a.gif'; accepted are .png, .svg, .pdf.", "a.png")
    assert len(flows) == 1


@pytest.mark.parametrize(
    ("flag", "value"), [("--cell", "gru"), ("--start", "usual"), ("--hidden", "8"), ("--steps", "0")]
)
def test_a_trained_model_has_its_own_settings(seqtext, flows, flag, value) -> None:
    assert seqtext("inspect", "gradients", "a.txt", "--model", "m", "--json").status == 0
    result = seqtext("inspect", "gradients", "a.txt", "--model", "m", flag, value)
    assert result.status == 2
    assert result.error == (f"--model and {flag} were given; a trained model has its own.", f"leave {flag} out")
    assert len(flows) == 1


def test_gradients_of_a_text(seqtext, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("The lamp is lit. The boat is late. Nobody saw it.\n" * 3)
    result = seqtext(
        "inspect", "gradients", str(tmp_path / "a.txt"),
        "--cell", "rnn", "--cell", "lstm", "--start", "usual", "--hidden", "8", "--window-length", "12", "--steps", "2",
        "--threads", "1", "--json",
    )  # fmt: skip
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["cell"], one["steps"], len(one["norms"])) for one in found] == [
        ("rnn", 0, 12), ("rnn", 2, 12), ("lstm", 0, 12), ("lstm", 2, 12),
    ]  # fmt: skip


def test_the_earlier_name_of_a_windows_length(seqtext, flows) -> None:
    assert seqtext("inspect", "gradients", "a.txt", "--length", "12", "--json").status == 0
    assert flows[-1][1]["window_length"] == 12
    assert "--length" not in seqtext("inspect", "gradients", "--help").stdout.replace("--window-length", "")


def test_a_text_that_is_too_short(seqtext, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("Only a line.\n")
    result = seqtext("inspect", "gradients", str(tmp_path / "a.txt"))
    assert result.status == 1
    assert result.error == (
        "The text has 13 tokens; a window of 100 steps and what comes next need 101.",
        "--window-length 6, or a longer text",
    )


# Tokens


@pytest.fixture
def reader():
    tokenizer = Tokenizer.train(["the cat sat", "the dog sat"] * 2, TokenizerConfig("word", 600, 1))
    return SimpleNamespace(task="generate", reads_spacing=True, reads_pairs=False, tokenizer=tokenizer)


def test_tokens_as_a_table(seqtext, loaded, reader) -> None:
    asked = loaded(reader)
    ids = reader.tokenizer.encode("the cat").ids.tolist()
    assert seqtext("inspect", "tokens", "the cat", "the") == (
        0,
        " id  start  end  text   token\n"
        f"{ids[0]}      0    3  'the'  the\n{ids[1]}      4    7  'cat'  cat\ntokens: 2, characters: 7\n\n"
        f" id  start  end  text   token\n{ids[0]}      0    3  'the'  the\ntokens: 1, characters: 3\n",
        "",
    )
    assert asked == ["generate-en"]


def test_tokens_of_a_file_as_json(seqtext, loaded, reader) -> None:
    asked = loaded(reader)
    result = seqtext("inspect", "tokens", "--file", "-", "--model", "m", "--json", stdin=b"dog\n\nthe \xff\n")
    first, second = map(json.loads, result.stdout.splitlines())
    token = int(reader.tokenizer.encode("dog").ids[0])
    piece = {"id": token, "token": "dog", "text": "dog", "start": 0, "end": 3}
    assert first == {"text": "dog", "tokens": [piece]}
    assert second == {"text": "", "tokens": []}
    assert result.status == 1
    assert result.error[0].startswith("standard input, line 3")
    assert asked == ["m"]


# Attention


def test_attention_of_what_the_model_writes(seqtext, loaded) -> None:
    asked = loaded(Translator())
    assert seqtext("inspect", "attention", "a red car") == (0, f"CAR RED A\n\n{VIEW}", "")
    assert seqtext("inspect", "attention", "a red car", "--to", "de").status == 0
    assert asked == ["translate-en-fr", "translate-en-de"]


def test_attention_of_a_target(seqtext, loaded) -> None:
    loaded(Translator())
    (line,) = seqtext("inspect", "attention", "a red car", "x y z", "--model", "m", "--json").stdout.splitlines()
    assert json.loads(line) == {
        "source": "a red car", "target": "x y z",
        "alignment": {"source": ["a", "red", "car"], "target": ["x", "y", "z"], "pairs": [[2, 0], [1, 1], [0, 2]],
                      "weights": [[0, 0, 1], [0, 1, 0], [1, 0, 0]]},
    }  # fmt: skip


def test_attention_of_a_summarizer(seqtext, loaded) -> None:
    summarizer = Translator()
    summarizer.task, summarizer.summarize = "summarize", summarizer.translate
    loaded(summarizer)
    assert seqtext("inspect", "attention", "a red car", "--model", "m").stdout == f"CAR RED A\n\n{VIEW}"


def test_attention_as_a_picture(seqtext, loaded, tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    asked = loaded(Translator())
    path = tmp_path / "a.svg"
    assert seqtext("inspect", "attention", "a red car", "--picture", str(path)).stdout == f"CAR RED A\n\n{VIEW}"
    assert "<!-- red -->" in path.read_text(encoding="utf-8")
    assert seqtext("inspect", "attention", "a", "--picture", "a.gif").status == 2
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (
            ["a", "--model", "m", "--to", "de"],
            2,
            ("--model was given with --to or --from, which choose a bundled one.", "--model m"),
        ),
        (
            ["a", "--model", "m"],
            1,
            (
                "m is a model for 'generate'; one for 'translate' or 'summarize' is needed.",
                "seqtext inspect attention --help",
            ),
        ),
        (
            ["a", "--to", "it"],
            1,
            (
                "No model is bundled to translate en to it; bundled are translate-en-de, translate-en-fr.",
                "seqtext train translate CORPUS --run FOLDER, then --model FOLDER",
            ),
        ),
    ],
)
def test_faults_of_attention(seqtext, loaded, reader, arguments, status, error) -> None:
    loaded(reader)
    result = seqtext("inspect", "attention", *arguments)
    assert (result.status, result.stdout) == (status, "")
    assert result.error == error


@pytest.mark.parametrize("words", [(), ("gradients",), ("tokens",), ("attention",)])
def test_help_loads_no_torch(words) -> None:
    program = (
        "import sys; from seqtext.cli.main import main; status = main(); "
        "print(*[name for name in ('torch', 'matplotlib', 'numpy') if name in sys.modules]); sys.exit(status)"
    )
    arguments = [sys.executable, "-c", program, "inspect", *words, "--help"]
    finished = subprocess.run(arguments, capture_output=True, text=True, encoding="utf-8", check=True)
    assert finished.stdout.splitlines()[-1] == ""
