"""--size: the files of a model are no larger, and what that costs is told."""

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqtext
from seqtext.config import ClassifyConfig, bytes_of
from seqtext.errors import ConfigError
from seqtext.evaluation.evaluate import evaluate
from seqtext.networks.classifier import expected_shapes
from seqtext.storage.catalog import bundled
from seqtext.storage.model_folder import read_folder
from seqtext.training.events import Concluded
from seqtext.training.size import (
    StorageForm,
    fits,
    model_bytes,
    shrink,
    smallest,
    storage_forms,
    tokens_for,
    without_doubt,
)
from seqtext.training.train import train

SHAPES = {
    "embedding.weight": (30_000, 128),
    "wide.weight": (1 << 18, 4),
    "output.weight": (4, 128),
    "output.bias": (4,),
}
COLOURS = {"warm": ["red", "orange", "amber", "gold"], "cold": ["blue", "teal", "navy", "azure"]}


def rows(count: int, spare: int = 3000) -> list[str]:
    draw = np.random.default_rng(1)
    labels = draw.choice(list(COLOURS), count)
    return [f"{label}\tword{draw.integers(spare)} {draw.choice(COLOURS[label])} word{draw.integers(spare)}"
            for label in labels]  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("size") / "colours.tsv"
    path.write_text("\n".join(rows(1500)))
    return path


@pytest.mark.parametrize(("written", "size"), [("5MB", 5_000_000), ("5 mb", 5_000_000), ("800kB", 800_000),
                                               ("1.5M", 1_500_000), ("20000", 20_000), ("", 0)])  # fmt: skip
def test_sizes_as_they_are_written(written: str, size: int) -> None:
    assert bytes_of(written) == size


@pytest.mark.parametrize("written", ["five", "5 miles", "-5MB", "0", "5kB", "1e9", "9999999GB", "5MB5"])
def test_sizes_that_are_none(written: str) -> None:
    with pytest.raises(ConfigError, match="size received") as caught:
        bytes_of(written)
    assert "size='5MB'" in str(caught.value)


def test_forms_grow_coarser_as_there_is_less_room() -> None:
    first = [
        next(storage_forms(SHAPES, 100_000, limit)) for limit in (20_000_000, 6_000_000, 3_000_000, 1_500_000, 600_000)
    ]
    assert first[0] == StorageForm("fp16", {})
    assert [form.precision for form in first[1:]] == ["int8"] * 4
    assert first[1].arrays == {"wide.weight": "fp16", "output.weight": "fp16"}
    kept = [form.runs["wide.weight"] for form in first[2:] if form.runs]
    assert kept == sorted(kept, reverse=True)
    assert not list(storage_forms(SHAPES, 100_000, 200_000))


@pytest.mark.parametrize("labels", [2, 6, 40])
def test_what_fill_en_knows_fits_into_five_megabytes(labels: int) -> None:
    network = ClassifyConfig(
        encoder="convolution", widths="1,2,3", embedding=256, hidden=128, context="lstm,1,768,both", size="5MB"
    )
    tokens = tokens_for(network)
    assert tokens > 12_000  # what a corpus of short texts has, and as many again
    shapes = expected_shapes(network, tokens, labels)
    found = next(storage_forms(shapes, 400_000, without_doubt(5_000_000)))
    assert found.arrays is not None
    assert found.arrays["embedding.weight"] == 4
    assert found.arrays["encoder.filters.0.3.weight"] == "int4"
    assert fits("5MB", expected_shapes(replace(network, wide=1 << 19, weighting="tfidf"), tokens, labels), 400_000)


@pytest.mark.parametrize(("labels", "form"), [(2, "shared2"), (6, "shared2"), (7, "shared1")])
def test_coarse_hashed_runs_share_codewords(labels: int, form: str) -> None:
    shapes = {"wide.weight": (1 << 19, labels), "idf": (1 << 19,), "pairs.weight": (1 << 16, 64)}
    found = list(storage_forms(shapes, 30_000, 5_000_000, {"wide.weight": 60_000, "pairs.weight": 9_000}))[-1]
    assert found.arrays == {"wide.weight": form, "idf": "fp16", "pairs.weight": 16}


def test_no_form_is_measured_twice() -> None:
    found = list(storage_forms({**SHAPES, "layer.weight": (512, 512)}, 100_000, 20_000_000))
    assert len(found) > 5
    assert all(one != other for one, other in pairwise(found))


def test_the_smallest_size_is_one_that_some_form_has() -> None:
    least = smallest(SHAPES, 100_000)
    assert any(storage_forms(SHAPES, 100_000, least))
    assert not any(storage_forms(SHAPES, 100_000, least - 2000))


@pytest.mark.skipif("language-id" not in bundled(), reason="it is not bundled in this tree")
def test_where_no_loss_is_a_number_the_finest_form_is_kept() -> None:
    contents = read_folder(bundled()["language-id"])
    shrunk, form, tried = shrink(contents, 1_000_000, lambda weights: (math.nan, {}))
    assert form.runs or form.arrays
    assert len(tried) > 1
    assert shrunk.weights.keys() == contents.weights.keys()


def test_pruning_keeps_the_largest_rows() -> None:
    table = np.arange(12, dtype=np.float32).reshape(6, 2) - 6
    pruned = StorageForm(runs={"wide.weight": 2}).pruned({"wide.weight": table, "bias": table})
    assert pruned["wide.weight"].any(1).tolist() == [True, False, False, False, False, True]
    assert pruned["bias"] is table


def learn(corpus: Path, run: Path, **settings: Any) -> list[str]:
    settings = {"preset": "tiny", "encoder": "bag", "pooling": "mean", "steps": 60, "threads": 1, **settings}
    settings = {name: value for name, value in settings.items() if value is not None}
    events = list(train("classify", str(corpus), run, **settings))
    return [event.told for event in events if isinstance(event, Concluded) and event.subject == "Size"]


def accuracy(run: Path) -> float:
    labels, texts = zip(*(row.split("\t") for row in rows(200)), strict=True)
    answers = seqtext.load(run, "classify").classify(texts)
    return float(np.mean([own == found[0].label for own, found in zip(labels, answers, strict=True)]))


@pytest.mark.parametrize(
    ("share", "settings"),
    [
        (0.95, {}),
        (0.6, {"wide": 1 << 16}),
        (0.5, {"encoder": "none", "pooling": None}),
        (0.5, {"encoder": "lstm", "hidden": 96, "embedding": 64}),
        (3.0, {}),
    ],
)
@pytest.mark.learning
def test_a_run_keeps_to_its_size(corpus: Path, tmp_path: Path, share: float, settings: dict[str, Any]) -> None:
    learn(corpus, tmp_path / "whole", **settings)
    before = model_bytes(tmp_path / "whole")
    limit = int(share * before)
    told = learn(corpus, tmp_path / "run", size=str(limit), **settings)
    assert model_bytes(tmp_path / "run") <= limit
    assert ("is kept" in told[0]) != ("as it was trained" in told[0])
    assert share < 3.0 or "as it was trained" in told[0]
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["size"]["limit"] == limit
    assert "asked for" in (tmp_path / "run" / "README.md").read_text()
    assert accuracy(tmp_path / "run") >= accuracy(tmp_path / "whole") - 0.03
    tried = config["size"]["tried"]
    assert min(one["loss"] for one in tried[1:]) <= tried[0]["loss"] + 0.05


@pytest.mark.learning
@pytest.mark.parametrize("settings", [
    {"encoder": "lstm", "hidden": 96, "embedding": 64}, {"encoder": "lstm", "hidden": 96, "balance": 1.0},
    {"wide": 1 << 16}, {"steps": None, "minutes": 0.02, "wide": 1 << 16},
])  # fmt: skip
def test_the_scores_are_those_of_what_is_kept(corpus: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    """A model in fewer bits answers otherwise here and there; its scores must not be those of the whole one."""
    own = [f"{'cold' if number % 5 else 'warm'}\tword{number} word{number * 7}" for number in range(150)]
    (tmp_path / "held-out.tsv").write_text("\n".join(rows(250) + own))
    told = learn(
        corpus,
        tmp_path / "run",
        size="200kB" if "encoder" in settings else "110kB",
        valid=str(tmp_path / "held-out.tsv"),
        **settings,
    )
    assert "is kept" in told[0]
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    if "held_out_texts" not in config["scores"]:
        found = evaluate(seqtext.load(tmp_path / "run"), tmp_path / "held-out.tsv")
        assert found["accuracy"] == pytest.approx(config["scores"]["accuracy"], abs=1e-9)
        assert found["macro_f1"] == pytest.approx(config["scores"]["macro_f1"], abs=1e-9)
    last = json.loads((tmp_path / "run" / "history.jsonl").read_text().splitlines()[-1])
    assert (last["accuracy"], last["intervals"]) == (config["scores"]["accuracy"], config["intervals"])


def test_too_small_a_size_is_refused_before_training_and_its_hint_works(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"size received 0\.02 MB; this network, with its tokenizer, takes") as caught:
        learn(corpus, tmp_path / "run", size="20kB")
    hint = str(caught.value).split("size='")[1].split("'")[0]
    assert learn(corpus, tmp_path / "run", size=hint, steps=1)
    assert model_bytes(tmp_path / "run") <= bytes_of(hint)


@pytest.mark.learning
def test_a_layer_over_frozen_readers_is_fitted_to_what_will_be_stored(tmp_path: Path) -> None:
    (tmp_path / "some.tsv").write_text("\n".join(rows(200)))
    told = learn(tmp_path / "some.tsv", tmp_path / "run", size="5MB", rung="few", encoder=None, pooling=None)
    assert model_bytes(tmp_path / "run") <= 5_000_000
    tried = json.loads((tmp_path / "run" / "config.json").read_text())["size"]["tried"]
    assert tried[0]["bytes"] > 20_000_000
    assert tried[1]["loss"] == pytest.approx(tried[0]["loss"], abs=0.02)
    assert "4." in told[0]


@pytest.mark.learning
def test_no_linear_part_is_added_where_it_would_not_fit(corpus: Path, tmp_path: Path) -> None:
    learn(corpus, tmp_path / "whole")
    limit = str(int(1.2 * model_bytes(tmp_path / "whole")))
    settings = {"preset": "tiny", "encoder": "bag", "pooling": "mean", "steps": 60, "threads": 1}
    events = list(train("classify", str(corpus), tmp_path / "run", size=limit, blend=True, **settings))
    told = {event.subject: event.told for event in events if isinstance(event, Concluded)}
    assert "would not fit" in told["Blend"]
    assert model_bytes(tmp_path / "run") <= int(limit)
