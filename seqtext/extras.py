"""Name optional packages, and the extras that install them. Answers do without them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seqtext.errors import SeqtextError

#: Packages that are not always installed, and the extra of pyproject.toml that installs each.
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
#: Packages whose project on PyPI has another name.
PROJECTS = {"sklearn": "scikit-learn", "fasttext": "fasttext-numpy2-wheel"}


def missing(package: str, what: str) -> SeqtextError:
    """Return the error for a missing package, with its install command.

    what: what needs it, as the subject of a sentence: "Training", "A picture"
    """
    # From a clone as well: pip finds seqtext installed, and adds what its extra names.
    name = PROJECTS.get(package, package)
    return SeqtextError(f"{what} needs {name}, which is not installed.", f'pip install "seqtext[{EXTRAS[package]}]"')


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Guard imports of optional packages; raises SeqtextError where one is not installed.

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
    """Return the object that `find` imports, or a function that raises SeqtextError.

    That function stands in where a package is missing, and raises when it is called. So a name can be imported, also
    by `from seqtext import *`, before the packages that it needs are installed.
    """
    try:
        with needed(what):
            return find()
    except SeqtextError as error:
        refusal = error

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    return refuse
