"""What --mask leaves of what people wrote: nothing in a run, stand-ins in tokens and answers, for every task."""

import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seqtext
from seqtext.config import SearchConfig
from seqtext.errors import ConfigError, ModelError
from seqtext.evaluation.evaluate import evaluate
from seqtext.evaluation.memory import measure_memory
from seqtext.models.token_pieces import pieces
from seqtext.storage.model_folder import describe, fingerprint
from seqtext.tasks import TASKS

MASK = "email,phone,number"
WRITTEN = "Please write to ann77@mail.example about the invoice 4711, thanks"
#: Something else of the same kinds at the same places.
OTHER = "Please write to o.b@x.museum about the invoice 1,234.50, thanks"
#: What `_lines` writes, and no other number, such as a count of bytes.
SECRET = re.compile(r"zq\w*@|\+49 30|(?<![\d.])88000\d\d(?![\d.])")


def _lines(count: int = 60) -> list[str]:
    return [
        f"Please write to zq{k}@mail.example about the invoice {8800000 + k}, thanks"
        if k % 2
        else f"Please call +49 30 12{k:02}345 when the order 88{k:05} comes"
        for k in range(count)
    ]


def _corpus(task: str, folder: Path) -> Path:
    """A small corpus of a task, full of what is masked."""
    if task == "classify":
        rows = ["label\ttext", *(f"{'call' if 'call' in line else 'write'}\t{line}" for line in _lines())]
    elif task in ("translate", "summarize"):
        rows = ["source\ttarget", *(f"{line}\tBitte: {line}" for line in _lines())]
    else:
        rows = _lines()
    path = folder / f"{task}.{'txt' if rows[0] in _lines() else 'tsv'}"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _train(task: str, corpora: Any, run: Path, **settings: Any) -> Path:
    own: dict[str, Any] = {"encoder": "bag"} if task == "classify" else {}
    small: dict[str, Any] = {"hidden": 8, "embedding": 8, "batch_size": 512, "threads": 1, "min_count": 1, "steps": 2}
    if settings.get("resume") or "start" in settings:
        own, small = {}, {"steps": 2} if settings.get("resume") else {"threads": 1, "steps": 2}
    for _ in seqtext.train(task, corpora, run, **{**small, **own, **settings}):
        pass
    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Masked runs by task, each trained once."""
    folder, known = tmp_path_factory.mktemp("masked"), dict[str, Path]()

    def find(task: str) -> Path:
        if task not in known:
            known[task] = _train(task, _corpus(task, folder), folder / task, mask=MASK)
        return known[task]

    return find


def _ask(model: Any, text: str) -> Any:
    """What a model says of a text, without the text itself."""
    if model.task == "classify":
        return list(model.classify(text))
    if model.task == "generate":
        return model.generate(text, 20, seed=1), model.next(text), model.score(text).bits
    if model.task == "fill":
        return [one.blanks for one in model.fill(text.replace("thanks", "___"))]
    if model.task == "anomaly":
        return model.detect(text).score, [text[one.start : one.end].count(" ") for one in model.detect(text).spans]
    if model.task == "translate":
        return model.translate(text, SearchConfig(beam=1, max_length=5))[0].text
    return model.summarize(text, SearchConfig(beam=1, max_length=5))[0].text


@pytest.mark.parametrize("task", TASKS)
def test_nothing_that_was_masked_is_anywhere_in_a_run(runs: Callable[[str], Path], task: str) -> None:
    for path in runs(task).rglob("*"):
        if path.is_file():
            found = SECRET.search(path.read_bytes().decode("latin-1"))
            assert found is None, (path, found)


@pytest.mark.parametrize("task", TASKS)
def test_what_stands_for_the_same_is_answered_alike(runs: Callable[[str], Path], task: str) -> None:
    model = seqtext.load(runs(task))
    assert _ask(model, WRITTEN) == _ask(model, OTHER)
    assert _ask(model, WRITTEN) == _ask(model, model.masks(WRITTEN))
    assert model.masks.kinds == ("email", "phone", "number")


@pytest.mark.parametrize("task", TASKS)
def test_pieces_show_what_was_masked(runs: Callable[[str], Path], task: str) -> None:
    model = seqtext.load(runs(task))
    shown = {one.text.strip(): one.token.strip() for one in pieces(model, WRITTEN)}
    assert "ann77@mail.example" in shown
    assert "4711" in shown
    if model.tokenizer.tokens != "char":  # which spells them
        assert (shown["ann77@mail.example"], shown["4711"]) == ("<email>", "<number>")


@pytest.mark.parametrize("task", TASKS)
def test_the_model_says_what_it_masks(runs: Callable[[str], Path], task: str) -> None:
    run, facts = runs(task), {"kinds": ["email", "phone", "number"], "version": 1}
    assert describe(run)["masks"] == facts
    assert json.loads((run / "settings.json").read_text())["settings"][0]["mask"] == MASK
    assert "`<email>`, `<phone>`, `<number>` instead of what was written" in (run / "README.md").read_text()


@pytest.mark.parametrize("task", TASKS)
def test_a_corpus_to_evaluate_on_is_masked(runs: Callable[[str], Path], task: str, tmp_path: Path) -> None:
    model, corpus = seqtext.load(runs(task)), _corpus(task, tmp_path)
    if task == "anomaly":
        labelled = (f"{'normal' if 'call' in line else 'odd'}\t{line}\n" for line in _lines())
        corpus.write_text("".join(labelled))
    masked = tmp_path / f"masked{corpus.suffix}"
    masked.write_text("".join(map(model.masks, corpus.read_text().splitlines(keepends=True))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scores of so little
        found, again = (evaluate(model, path, limit=20) for path in (corpus, masked))
    for one in (found, again):
        one.pop("notes", None)  # which name the file
    assert found["learnt"] > 0.9
    assert found == again


def test_reasons_are_words_of_the_text(runs: Callable[[str], Path]) -> None:
    reasons = seqtext.load(runs("classify")).explain(WRITTEN)
    assert [one.text for one in reasons] == re.findall(r"[\w.]*@[\w.]*|\w+|,", WRITTEN)
    assert all(WRITTEN[one.start : one.end] == one.text for one in reasons)


def test_scores_are_of_parts_of_the_text(runs: Callable[[str], Path]) -> None:
    tokens = seqtext.load(runs("generate")).score(WRITTEN).tokens
    assert all(WRITTEN[one.start : one.end] == one.text for one in tokens)
    assert {one.text for one in tokens} >= {"ann77@mail.example", "4711", "P"}
    assert tokens[-1].end == len(WRITTEN)


def test_odd_fields_are_found_behind_what_is_masked(runs: Callable[[str], Path]) -> None:
    text = "Please call +49 30 1234567 when the XX!!YY 2024-01-02 comes"
    found = seqtext.load(runs("anomaly")).detect(text, threshold=-1e6)
    assert any("XX!!YY" in text[one.start : one.end] for one in found.spans)


def test_a_fill_keeps_what_was_typed(runs: Callable[[str], Path]) -> None:
    best = seqtext.load(runs("fill")).fill("Write to ann77@mail.example about ___")[0]
    assert best.text.startswith("Write to ann77@mail.example about ")


def test_memory_is_measured_on_masked_lines(runs: Callable[[str], Path], tmp_path: Path) -> None:
    found = measure_memory(seqtext.load(runs("generate")), _corpus("generate", tmp_path), samples=3)
    assert found.known
    assert found.recital.learnt == 3


@pytest.mark.parametrize("task", ["classify", "generate", "anomaly"])
def test_a_run_that_goes_on_masks_as_it_did(runs: Callable[[str], Path], task: str, tmp_path: Path) -> None:
    run = _train(task, _corpus(task, tmp_path), tmp_path / "run", mask=MASK)
    for path in (run / "data").rglob("report.json"):
        path.unlink()  # so that its data are made again
    _train(task, None, run, resume=True)
    assert seqtext.load(run).masks.kinds == ("email", "phone", "number")
    test_nothing_that_was_masked_is_anywhere_in_a_run(lambda _: run, task)


@pytest.mark.parametrize("task", TASKS)
def test_what_starts_from_a_masked_model_masks_at_least_as_much(
    runs: Callable[[str], Path], task: str, tmp_path: Path
) -> None:
    run = _train(task, _corpus(task, tmp_path), tmp_path / "run", start=runs(task), mask="url")
    assert seqtext.load(run).masks.kinds == ("url", "email", "phone", "number")
    test_nothing_that_was_masked_is_anywhere_in_a_run(lambda _: run, task)


def test_a_classifier_masks_what_the_fill_model_that_it_starts_from_masks(
    runs: Callable[[str], Path], tmp_path: Path
) -> None:
    model = seqtext.load(_train("classify", _corpus("classify", tmp_path), tmp_path / "run", start=runs("fill")))
    assert model.masks.kinds == ("email", "phone", "number")
    assert _ask(model, WRITTEN) == _ask(model, OTHER)


def test_a_model_that_masks_nothing_can_be_gone_on_with_masked(tmp_path: Path) -> None:
    corpus = _corpus("generate", tmp_path)
    first = _train("generate", corpus, tmp_path / "first", tokens="word")
    model = seqtext.load(_train("generate", corpus, tmp_path / "run", start=first, mask="email"))
    assert not seqtext.load(first).masks
    assert model.score(WRITTEN).bits == model.score(WRITTEN.replace("ann77", "x")).bits


def test_the_words_of_a_masked_model_are_its_stand_ins(runs: Callable[[str], Path]) -> None:
    texts = seqtext.load(runs("fill")).tokenizer.texts
    assert {"<email>", "<number>", "<phone>"} <= set(texts)
    assert seqtext.load(runs("fill")).similar("bob@example.org", 1)


def test_without_masks_nothing_is_said_of_them(tmp_path: Path) -> None:
    run = _train("classify", _corpus("classify", tmp_path), tmp_path / "run")
    assert "masks" not in describe(run)
    assert "masks" not in (run / "tokenizer.json").read_text()
    assert "instead of what" not in (run / "README.md").read_text()
    assert not seqtext.load(run).masks


@pytest.mark.parametrize("mask", ["emails", "email phone", "email,name", "<email>"])
def test_an_unknown_kind_is_an_error_that_lists_the_kinds(mask: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="url, email, phone, number") as caught:
        list(seqtext.train("generate", _corpus("generate", tmp_path), tmp_path / "run", steps=1, mask=mask))
    assert caught.value.hint in {f"mask={kind!r}" for kind in ("email", "phone", "number")}
    assert not (tmp_path / "run").exists()


def _changed(run: Path, copy: Path, masks: Any) -> Path:
    """A copy of a model whose config.json says something else of its masks."""
    seqtext.load(run).save(copy)
    config = json.loads((copy / "config.json").read_text())
    config["masks"] = masks
    (copy / "config.json").write_text(json.dumps({name: value for name, value in config.items() if value is not None}))
    return copy


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (None, "config.json says that nothing is masked"),
        ({"kinds": ["email"], "version": 1}, "says that email is masked"),
        ({"kinds": ["email", "phone", "number"], "version": 2}, "version 2; this seqtext knows them up to 1"),
        ({"kinds": ["phone", "email", "number"], "version": 1}, "are expected"),
        ({"kinds": [], "version": 1}, "are expected"),
        ({"kinds": ["email"], "version": True}, "are expected"),
        ({"kinds": ["email"], "version": 1, "also": 1}, "are expected"),
        ("email", "are expected"),
    ],
)
@pytest.mark.parametrize("task", ["classify", "translate"])
def test_a_folder_that_says_something_else_is_refused(
    runs: Callable[[str], Path], task: str, tmp_path: Path, masks: Any, message: str
) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        seqtext.load(_changed(runs(task), tmp_path / "copy", masks))


def test_a_model_saved_again_masks_the_same(runs: Callable[[str], Path], tmp_path: Path) -> None:
    seqtext.load(runs("classify")).save(tmp_path / "copy")
    assert seqtext.load(tmp_path / "copy").masks.kinds == ("email", "phone", "number")
    assert (tmp_path / "copy" / "tokenizer.json").read_text() == (runs("classify") / "tokenizer.json").read_text()
    assert len(fingerprint(tmp_path / "copy")) == 64


def test_a_kept_pipe_is_told_to_be_unmasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: dict[str, Any] = {"mask": "email", "hidden": 8, "embedding": 8, "steps": 1, "threads": 1}
    with _corpus("generate", tmp_path).open(encoding="utf-8") as corpus:
        monkeypatch.setattr("sys.stdin", corpus)
        events = list(seqtext.train("generate", "-", tmp_path / "run", **settings))
    notes = next(event.notes for event in events if hasattr(event, "notes"))
    assert any("stdin.txt: what came through a pipe is kept unmasked" in note for note in notes)
