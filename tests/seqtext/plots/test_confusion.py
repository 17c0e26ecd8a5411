"""Confusion matrices as counts and as a picture."""

import doctest
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from seqtext.characters import text_width
from seqtext.errors import ConfigError
from seqtext.plots import confusion
from seqtext.plots.confusion import confusion_matrix, confusion_picture, drawn, natural_key, short_names


def test_examples() -> None:
    assert doctest.testmod(confusion).failed == 0


def test_a_confusion_matrix_shows_its_counts_and_labels(tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    true, answered = np.array([0] * 12 + [1] * 5 + [2]), np.array([0] * 10 + [1] * 7 + [2])
    confusion_picture(true, answered, ["ham", "$spam$", "猫"], tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    for shown in ("ham", "$spam$", "10", "2", "5", "1", "answered", "true label", "share of the row"):
        assert f"<!-- {shown} -->" in svg
    confusion_picture(true[:2], answered[:2], ["ham"], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match=r"accepted are \.png, \.svg, \.pdf"):
        confusion_picture(true, answered, ["ham", "spam", "tea"], tmp_path / "a.gif")


def test_of_many_labels_the_frequent_ones_are_drawn() -> None:
    true = np.concatenate([np.arange(100), np.arange(60, 84)])
    answered = true.copy()
    answered[:3] = 70
    counts, shown = drawn(true, answered, [f"label {k}" for k in range(100)])
    assert shown == [*(f"label {k}" for k in range(60, 84)), "others"]
    assert counts.shape == (25, 25)
    assert counts.sum() == 124
    assert counts[-1, 10] == 3
    assert counts[-1, -1] == 73
    few, names = drawn(np.array([7, 9]), np.array([9, 9]), [f"label {k}" for k in range(10)])
    assert (few.tolist(), names) == ([[0, 1], [0, 1]], ["label 7", "label 9"])


def test_labels_are_in_natural_order() -> None:
    assert sorted(["10", "9", "2b", "2a", "x", "007", "1"], key=natural_key) == ["1", "2a", "2b", "007", "9", "10", "x"]
    counts, names = drawn(np.array([0, 0, 1]), np.array([0, 2, 1]), ["1", "10", "2"])
    assert (names, counts.tolist()) == (["1", "2", "10"], [[1, 1, 0], [0, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize(
    "names",
    [
        [f"Billing question: {end}" for end in ("refund", "invoice", "price", "late", "lost")],
        [f"a very long way to say {word} to everybody who listens" for word in ("yes", "no", "maybe")],
        ["請求書についてのお問い合わせ一", "請求書についてのお問い合わせ二", "短い"],
        ["🎉🎊🎉🎊🎉🎊🎉🎊🎉 one", "🎉🎊🎉🎊🎉🎊🎉🎊🎉 two"],
        ["same…", "same, but longer by far", "same…#1"],
        [f"{'x' * 30}{k}{'y' * 30}" for k in range(120)],
    ],
)
def test_labels_that_look_alike_stay_different(names: list[str]) -> None:
    shown, legend = short_names(names, 16)
    assert len(set(shown)) == len(names)
    assert max(map(text_width, shown)) <= 16
    for name, own in zip(names, shown, strict=True):
        assert "#" not in own or any(line.endswith(f"  {name}") for line in legend) or own == name


def test_numbers_of_a_picture_are_explained_in_it(tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    names = [f"a very long way to say {word} to everybody who listens" for word in ("yes", "no")]
    confusion_picture(np.array([0, 1]), np.array([1, 1]), names, tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(f"  {name}" in svg for name in names)


TRUE, ANSWERED = np.array([0, 0, 0, 2, 2, 3]), np.array([0, 2, 0, 2, 2, 0])


def test_a_matrix_has_a_row_for_each_true_label() -> None:
    matrix = confusion_matrix(TRUE, ANSWERED, 4)
    assert matrix.tolist() == [[2, 0, 1, 0], [0, 0, 0, 0], [0, 0, 2, 0], [1, 0, 0, 0]]
