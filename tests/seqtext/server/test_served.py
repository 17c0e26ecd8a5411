"""The models that may be asked: names without paths, defaults, what is wrong with one told at the start."""

import pytest

import seqtext
from seqtext.errors import ConfigError, ModelError
from seqtext.server.faults import Fault
from seqtext.server.served import Models
from seqtext.storage.catalog import bundled


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("secret") / "mine"
    seqtext.load("fill-en").save(path)
    return path


def test_bundled_models_are_served_and_nothing_is_loaded() -> None:
    models = Models()
    assert set(models.by_name) == set(bundled())
    assert not any(one.is_loaded for one in models.by_name.values())


def test_a_named_model_is_the_default_and_shows_no_path(folder) -> None:
    models = Models([("fill", str(folder)), ("", "generate-en")])
    models.load_named()
    assert models.default("fill").name == "mine"
    assert [one.name for one in models.by_name.values() if one.is_loaded] == ["mine", "generate-en"]
    assert [one.name for one in models.by_name.values() if one.task == "fill" and one.default] == ["mine"]
    assert models.find("fill-en", "fill").name == "fill-en"
    assert not [name for name in models.by_name if "/" in name]


def test_of_two_models_of_a_name_both_are_served(folder) -> None:
    models = Models([("", str(folder)), ("", str(folder))])
    assert {"mine", "mine-2"} <= set(models.by_name)
    assert models.default("fill").name == "mine-2"


def test_what_is_wrong_with_a_named_model_is_told(folder, tmp_path) -> None:
    with pytest.raises(ConfigError, match="which is a model for fill") as caught:
        Models([("generate", str(folder))]).load_named()
    assert caught.value.typed()[1] == f"--model fill={folder}"
    with pytest.raises(ModelError, match="No model is called"):
        Models([("", "no-such-model")]).load_named()


def test_a_damaged_model_is_told_when_it_is_loaded(folder, tmp_path) -> None:
    path = tmp_path / "damaged"
    path.mkdir()
    for file in folder.iterdir():
        data = file.read_bytes()
        (path / file.name).write_bytes(data[:-100] if file.name == "weights.safetensors" else data)
    with pytest.raises(ModelError):
        Models([("", str(path))]).load_named()


def test_an_unknown_model_is_refused_with_the_nearest() -> None:
    with pytest.raises(Fault, match="'fil-en' here") as caught:
        Models().find("fil-en", "fill")
    assert (caught.value.status, caught.value.hint) == (404, '"model": "fill-en"')


def test_languages_find_a_translator() -> None:
    models = Models()
    assert models.translator("translate", "EN", "de").name == "translate-en-de"
    assert models.translator("translate", None, "DE").name == "translate-en-de"
    assert models.translator("translate", "en", None).name == "translate-en-fr"


@pytest.mark.parametrize(
    ("source", "target", "why", "param", "hint"),
    [
        ("de", "en", "from 'de' to 'en' here; served are en to de, en to fr.$", "from", '"from": "en", "to": "fr"'),
        (None, "en", "from 'en' to 'en' here.*from was not given, and 'en' is taken.", "to",
         '"from": "en", "to": "fr"'),
        ("fr", None, "from 'fr' to 'fr' here.*to was not given, and 'fr' is taken.", "from",
         '"from": "en", "to": "fr"'),
        ("fr", "de", "from 'fr' to 'de' here", "from", '"from": "en", "to": "de"'),
        ("en", "\u202e", r"from 'en' to '\\u202e' here", "to", '"from": "en", "to": "fr"'),
    ],
)  # fmt: skip
def test_languages_that_no_model_has_are_told_as_they_were_understood(source, target, why, param, hint) -> None:
    with pytest.raises(Fault, match=why) as caught:
        Models().translator("translate", source, target)
    assert (caught.value.param, caught.value.hint) == (param, hint)
