"""The Hugging Face Hub: model folders fetched and published by id; the only module that uses the network."""

import re
from collections.abc import Iterable
from pathlib import Path

from seqtext.errors import ModelError

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_ID = re.compile(f"{_PART}/{_PART}")


def is_hub_id(text: str) -> bool:
    """Whether a text can be the id of a repository.

    >>> is_hub_id("user/name"), is_hub_id("./model")
    (True, False)
    """
    return _ID.fullmatch(text) is not None


def download(repository: str, files: Iterable[str]) -> Path:
    """Fetch the named files of a repository into the Hub's cache and return their folder. Raises ModelError."""
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(repository, allow_patterns=list(files)))
    except Exception as error:  # a dozen kinds, of this library and of those it uses
        raise ModelError(
            f"{repository!r} is no folder here, and the Hugging Face Hub did not give it: {_cause(error)}.",
            "check the spelling and the connection, or take a bundled model (seqtext models)",
        ) from error


def upload(
    folder: str | Path, repository: str, files: Iterable[str], *, private: bool = False, token: str | None = None
) -> str:
    """Publish the named files of a folder as a repository and return its address. Raises ModelError."""
    if not is_hub_id(repository):
        raise ModelError(f"The repository is called {repository!r}; user/name is expected.", "user/my-model")
    try:
        from huggingface_hub import HfApi

        api = HfApi(token=token)
        url = api.create_repo(repository, private=private, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=folder, allow_patterns=list(files))
    except Exception as error:
        raise ModelError(f"{folder} was not pushed to {repository!r}: {_cause(error)}.", "hf auth login") from error
    return str(url)


def _cause(error: Exception) -> str:
    """One line for what the Hub's library raised, by the names of its kinds (importing them would be slow)."""
    causes = {
        "GatedRepoError": "its owner must grant access first",
        "RepositoryNotFoundError": "there is no such repository, or it is private",
        "LocalEntryNotFoundError": "it cannot be reached, and no copy was kept",
        "LocalTokenNotFoundError": "no token is stored (hf auth login)",
        "ConnectError": "it cannot be reached",
        "ConnectionError": "it cannot be reached",
    }
    for kind in type(error).__mro__:
        if kind.__name__ in causes:
            return causes[kind.__name__]
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
