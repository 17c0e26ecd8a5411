"""Labelled texts: a share of each label is held out, equal texts together."""

from seqtext.training.batches.label_files import stratified_split


def test_the_share_is_held_out_of_each_label() -> None:
    keys = {"a": list(range(100)), "b": list(range(1000, 1040)), "once": [5000]}
    aside = stratified_split(keys, 0.1)
    assert 10 <= len(aside & set(keys["a"])) <= 11
    assert 4 <= len(aside & set(keys["b"])) <= 5
    assert 5000 not in aside
    many = {f"label {k}": [4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3] for k in range(1000)}
    assert 300 < len(stratified_split(many, 0.1)) < 500


def test_equal_texts_stay_together() -> None:
    aside = stratified_split({"a": [1] * 50 + [2] * 50}, 0.1)
    assert aside == set()
    assert stratified_split({"a": [1] * 5 + [2] * 95}, 0.1) == {1}
