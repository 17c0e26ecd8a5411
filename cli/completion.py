"""Complete names of files, folders and models with Tab."""

import re

import click
from click.shell_completion import CompletionItem

#: What stands in the metavar, or is the name, of a parameter that takes such a name.
_FOLDERS, _FILES, _MODELS = {"FOLDER"}, {"FILE", "PATH", "CORPUS", "CORPORA"}, {"MODEL"}
_WORDS = re.compile("[A-Z]+")


class Name(click.types.StringParamType):
    """Accept the name of a file, which the shell completes. It is text in all other respects."""

    kind = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Tell the shell to complete names itself."""
        return [CompletionItem(incomplete, type=self.kind)]


class FolderName(Name):
    """Accept the name of a folder."""

    kind = "dir"


class ModelName(Name):
    """Accept the name of a bundled model, or a folder."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """List matching bundled models, else let the shell complete names."""
        from seqtext.storage.catalog import bundled

        names = [CompletionItem(name) for name in bundled() if name.startswith(incomplete)]
        return names if names and incomplete else [*names, *super().shell_complete(ctx, param, incomplete)]


def completing(command: click.Command) -> click.Command:
    """Let Tab complete the names that the parameters of a command take. Returns the command."""
    for parameter in command.params:
        if type(parameter.type) is click.types.StringParamType:
            words = set(_WORDS.findall(parameter.metavar or str(parameter.name).upper()))
            kinds = ((_FILES, Name), (_FOLDERS, FolderName), (_MODELS, ModelName))
            parameter.type = next((kind() for known, kind in kinds if words & known), parameter.type)
    return command
