"""Implement `seqtext repl`, which answers text by text, keeping models loaded."""

import contextlib
import re
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import click

from seqtext.config import SUMMARY_SEARCH, SearchConfig
from seqtext.errors import SeqtextError, nearest
from seqtext.tasks import TASKS

from . import answers, inputs, options, output, process
from .faults import complain
from .options import UsageFault

#: The command that each answering command's models are for, and the model that answers unless another is chosen.
_TASKS = {command: task.name for task in TASKS.values() for command in task.commands}
_BUNDLED = {
    "fill": "fill-en", "generate": "generate-en", "translate": "translate-en-fr", "summarize": "summarize-en",
    "classify": "language-id",
}  # fmt: skip
_MOST = 1000  # answers to a text
_COMMAND = re.compile(r":([a-z]+)(?:\s+(.*?))?\s*", re.DOTALL)


@dataclass
class ReplState:
    """Hold the choices that the lines so far have made.

    verb:   the command that answers; top: how many answers, None for as many as the command gives by itself
    apart:  whether answers are told apart by blank lines, as prompts do on a terminal
    chosen: the model that answers, by task; models: those loaded, by name; shown: how many texts were answered
    named:  the tasks whose model was chosen, and is not the bundled one by itself
    """

    verb: str
    avoided: Collection[str] = ()
    apart: bool = True
    top: int | None = None
    chosen: dict[str, str] = field(default_factory=lambda: dict(_BUNDLED))
    models: dict[str, Any] = field(default_factory=dict)
    shown: int = 0
    named: set[str] = field(default_factory=set)

    @property
    def where_unusual(self) -> dict[str, int]:
        """Return a summarizer's options for unusual documents. They are quoted, unless a model was named."""
        return {} if _TASKS[self.verb] in self.named else {"extract_unusual": 3}

    @property
    def name(self) -> str:
        """Return the name of the model that answers; raises UsageFault without one."""
        model = self.chosen.get(_TASKS[self.verb])
        if model is None:
            raise UsageFault(
                f"No model was chosen for {self.verb}, and none is bundled: what is normal differs from log to log.",
                ":model runs/log",
            )
        return model

    @property
    def model(self) -> Any:
        """Return the model that answers, loaded on first use."""
        if self.name not in self.models:
            from seqtext.storage.catalog import load

            self.models[self.name] = load(self.name, _TASKS[self.verb])
        return self.models[self.name]

    def use(self, name: str, task: str | None = None) -> None:
        """Load a model, anew if need be, and answer with it.

        If it is of another task, its first command answers. Raises UsageFault for a task without a command here.
        """
        from seqtext.storage.catalog import load

        model = load(name, task)
        commands = [command for command in TASKS[model.task].commands if command in ANSWERS]
        if not commands:
            raise UsageFault(f"{name} is a model for {model.task!r}, which repl does not ask.", ":help")
        self.models[name], self.chosen[model.task] = model, name
        self.named.add(model.task)
        if self.verb not in commands:
            self.verb = commands[0]

    def several(self) -> dict[str, int]:
        """Return {"top": N} where a number of answers was chosen, else {}."""
        return {} if self.top is None else {"top": self.top}

    def search(self, usual: dict[str, Any]) -> SearchConfig:
        """Return a translator's or summarizer's search settings, with enough beams."""
        wide = {} if self.top is None else {"n_best": self.top, "beam": max(self.top, SearchConfig().beam)}
        return SearchConfig(**{**usual, **wide})

    def take(self, line: str) -> None:
        """Answer a text, or obey a line that begins with a colon. Raises EOFError for :quit."""
        match = _COMMAND.fullmatch(line)
        if match is None:
            self.answer(line)
            return
        name, rest = match[1], match[2] or ""
        if name in ANSWERS:
            self.verb = name
            self.answer(rest)
        elif name in OTHERS:
            OTHERS[name].obey(self, rest)
        else:
            known = ", ".join(f":{command}" for command in COMMANDS)
            raise UsageFault(f":{name} was received; accepted are {known}.", f":{nearest(name, COMMANDS)}")

    def answer(self, text: str) -> None:
        """Print the answer to a text, none for a blank one."""
        from seqtext.normalization import is_blank

        if not is_blank(text):
            ANSWERS[self.verb](self, text, self.shown if self.apart else 0)
            self.shown += 1


def _choose_model(session: ReplState, rest: str) -> None:
    if rest:
        session.use(rest)
    output.note(f"{session.verb} asks {session.name}.")


def _choose_top(session: ReplState, rest: str) -> None:
    if not re.fullmatch("[0-9]{1,4}", rest) or not 1 <= int(rest) <= _MOST:
        raise UsageFault(f":top received {rest!r:.80}; a whole number from 1 to {_MOST} is accepted.", ":top 5")
    session.top = int(rest)


def _help(session: ReplState, rest: str) -> None:
    context = click.get_current_context().find_root()
    assert isinstance(context.command, click.Group)
    rows = []
    for name in ANSWERS:
        command = context.command.get_command(context, name)
        rows.append([f":{name} [TEXT]", command.get_short_help_str(90) if command else ""])
    output.say(output.table([*rows, *([f":{name} {other.takes}", other.help] for name, other in OTHERS.items())]))


def _quit(session: ReplState, rest: str) -> None:
    raise EOFError


def _fill(session: ReplState, text: str, number: int) -> None:
    from .fill import show

    show(session.model.fill(text, avoid=session.avoided, **session.several()), number, text)


def _cloze(session: ReplState, text: str, number: int) -> None:
    from .cloze import show

    show(session.model.cloze(text, avoid=session.avoided), number)


def _generate(session: ReplState, text: str, number: int) -> None:
    from .generate import show

    show(text, session.model.stream(text, avoid=session.avoided), number)


def _next(session: ReplState, text: str, number: int) -> None:
    from .next import show

    show(session.model.next(text, avoid=session.avoided, **session.several()), number)


def _score(session: ReplState, text: str, number: int) -> None:
    from .score import show

    show(text, session.model.score(text))


def _anomaly(session: ReplState, text: str, number: int) -> None:
    from .anomaly import show

    anomaly = session.model.detect(text)
    _say_unread("text", *session.model.words_read(text))
    show(anomaly, session.shown + 1)


def _translate(session: ReplState, text: str, number: int) -> None:
    search, lost, unusual = session.search({}), answers.Lost("translation"), answers.Unusual("text")
    translations = session.model.translate([text], search, session.avoided)[0]
    answers.show(translations, number, search.n_best > 1, False)
    lost.add(translations[0].flags if translations else ())
    unusual.add(translations)
    lost.say()
    unusual.say("do not trust the translation", "")


def _summarize(session: ReplState, text: str, number: int) -> None:
    search = session.search(SUMMARY_SEARCH)
    summaries = session.model.summarize([text], search, avoid=session.avoided, **session.where_unusual)[0]
    answers.show(summaries, number, search.n_best > 1, False)
    unusual = answers.Unusual("document")
    unusual.add(summaries)
    if session.where_unusual:
        unusual.say("its own sentences answer; :model summarize-en takes the network", "")
    else:
        unusual.say("do not trust the summary", "")
    if summaries:
        _say_unread("document", summaries[0].read, summaries[0].cut)


def _classify(session: ReplState, text: str, number: int) -> None:
    from .classify import is_noted, show

    labels = session.model.classify([text], **session.several())[0]
    show(labels, [], number, is_noted(session.model, labels))
    _say_unread("text", *session.model.words_read(text))


def _say_unread(kind: str, read: int, cut: int) -> None:
    unread = answers.Unread(kind)
    unread.add(read, cut)
    unread.say()


#: How each command answers a text: session, text, and a number that is 0 where no blank line comes first.
ANSWERS: dict[str, Callable[[ReplState, str, int], None]] = {
    "fill": _fill, "cloze": _cloze, "generate": _generate, "next": _next, "score": _score, "anomaly": _anomaly,
    "translate": _translate, "summarize": _summarize, "classify": _classify,
}  # fmt: skip


class ColonCommand(NamedTuple):
    """Describe a line that begins with a colon. It has an argument, a help text and a function."""

    takes: str
    help: str
    obey: Callable[[ReplState, str], None]


OTHERS = {
    "model": ColonCommand("NAME", "Ask this model: a bundled name, a folder, a Hub id.", _choose_model),
    "top": ColonCommand("N", "Give so many answers to a text, best first.", _choose_top),
    "help": ColonCommand("", "Show this.", _help),
    "quit": ColonCommand("", "End, as Ctrl-D does.", _quit),
}
COMMANDS = (*ANSWERS, *OTHERS)


@click.command()
@click.argument("task", metavar="[TASK]", required=False, type=click.Choice(list(ANSWERS)))
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    callback=options.pinned,
    help="A bundled name, a model folder, or a Hugging Face Hub id.",
)
@options.revision
@options.avoid
@options.encoding_errors
def repl(task: str | None, model: str | None, avoid: str | None, encoding_errors: str) -> None:
    """Answer text by text, as you type, with models that stay loaded.

    \b
    seqtext repl
    seqtext repl translate --model translate-en-de
    seqtext repl next

    TASK is fill, generate, next, score, anomaly, translate, summarize or classify: the command that answers. Without
    it, that of the --model answers, or fill. A line that begins with : is a command: :next answers as `seqtext next`
    does from now on, :model NAME asks another model, :top 3 gives three answers, :help shows all, :quit ends. With a
    space before it, such a line is a text. Blank lines are passed over. A model is loaded when it is first asked.

    Ctrl-C stops an answer or drops what was typed, Ctrl-D ends. What goes wrong is said, and the next line is answered
    all the same; where lines come through a pipe, the exit status is 1 then.
    """
    if avoid == "-":
        raise UsageFault("--avoid received -, but standard input holds the texts.", "--avoid words.txt")
    interactive = sys.stdin is not None and sys.stdin.isatty()
    session = ReplState(task or "fill", inputs.read_avoided(avoid, None, encoding_errors), apart=not interactive)
    if model:
        session.use(model, task and _TASKS[task])
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape", newline="\n")
    if interactive:
        _edit_lines()
        output.note(f"{session.verb}: type a text. :help shows what else can be typed, Ctrl-D ends.")
        _loop(session, lambda: inputs.utf8(_read_typed(session.verb), encoding_errors), interactive)
        output.note("")
    elif not _loop(session, lambda: inputs.utf8(_read_piped(), encoding_errors), interactive):
        raise click.exceptions.Exit(1)


def _loop(session: ReplState, read: Callable[[], str], interactive: bool) -> bool:
    """Answer lines until there are no more; return whether nothing went wrong."""
    good = True
    while True:
        try:
            session.take(read())
        except EOFError:
            return good
        except (BrokenPipeError, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, Exception) as error:
            # A library may have turned Ctrl-C into another error.
            if isinstance(error, KeyboardInterrupt) or process.was_pressed():
                if not interactive:
                    raise
                process.go_on()
                output.note("")
            else:
                complain(_as_typed_here(error), sys.argv[1:])
                good = False


def _as_typed_here(error: Exception) -> Exception:
    """Return the error with a hint that can be typed as a line: :model fill-en for --model fill-en."""
    if not isinstance(error, SeqtextError):
        return error
    here = error.framed(hint=re.sub(r"^--(?=(model|top) )", ":", error.typed()[1]))
    return here.with_traceback(error.__traceback__)


def _read_typed(verb: str) -> str:
    return input(f"{verb}> " if output.on_terminal() else "")


def _read_piped() -> str:
    line = sys.stdin.readline() if sys.stdin is not None else ""
    if not line:
        raise EOFError
    return line.removesuffix("\n").removesuffix("\r")


def _edit_lines() -> None:
    """Let arrows edit and recall what was typed, and Tab complete commands and bundled models."""
    with contextlib.suppress(ImportError):  # not on every system
        import readline

        readline.set_completer(_complete)
        readline.set_completer_delims(" ")
        readline.parse_and_bind("bind ^I rl_complete" if "libedit" in str(readline.__doc__) else "tab: complete")


def _complete(start: str, number: int) -> str | None:
    """Return the completion of a word by its number, from 0; None after the last."""
    import readline

    before = readline.get_line_buffer()[: readline.get_begidx()]
    words: list[str] = []
    if not before:
        words = [f":{name} " for name in COMMANDS]
    elif before.split() == [":model"]:
        from seqtext.storage.catalog import bundled

        words = list(bundled())
    return dict(enumerate(word for word in words if word.startswith(start))).get(number)
