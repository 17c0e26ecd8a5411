"""Each benchmark runs as a user starts it and keeps its figures; tiny settings, so the figures mean nothing."""

import importlib.util
import json
import lzma
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from seqtext.storage.catalog import bundled
from seqtext.training.batches.streams import Stream, StreamWriter
from seqtext.training.train import train

pytestmark = pytest.mark.bench

_RUN = Path(__file__).with_name("run.py")
_CORPORA = _RUN.parents[2] / "corpora"
_WORDS = ["cat", "dog", "bird", "horse", "cow"]
_WITH_TRANSFORMERS = pytest.mark.skipif(not importlib.util.find_spec("transformers"), reason="needs the extra bench")
_SETTINGS = {"hidden": 16, "embedding": 16, "vocab_size": 600, "batch_size": 256, "samples": 64, "threads": 1}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "animals.txt"
    path.write_text(
        "".join(f"The {one} saw the {other} {n} times.\n" for n in range(20) for one in _WORDS for other in _WORDS)
    )
    return path


@pytest.fixture(scope="module")
def model(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "run"
    for _ in train("fill", corpus, folder, steps=2, **_SETTINGS):
        pass
    return folder


@pytest.fixture(scope="module")
def writer(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writer") / "run"
    small = {"hidden": 16, "embedding": 16, "batch_size": 256, "max_length": 32, "threads": 1}
    for _ in train("generate", corpus, folder, steps=2, **small):
        pass
    return folder


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two parallel files; the second says the animals in another order, in another language."""
    folder = tmp_path_factory.mktemp("pairs")
    said = dict(zip(_WORDS, ("chat", "chien", "oiseau", "cheval", "vache"), strict=True))
    rows = [(one, other, number) for number in range(2, 22) for one in _WORDS for other in _WORDS]
    files = {
        "en": [f"The {one} saw the {other} {number} times." for one, other, number in rows],
        "fr": [f"{number} fois, {said[one]} a vu {said[other]}." for one, other, number in rows],
    }
    for name, lines in files.items():
        (folder / f"animals.{name}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return [str(folder / f"animals.{name}") for name in files]


@pytest.fixture(scope="module")
def translators(pairs: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder that equal_translation keeps, and its rows."""
    kept, results = (tmp_path_factory.mktemp(name) for name in ("kept", "results"))
    small = {"hidden": 32, "embedding": 32, "vocab_size": 400, "batch_size": 256, "threads": 1}
    few = [str(results / f"few{Path(path).suffix}") for path in pairs]
    for path, short in zip(pairs, few, strict=True):
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
        Path(short).write_text("".join(lines[:12]), encoding="utf-8")
    options = ["--corpus", *pairs, "--valid", *few, "--test", *few]
    options += ["--minutes", "0.05", "--layers", "1", "--heads", "2", "--rate", "3e-3", "--rate", "1e-9"]
    for name, value in small.items():
        options += ["--set", f"{name}={value}"]
    return kept, _figures("equal_translation", results, *options, "--keep", str(kept))[1]


def _figures(name: str, results: Path, *options: str) -> tuple[str, dict[str, Any]]:
    command = [sys.executable, str(_RUN), name, *options, "--results", str(results)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    data = json.loads(next(results.glob(f"{name}-*.json")).read_text(encoding="utf-8"))
    assert data["benchmark"] == name
    assert data["machine"]["cores"] >= 1
    return done.stdout, {row["what"]: row for row in data["rows"]}


def _set(**more: Any) -> list[str]:
    return [part for name, value in {**_SETTINGS, **more}.items() for part in ("--set", f"{name}={value}")]


def test_without_a_name_the_benchmarks_are_listed() -> None:
    done = subprocess.run([sys.executable, str(_RUN)], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.partition("\n\n")[0].splitlines()] == [
        "startup", "latency", "training", "beside", "generation", "equal_minutes", "equal_generation",
        "equal_translation", "decoding_speed", "fill_speed", "threads", "classify_speed", "table_rows", "batches",
        "against_fasttext", "against_ngrams", "growth", "sessions", "suspects", "serving", "keyboard",
        "pud", "blimp", "everyday",
    ]  # fmt: skip


def test_an_unknown_name_is_refused() -> None:
    done = subprocess.run([sys.executable, str(_RUN), "speed"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No benchmark is called 'speed'." in done.stderr


def test_sessions(tmp_path: Path) -> None:
    texts = [
        "Receiving block <*> src: /<*> dest: /<*>",
        "Deleting block <*> file <*>",
        "Verification succeeded for <*>",
    ]
    (tmp_path / "templates.txt").write_text("".join(f"{text}\n" for text in texts))
    made = [{"block": f"blk_{n}", "events": [0, 0, n % 2, 1], "label": 0} for n in range(60)]
    odd = [{"block": f"blk_9{n}", "events": [2, 1, 2], "label": 1} for n in range(5)]
    lines = [f"{json.dumps(one)}\n" for one in [*made, *odd]]
    (tmp_path / "train.jsonl.xz").write_bytes(lzma.compress("".join(lines).encode()))
    (tmp_path / "dev.jsonl").write_text("".join(lines[:10] + lines[-2:]))
    options = ("--hdfs", str(tmp_path), "--megabytes", "1", "--steps", "5", "--without-peer")
    _, rows = _figures("sessions", tmp_path, *options)
    assert rows["sessions, odd"]["value"] == 7
    assert rows["raw lines: recall"]["value"] == rows["grouped beforehand: recall"]["value"] == 1
    assert rows["long log: lines"]["value"] > 5_000
    assert rows["long log, judged"]["value"] > 500


def test_startup(model: Path, tmp_path: Path) -> None:
    shown, rows = _figures("startup", tmp_path, "--model", str(model), "--runs", "1")
    assert 0 < rows["ratio"]["value"] < 1
    assert 10 < rows["peak memory of seqtext fill"]["value"] < rows["peak memory of import torch"]["value"]
    assert "≤ 0.25" in shown


def test_serving(tmp_path: Path) -> None:
    _, rows = _figures("serving", tmp_path, "--connections", "5", "--seconds", "3", "--turns", "1")
    assert rows["requests answered with 200"]["value"] > 0
    assert rows["other answers and faults"]["value"] == 0


def test_latency(model: Path, tmp_path: Path) -> None:
    _, rows = _figures("latency", tmp_path, "--model", str(model), "--calls", "3")
    assert rows["words of the sentence"]["value"] == 20
    assert 0 < rows["fill, median"]["value"] <= rows["fill, 95th percentile"]["value"]


def test_training(corpus: Path, tmp_path: Path) -> None:
    options = ["--corpus", str(corpus), "--turns", "1", "--seconds", "0.1", "--batches", "3", *_set()]
    _, rows = _figures("training", tmp_path, *options)
    ours, bare = rows["train, end to end"]["value"], rows["bare layers and product"]["value"]
    assert rows["ratio"]["value"] == pytest.approx(ours / bare)
    assert rows["ratio"]["bar"] == 0.8
    assert rows["precision, threads, device"]["value"].split(", ")[1] == "1"


def test_beside(corpus: Path, tmp_path: Path) -> None:
    options = ["--corpus", str(corpus), "--updates", "3", "--turns", "1", "--minutes", "0.05"]
    _, rows = _figures("beside", tmp_path, *options)
    for load in ("idle", "busy"):
        ways = [rows[f"{load}: {way}"]["value"] for way in ("default", "passive", "one thread")]
        assert rows[f"{load}: default over the best"]["value"] == pytest.approx(ways[0] / max(ways))
        assert rows[f"{load}: default over the best"]["bar"] == 0.9
        assert rows[f"{load}: end after Training"]["value"] > 1.0


def test_generation(tmp_path: Path) -> None:
    options = ["--hidden", "16", "--embedding", "8", "--length", "50", "--turns", "1", "--cell", "lstm"]
    _, rows = _figures("generation", tmp_path, *options)
    speed = rows["generate"]["value"]
    assert rows["ratio to torch"]["value"] == pytest.approx(speed / rows["torch, step by step"]["value"])
    assert rows["ratio to bare products"]["value"] == pytest.approx(speed / rows["bare products"]["value"])


@_WITH_TRANSFORMERS
def test_equal_minutes(corpus: Path, tmp_path: Path) -> None:
    options = ["--corpus", str(corpus), "--minutes", "0.05", "--blanks", "40", "--valid-share", "0.1", "--rate", "1e-3"]
    _, rows = _figures("equal_minutes", tmp_path, *options, "--layers", "1", "--heads", "2", *_set())
    ours, theirs = rows["parameters, seqtext"]["value"], rows["parameters, masked model"]["value"]
    assert theirs == pytest.approx(ours, rel=0.1)
    assert 0 < rows["blanks that one token answers"]["value"] <= rows["blanks"]["value"] <= 40
    assert rows["tokens seen, masked model"]["value"] > 0
    assert rows["training, masked model"]["value"] == pytest.approx(3.0, abs=1.5)


@_WITH_TRANSFORMERS
def test_equal_generation(tmp_path: Path) -> None:
    small = {"hidden": 64, "embedding": 32, "batch_size": 256, "max_length": 32, "threads": 1}
    options = ["--corpus", str(_CORPORA / "stories.txt"), "--valid", str(_CORPORA / "everyday.txt")]
    options += ["--minutes", "0.05", "--layers", "1", "--heads", "2", "--context", "16", "--batch", "256"]
    for name, value in small.items():
        options += ["--set", f"{name}={value}"]
    _, rows = _figures("equal_generation", tmp_path, *options, "--rate", "1e-3", "--rate", "1e-6")
    ours, theirs = rows["bits per character, seqtext"]["value"], rows["bits per character, GPT"]["value"]
    assert rows["ratio"]["value"] == pytest.approx(ours / theirs)
    assert rows["ratio"]["bar"] == 0.9
    assert rows["GPT, rate 0.001, context 16, batch 256 (counts)"]["value"] == theirs
    assert rows["GPT, rate 1e-06, context 16, batch 256"]["value"] > theirs
    assert rows["parameters, GPT"]["value"] == pytest.approx(rows["parameters, seqtext"]["value"], rel=0.05)
    assert rows["tokens seen, GPT"]["value"] == 256 * rows["updates, GPT"]["value"] > 0
    assert rows["training, GPT"]["value"] == pytest.approx(3.0, abs=1.5)
    assert rows["held-out characters"]["value"] == len((_CORPORA / "everyday.txt").read_text(encoding="utf-8"))


@_WITH_TRANSFORMERS
@pytest.mark.parametrize("context", [2, 5, 8, 100])
def test_windows_score_every_held_out_token_once_with_half_a_window_before_it(
    context: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(_RUN.parent))
    transformer = importlib.import_module("transformer")
    writer = StreamWriter(tmp_path / "stream", 7, 3)
    ids = np.random.default_rng(1).integers(7, size=61).astype(np.int32)
    writer.add(ids, 1, 50)
    writer.close()
    table = torch.randn(7, 7, generator=torch.Generator().manual_seed(1))
    after = np.log2(torch.softmax(table, 1).numpy())
    bits = -after[np.concatenate([[3], ids[:-1]]), ids].sum()

    def bigrams(shown: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits=table[shown])

    def short_sighted(shown: torch.Tensor) -> SimpleNamespace:
        """Knows nothing until half a window is read; that may cost the first window alone."""
        known = torch.arange(shown.shape[1])[None, :, None] >= context - context // 2
        return SimpleNamespace(logits=torch.where(known, table[shown], 0.0))

    stream, device = Stream(tmp_path / "stream"), torch.device("cpu")
    assert transformer.held_out_bits(bigrams, stream, context, device) == pytest.approx(bits / 50, rel=1e-5)
    first = min(len(ids), context - context // 2)
    lost = after[np.concatenate([[3], ids[:-1]]), ids][:first].sum() + first * np.log2(7)
    found = transformer.held_out_bits(short_sighted, stream, context, device)
    assert found == pytest.approx((bits + lost) / 50, rel=1e-5)


def test_against_ngrams(corpus: Path, writer: Path, tmp_path: Path) -> None:
    held = tmp_path / "held.txt"
    held.write_text("The cat saw the cow 3 times.\nThe horse saw no bird.\n", encoding="utf-8")
    options = ["--model", str(writer), "--corpus", str(corpus), "--valid", str(held), "--order", "2", "--order", "6"]
    _, rows = _figures("against_ngrams", tmp_path, *options)
    name = f"{tmp_path.name}/held.txt"
    counted = rows[f"{name}, n-grams, the best order"]
    assert counted["unit"] == "order 6"
    assert counted["value"] < rows[f"{name}, grams of 2"]["value"]
    assert rows[f"{name}, ratio"]["value"] == pytest.approx(rows[f"{name}, model"]["value"] / counted["value"])
    assert rows[f"{name}, ratio"]["value"] > 1  # two updates teach next to nothing
    assert rows[f"{name}, characters"]["value"] == len(held.read_text(encoding="utf-8"))
    assert rows["lines left out, since they are held out"]["value"] == 1


def test_keyboard(corpus: Path, writer: Path, tmp_path: Path) -> None:
    held = tmp_path / "talk.jsonl"
    held.write_text('{"text": ["The cat saw the cow 3 times.", "The dog saw."]}\n', encoding="utf-8")
    options = ["--model", str(writer), "--corpus", str(_CORPORA / "everyday.txt"), "--own", str(corpus)]
    _, rows = _figures("keyboard", tmp_path, *options, "--most", "9000", "--valid", str(held))
    ours, own = rows["keystroke savings, model"]["value"], rows["keystroke savings, trigram of its own text"]["value"]
    above = rows["what the model saves above the trigram of its own text"]
    assert above["value"] == pytest.approx(ours - own)
    assert above["bar"] == 0.0
    assert own > rows["keystroke savings, trigram of the corpus"]["value"] > ours
    assert rows["words"]["value"] == 10
    assert rows["lines they are from"]["value"] == 2
    assert 0 < rows["characters learnt, trigram of the corpus"]["value"] < 13_000
    assert rows["lines left out, trigram of its own text"]["value"] == 1


def test_pud(pairs: list[str], tmp_path: Path) -> None:
    sides = [Path(path).read_text(encoding="utf-8").splitlines()[:30] for path in pairs]
    lines = [f"{source}\t{target}\n" for source, target in zip(*sides, strict=True)]
    (tmp_path / "held.tsv").write_text("".join(lines), encoding="utf-8")
    small = {"hidden": 16, "embedding": 16, "vocab_size": 400, "batch_size": 256, "threads": 1}
    for _ in train("translate", tmp_path / "held.tsv", tmp_path / "run", steps=2, **small):
        pass
    options = ["--pairs", str(tmp_path / "held.tsv"), "--model", str(tmp_path / "run"), "--bar", "101"]
    _, rows = _figures("pud", tmp_path, *options, "--keep", str(tmp_path))
    found = {what.rpartition(": ")[2]: row for what, row in rows.items()}
    assert found["sentences"]["value"] == 30
    assert found["BLEU"]["bar"] == 101
    assert not found["BLEU"]["met"]
    assert found["BLEU of copying"]["value"] < 10
    low, high = map(float, found["chrF"]["unit"].split(" to "))
    assert low <= found["chrF"]["value"] <= high
    kept = next(tmp_path.glob("run.held.tsv.txt")).read_text(encoding="utf-8").splitlines()
    assert len(kept) == 30


def test_blimp(corpus: Path, writer: Path, tmp_path: Path) -> None:
    """The n-gram has seen the good sentences; a pair of equal sentences is a tie, and wrong."""
    good, bad = "The cat saw the dog 3 times.", "The saw cat dog the times 3."
    rows = [(good, bad, "order_1", "order"), (good, good, "same_1", "same")]
    path = tmp_path / "pairs.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    options = ["--pairs", str(path), "--model", str(writer), "--corpus", str(corpus)]
    _, found = _figures("blimp", tmp_path, *options)
    assert [found[f"5-gram: {name}"]["value"] for name in ("all", "order", "same")] == [50, 100, 0]
    assert found[f"{writer}: same"]["value"] == 0
    assert found["5-gram: all"]["unit"].startswith("%, of 2 pairs")


@pytest.mark.skipif("fill-en" not in bundled(), reason="no model is bundled in this tree")
def test_everyday(tmp_path: Path) -> None:
    _, rows = _figures("everyday", tmp_path)
    assert {row["unit"] for row in rows.values()} == {"of 40", "of 60", "of 30"}
    for when in ("old", "new"):
        first, five = (rows[f"fill, {when}: a sensible word {place}"]["value"] for place in ("first", "among five"))
        assert 0 < first <= five


@_WITH_TRANSFORMERS
def test_equal_translation(translators: tuple[Path, dict[str, Any]]) -> None:
    kept, rows = translators
    ours, theirs = rows["BLEU, seqtext"]["value"], rows["BLEU, Marian"]["value"]
    assert rows["ratio"]["value"] == pytest.approx(ours / theirs if theirs else np.inf)
    assert rows["ratio"]["bar"] == 1.0
    assert rows["chrF, Marian"]["value"] > 0
    assert rows["Marian, rate 0.003, batch 256 (counts)"]["value"] == theirs
    assert rows["Marian, rate 1e-09, batch 256"]["value"] <= theirs
    assert rows["parameters, Marian"]["value"] == pytest.approx(rows["parameters, seqtext"]["value"], rel=0.05)
    for side in ("seqtext", "Marian"):
        assert rows[f"training, {side}"]["value"] == pytest.approx(3.0, abs=1.5)
        speed = rows[f"tokens seen, {side}"]["value"] / rows[f"training, {side}"]["value"]
        assert rows[f"speed, {side}"]["value"] == pytest.approx(speed, rel=0.01)
        assert len((kept / f"{side.lower()}.txt").read_text(encoding="utf-8").splitlines()) == 12
    assert rows["sentences"]["value"] == 12
    assert rows["pairs learnt"]["value"] == 500


@_WITH_TRANSFORMERS
@pytest.mark.parametrize("trained", [False, True])
def test_decoding_speed(
    trained: bool, translators: tuple[Path, dict[str, Any]], pairs: list[str], tmp_path: Path
) -> None:
    kept, _ = translators
    options = ["--model", str(kept / "seqtext"), "--file", pairs[0], "--limit", "10", "--turns", "2", "--threads", "1"]
    options += ["--against", str(kept / "marian")] if trained else ["--layers", "1", "--heads", "2"]
    _, rows = _figures("decoding_speed", tmp_path, *options, "--batch", "1", "--batch", "5")
    slow, quick = (rows[f"Marian, batch {batch}"]["value"] for batch in (1, 5))
    assert rows["Marian, generate"]["value"] == max(slow, quick)
    assert rows["ratio"]["value"] == pytest.approx(rows["seqtext"]["value"] / max(slow, quick))
    assert rows["ratio"]["bar"] == 3.0
    assert rows["lowest ratio of a turn"]["value"] <= rows["highest ratio of a turn"]["value"]
    assert rows["sentences"]["value"] == 10
    assert rows["parameters, Marian"]["value"] == pytest.approx(rows["parameters, seqtext"]["value"], rel=0.05)
    if not trained:
        lengths = [rows[f"tokens of an answer, {side}"]["value"] for side in ("seqtext", "Marian")]
        assert lengths[1] == pytest.approx(lengths[0], abs=0.6)


@_WITH_TRANSFORMERS
def test_startup_of_translate(translators: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    options = ["--task", "translate", "--model", str(translators[0] / "seqtext"), "--runs", "1"]
    _, rows = _figures("startup", tmp_path, *options)
    assert rows["seqtext translate, whole process"]["value"] > 0
    assert rows["ratio"]["bar"] == 0.5


def test_growth(tmp_path: Path) -> None:
    _, rows = _figures("growth", tmp_path, "--floor", "0.01", "--only", "lead: prose", "--most", "100000")
    ((what, row),) = rows.items()
    assert what.startswith("summarize, lead: prose, n = ")
    assert row["bar"] == 2.3
    assert row["met"]


def test_table_rows(tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("Où est la gare ?\nWhere is the station?\n", encoding="utf-8")
    _, rows = _figures("table_rows", tmp_path, "--texts", str(tmp_path / "texts.txt"), "--rows", "120000")
    for name in ("rows doubled, or out of order", "rows missing, or too many", "files left beside the output"):
        assert rows[name]["value"] == 0
    assert rows["null rows left out"]["value"] == 12
    assert rows["status with another model"]["value"] == 1
    assert rows["refused by name"]["value"] == "yes"


def test_classify_speed(tmp_path: Path) -> None:
    small = {"hidden": 16, "embedding": 16, "vocab_size": 600, "batch_size": 256, "threads": 1}
    for _ in train("classify", _CORPORA / "labelled.tsv", tmp_path / "run", steps=2, **small):
        pass
    lines = (_CORPORA / "labelled.tsv").read_text(encoding="utf-8").splitlines()[:70]
    (tmp_path / "texts.txt").write_text("".join(line.split("\t")[1] + "\n" for line in lines), encoding="utf-8")
    options = [
        "--model",
        str(tmp_path / "run"),
        "--file",
        str(tmp_path / "texts.txt"),
        "--turns",
        "2",
        "--threads",
        "1",
    ]
    _, rows = _figures("classify_speed", tmp_path, *options, "--batch", "64", "--batch", "512")
    best = max(rows[f"torch, {tokens} tokens"]["value"] for tokens in (64, 512))
    assert rows["ratio to torch"]["value"] == pytest.approx(rows["seqtext"]["value"] / best)
    assert rows["ratio to torch"]["bar"] == 1.0
    assert rows["same answers as torch"]["value"] == 1.0
    assert rows["texts"]["value"] == 70
    assert isinstance(rows["fastText"]["value"], str) == (importlib.util.find_spec("fasttext") is None)


@pytest.mark.skipif(importlib.util.find_spec("fasttext") is None, reason='needs pip install -e ".[test,bench]"')
def test_against_fasttext(tmp_path: Path) -> None:
    small = {"hidden": 16, "embedding": 16, "vocab_size": 600, "batch_size": 256, "threads": 1, "wide": 100}
    corpus = _CORPORA / "labelled.tsv"
    for _ in train("classify", corpus, tmp_path / "run", steps=2, **small):
        pass
    options = ["--corpus", str(corpus), "--valid", str(corpus), "--model", str(tmp_path / "run"), "--epochs", "30"]
    _, rows = _figures("against_fasttext", tmp_path, *options)
    assert rows["accuracy, fastText"]["value"] > 90.0  # of what it has learnt by heart
    assert rows["accuracy, seqtext"]["bar"] == rows["accuracy, fastText"]["value"]
    assert rows["texts asked"]["value"] == rows["texts learnt"]["value"] == 400


@pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="needs the extra ray")
def test_rows_of_ray() -> None:
    script = Path(__file__).with_name("ray_rows.py")
    done = subprocess.run([sys.executable, script, "--rows", "3000"], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["one", "1", "2"]
