"""Packages that answers do without: which extra brings one that is missing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seqtext.errors import SeqtextError

#: Packages that are not always installed, and the extra of pyproject.toml that brings each.
EXTRAS = {
    "torch": "train",
    "datasets": "train",
    "filelock": "train",
    "sacrebleu": "train",
    "scipy": "train",
    "pyarrow": "tables",
    "zstandard": "tables",
    "lxml": "files",
    "openpyxl": "files",
    "polib": "files",
    "matplotlib": "plot",
    "httptools": "serve",
    "starlette": "serve",
    "uvicorn": "serve",
    "ray": "ray",
    "sklearn": "sklearn",
    "fasttext": "bench",
    "transformers": "bench",
}
#: Those that pip knows by another name.
PROJECTS = {"sklearn": "scikit-learn", "fasttext": "fasttext-numpy2-wheel"}


def missing(package: str, what: str) -> SeqtextError:
    """Return the error for a package that is not installed, with the line that installs it.

    what: what needs it, as a sentence begins: "Training", "A picture"
    """
    # From a clone as well: pip finds seqtext installed, and adds what its extra names.
    name = PROJECTS.get(package, package)
    return SeqtextError(f"{what} needs {name}, which is not installed.", f'pip install "seqtext[{EXTRAS[package]}]"')


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Mark imports of optional packages; raises SeqtextError where one is not installed.

    >>> with needed("Training"):
    ...     import torch
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise missing(package, what) from error


def or_refuse(what: str, find: Callable[[], Any]) -> Any:
    """Return what is found; where a package is missing, a function that raises SeqtextError when it is called.

    So a name can be imported, also by `from seqtext import *`, before what it needs is installed.
    """
    try:
        with needed(what):
            return find()
    except SeqtextError as error:
        refusal = error

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    return refuse
