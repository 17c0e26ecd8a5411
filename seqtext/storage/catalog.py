"""Find, load and publish models: bundled, in folders, or on the Hub."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqtext.errors import ModelError, either, nearest
from seqtext.shell import quote
from seqtext.storage.hub import download, is_hub_id, is_revision, upload
from seqtext.storage.model_folder import FILES, copy_folder, describe, open_saved
from seqtext.storage.recital import Recital, RecitalError
from seqtext.storage.snapshot import existing_folder
from seqtext.tasks import TASKS, resolve

PRETRAINED = Path(__file__).parents[1] / "pretrained"


def bundled() -> dict[str, Path]:
    """List the bundled model folders by name."""
    found = sorted(PRETRAINED.iterdir()) if PRETRAINED.is_dir() else []
    return {path.name: path for path in found if (path / "config.json").is_file()}


def bundled_for(task: str, *languages: str) -> str:
    """Name the bundled model of a task for one or two languages.

    The name is like "translate-en-fr". Raises ModelError where there is none.
    """
    name, known = (
        "-".join((task, *languages)).lower(),
        [bundled_name for bundled_name in bundled() if bundled_name.startswith(f"{task}-")],
    )
    if name not in known:
        raise ModelError(
            f"No model is bundled to {task} {' to '.join(languages)}; bundled are {', '.join(known) or 'none'}.",
            either(
                f"train({task!r}, CORPUS, FOLDER), then load(FOLDER)",
                f"seqtext train {task} CORPUS --run FOLDER, then --model FOLDER",
            ),
        )
    return name


def find(name: str | Path, revision: str | None = None) -> Path:
    """Find the model folder of a name, path or Hub id.

    Only a Hugging Face Hub id uses the network.

    revision: a branch, a tag or a commit of a Hub id, after which it may stand, too: user/name@v1. Raises ModelError
    """
    text, known = name if isinstance(name, str) else name.as_posix(), bundled()
    repository, at, pinned = text.partition("@")
    if at and text not in known and not os.path.exists(text):
        text, revision = repository, pinned if revision is None else f"{pinned}@{revision}"
    if text in known or (text and os.path.exists(text)):
        _refuse_revision(text, revision)
        return known[text] if text in known else existing_folder(text)
    if is_hub_id(text):
        if revision is not None and not is_revision(revision):
            raise ModelError(
                f"The revision of {text} is {revision!r:.80}; a branch, a tag or a commit is expected.", f"{text}@main"
            )
        _refuse_mistyped_path(text)
        return existing_folder(download(text, FILES, revision))
    near = nearest(text, known)
    raise ModelError(
        f"No model is called {text!r}; accepted are a bundled name ({', '.join(known) or 'there are none'}), a model "
        "folder, or a Hugging Face Hub id such as user/name.",
        either(f"load({near!r})", f"--model {near}") if near else "seqtext train TASK CORPUS --run FOLDER",
    )


def _refuse_revision(text: str, revision: str | None) -> None:
    """Raise ModelError for a revision of a model that is not on the Hub."""
    if revision is not None:
        kind = "is a folder here" if os.path.exists(text) else "comes with seqtext"
        raise ModelError(
            f"{text} {kind}; a revision, {revision!r:.80}, is of a model on the Hugging Face Hub.",
            "leave the revision out, or name a Hub id: user/name",
        )


def _refuse_mistyped_path(text: str) -> None:
    """Raise ModelError for a path with a typing error.

    A name such as runs/x beside a folder runs is such a path, not the id of a repository.
    """
    parent, _, child = text.partition("/")
    try:
        inside = sorted(entry.name for entry in os.scandir(parent) if entry.is_dir() and _may_be_a_model(entry.path))
    except OSError:  # no such folder
        return
    near = nearest(child, inside)
    raise ModelError(
        f"{text} does not exist; the folder {parent} holds {', '.join(inside[:6]) or 'no folder'}. (The Hugging Face "
        f"Hub is asked for {text} only where there is no folder {parent}.)",
        either(f"load('{parent}/{near}')", f"--model {parent}/{near}")
        if near
        else "seqtext models lists the bundled models",
    )


def _may_be_a_model(folder: str) -> bool:
    """Tell whether a folder may hold a model.

    It is not hidden, and holds more than the lock of a training run that could not begin.
    """
    if os.path.basename(folder).startswith("."):
        return False
    try:
        return os.listdir(folder) != [".lock"]
    except OSError:  # not for us to read
        return True


def load(name: str | Path, task: str | None = None, revision: str | None = None) -> Any:
    """Load a model as an object of its task's class.

    name, revision: see `find`, and `seqtext.storage.hub.download` for what needs no network
    task: the model's; raises ModelError for a model of another one, or one that cannot be read
    """

    def check(config: Mapping[str, Any]) -> None:
        if task is not None and config["task"] != task:
            raise ModelError(
                f"{name} is a model for {config['task']!r}; one for {task!r} is needed.",
                either(
                    f"load({str(name)!r}, {config['task']!r})", f"seqtext {config['task']} --model {quote(str(name))}"
                ),
            )

    with open_saved(find(name, revision), check) as saved:
        return resolve(TASKS[saved.config["task"]].model).from_folder(saved)


def is_memory_unknown(model: str | Path) -> bool:
    """Tell whether a text-writing model's memorization was never measured.

    Raises ModelError.
    """
    facts = describe(find(model))
    return bool(TASKS[facts["task"]].memory) and Recital.of(facts) is None


def _refuse_recital(model: str, repository: str, recital: Recital | None) -> None:
    """Raise RecitalError for a model that is known to recite."""
    if recital is not None and recital.recites:
        raise RecitalError(
            f"{model} recites what it has learnt: {recital.told()}. Whoever has the model can read that text.",
            either(
                f"push({model!r}, {repository!r}, yes=True) if that text is public",
                f"seqtext push {quote(model)} {quote(repository)} --yes, if that text is public",
            ),
        )


def push(
    model: str | Path,
    repository: str,
    *,
    private: bool = False,
    token: str | None = None,
    revision: str | None = None,
    message: str | None = None,
    yes: bool = False,
) -> str:
    """Publish a model as a repository on the Hugging Face Hub.

    Returns its address. Its files are checked first, and no others are published.

    model: a model folder, or whatever else `find` takes; a card that lacks the Hub's header is given one, see
    `seqtext.storage.model_card`. private: so that others do not see it; token: instead of the one that is stored;
    revision: the branch, main unless it is named; message: that of the commit. yes: even if the model recites what it
    has learnt, as its config says, see `seqtext.storage.recital`. Raises ModelError, with nothing published.
    """
    from tempfile import TemporaryDirectory  # an answer needs none of these

    from seqtext.storage.model_card import complete_card

    with TemporaryDirectory() as copy:  # of one save: the upload takes minutes, in which others may land
        copy_folder(find(model), copy)
        if not yes:
            _refuse_recital(str(model), repository, Recital.of(describe(copy)))
        complete_card(Path(copy), repository.rpartition("/")[2])
        return upload(
            copy, repository, FILES, private=private, token=token, revision=revision,
            message=message or "A model of seqtext",
        )  # fmt: skip
