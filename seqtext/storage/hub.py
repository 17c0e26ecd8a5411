"""Fetch and publish model folders on the Hugging Face Hub.

No other module asks the Hub for models.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from seqtext.errors import ModelError, arguments

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_ID = re.compile(f"{_PART}/{_PART}")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,254}")
_LOGIN = "hf auth login"
_REFUSED = {401: "the token is not accepted", 403: "the token does not allow it"}


def is_hub_id(text: str) -> bool:
    """Tell whether a text can be the id of a repository.

    >>> is_hub_id("user/name"), is_hub_id("./model")
    (True, False)
    """
    return _ID.fullmatch(text) is not None


def is_revision(text: object) -> bool:
    """Tell whether a text can name a branch, tag or commit.

    >>> is_revision("v1.0"), is_revision("refs/pr/3"), is_revision("../main")
    (True, True, False)
    """
    return isinstance(text, str) and _REVISION.fullmatch(text) is not None and ".." not in text


def download(repository: str, files: Iterable[str], revision: str | None = None) -> Path:
    """Download files of a repository into the Hub's cache.

    Returns their folder. Raises ModelError.

    revision: a branch, a tag or a commit; None is the main branch. What is in the cache is not fetched again; where the
    Hub cannot be reached, or HF_HUB_OFFLINE=1 is set, what a branch or tag was when it was last fetched is taken from
    there. A commit never changes, so one that is in the cache needs no network at all.
    """
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(repository, revision=revision, allow_patterns=list(files)))
    except Exception as error:  # a dozen kinds, of this library and of those it uses
        at = f" at revision {revision!r}" if revision else ""
        raise ModelError(
            f"{repository!r} is no folder here, and the Hugging Face Hub did not give it{at}: {_cause(error)}.",
            "check the spelling and the connection, or take a bundled model (seqtext models)",
        ) from error


def upload(
    folder: str | Path,
    repository: str,
    files: Iterable[str],
    *,
    private: bool = False,
    token: str | None = None,
    revision: str | None = None,
    message: str | None = None,
) -> str:
    """Publish files of a folder in a single commit.

    Returns the repository's address. Raises ModelError.

    Of the named files, those that the folder lacks are deleted from the repository; others are left alone there.
    revision: the branch, made where it is missing; None is the main one. message: that of the commit
    """
    if not is_hub_id(repository):
        raise ModelError(f"The repository is called {repository!r}; user/name is expected.", "user/my-model")
    if revision is not None and not is_revision(revision):
        raise ModelError(
            f"The revision is called {revision!r}; the name of a branch is expected.", arguments(revision="main")
        )
    from huggingface_hub import HfApi, get_token

    if not (token or get_token()):
        raise ModelError(
            "The Hugging Face Hub asks who publishes, and no token is stored here, nor is HF_TOKEN set.", _LOGIN
        )
    names = list(files)
    try:
        api = HfApi(token=token)
        url = str(api.create_repo(repository, private=private or None, exist_ok=True))
        if private and not api.repo_info(repository).private:  # exist_ok: one that was there stays public
            raise ModelError(
                f"{repository} is there already and public; private can only be a new repository.",
                f"choose another name, or make it private at {url}/settings",
            )
        if revision is not None:
            api.create_branch(repository, branch=revision, exist_ok=True)
        api.upload_folder(
            repo_id=repository, folder_path=folder, revision=revision, commit_message=message,
            allow_patterns=names, delete_patterns=names,
        )  # fmt: skip
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"The model was not pushed to {repository!r}: {_cause(error)}.", _remedy(error)) from error
    return url if revision is None else f"{url}/tree/{revision}"


def _status(error: Exception) -> int:
    """The status of the Hub's answer; 0 where there was none."""
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return status if isinstance(status, int) else 0


def _remedy(error: Exception) -> str:
    """What to do about a model that was not pushed: another token, or another try."""
    if _status(error) in _REFUSED:
        return f"{_LOGIN} --force"
    kinds = {kind.__name__ for kind in type(error).__mro__}
    about_tokens = ("GatedRepoError", "RepositoryNotFoundError", "LocalTokenNotFoundError")
    return _LOGIN if kinds.intersection(about_tokens) else "check the connection, then push again"


def _cause(error: Exception) -> str:
    """One line for what the Hub's library raised, by the names of its kinds (importing them would be slow)."""
    causes = {
        "GatedRepoError": "its owner must grant access first",
        "RepositoryNotFoundError": "there is no such repository, or it is private",
        "RevisionNotFoundError": "it has no such branch, tag or commit",
        "LocalEntryNotFoundError": "it cannot be reached, and no copy was kept",
        "LocalTokenNotFoundError": "no token is stored (hf auth login)",
        "ConnectError": "it cannot be reached",
        "ConnectionError": "it cannot be reached",
    }
    for kind in type(error).__mro__:
        if kind.__name__ in causes:
            return causes[kind.__name__]
    if _status(error) in _REFUSED:
        return _REFUSED[_status(error)]
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
