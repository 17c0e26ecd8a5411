"""Implement `seqtext translate`, which translates a text into another language."""

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from seqtext.config import SearchConfig
from seqtext.models.markup.parts import KINDS

from . import answers, documents, inputs, options, output, tables
from .options import UsageFault

if TYPE_CHECKING:
    from seqtext.models.answers import Answering
    from seqtext.models.options import TranslateOptions


@click.command(cls=options.Sections)
@options.texts
@click.option("--to", "target", metavar="LANGUAGE", help="Into this language, with a bundled model.  [default: fr]")
@click.option("--from", "source", metavar="LANGUAGE", help="From this language.  [default: en]")
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    callback=options.pinned,
    help="A bundled name, a model folder, or a Hugging Face Hub id (user/name).",
)
@options.revision
@click.option("--alignment", is_flag=True, help="With --json: also which word comes from which.")
@options.picture("which word looked at which", as_text=True, former="--attention")
@options.avoid
@options.once("--glossary", metavar="FILE", help="Terms and their translations, TERM<TAB>TRANSLATION, one a line.")
@documents.options
@click.option(
    "--marks",
    type=click.Choice(KINDS),
    default="auto",
    show_default=True,
    help="Which marks are kept; auto keeps what is hardly anything else.",
)
@options.as_json
@options.settings(SearchConfig)
@tables.accepted
def translate(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    target: str | None,
    source: str | None,
    model: str | None,
    alignment: bool,
    picture: str | None,
    avoid: str | None,
    glossary: str | None,
    whole: bool | None,
    marks: str,
    as_json: bool,
    table: tables.TableOptions,
    **typed: Any,
) -> None:
    """Translate sentences, paragraphs or files from one language into another.

    \b
    seqtext translate "The book is on the table." --to fr
    seqtext translate "The book is on the table." --picture attention.png
    seqtext translate --file letter.txt --to de > brief.txt
    seqtext translate --file page.md --to de > seite.md

    A paragraph is translated sentence by sentence, and line breaks are kept. So are the marks of Markdown, HTML and
    subtitles (.srt, .vtt), of which a --file is one document; inside a sentence they stand around the words that they
    stood around, or it is said that they may not. With --n-best 3, scores are shown, too: log-probabilities, by which
    bundled models do not rank alone. "alignment" in --json has the words of the source and of the best translation, and
    a pair for each of the latter: the source word that it looked at most, and itself, counted from 0. Numbers, codes,
    addresses and rare names are carried over; what does not stand in the translation as it should is said on stderr,
    and in "flags". Of a table, the column source is read, and translation, score, flags and unusual are added: those of
    the best translation.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    n_best = 1 if as_json else typed["n_best"] or 1
    document = documents.read(file, whole, marks, table, encoding_errors, n_best)
    if alignment:
        _check_alignment(as_json, file if document else None)
    if picture:
        inputs.check_one_text("--picture", picture, texts, file)
    search = {name: value for name, value in typed.items() if value is not None}
    SearchConfig(**search)
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    terms = inputs.read_glossary(glossary, {"--file": file, "--avoid": avoid}, encoding_errors)
    from seqtext.models.answers import answering
    from seqtext.models.options import TranslateOptions

    translator = _translator(model, source, target)
    marks = document.marks if document else marks
    asked = TranslateOptions(
        **search, alignment=alignment, avoid=avoided, glossary=tuple(terms.items()), marks=marks
    )  # fmt: skip
    record = answering("translate")
    foreign = _Foreign(translator.languages[0])
    if document:
        foreign.add(documents.words_of(document), documents.answer(document, record, translator, asked, as_json))
        return foreign.say()
    if table:
        return _answer_table(table, translator, asked)
    _answer_texts(lines, file, record, translator, asked, as_json, picture, foreign)


def _translator(model: str | None, source: str | None, target: str | None) -> Any:
    """Load the model that is named, or the bundled one; raises UsageFault where it has other languages than typed."""
    from seqtext.storage.catalog import bundled_for, load

    name = model or bundled_for("translate", source or "en", target or "fr")
    translator = load(name, "translate")
    _check_languages(name, translator.languages, {"--from": source, "--to": target})
    return translator


def _check_alignment(as_json: bool, document: str | None) -> None:
    """Raise UsageFault for --alignment without --json, or of a file that is one document."""
    if not as_json:
        raise UsageFault("--alignment was given without --json, which it is part of.", "--json --alignment")
    if document:
        raise UsageFault(f"--alignment was given for {document}, which is one document; it is told of a text a line.",
                         "--by-line --alignment --json")  # fmt: skip


def _answer_table(table: tables.TableOptions, translator: Any, asked: "TranslateOptions") -> None:
    """Translate the rows of a table, and note how many are unlike all that was learnt."""
    rows, without = answers.Unusual("row"), {"--alignment": asked.alignment}
    counts = table.answered(
        translator.translate, without=without, search=asked.search, avoid=asked.avoid, **asked.more
    )  # fmt: skip
    rows.add_several(*counts)
    rows.say("do not trust its translation", "do not trust their translations")


def _answer_texts(
    lines: Iterator[answers.InputLine], file: str | None, record: "Answering", translator: Any,
    asked: "TranslateOptions", as_json: bool, picture: str | None, foreign: "_Foreign",
) -> None:  # fmt: skip
    """Print the translation of each text; then note losses and texts in another language."""
    answered = answers.answered(lines, file, lambda batch: record.ask(translator, batch, asked))
    lost = answers.Lost("translation")
    for number, (text, best) in enumerate(answered):
        if as_json:
            output.say_json(record.tell(translator, text, best, asked))
        else:
            answers.show(best, number, asked.n_best > 1, file is not None)
        if picture:
            aligned = translator.align(text, best[0].text) if best and best[0].text.strip() else None
            _draw(aligned, picture, output.note if as_json else output.say)
        foreign.add(text, any(translation.unusual for translation in best))
        lost.add(best[0].flags if best else ())
    foreign.say()
    lost.say()


class _Foreign:
    """Count the texts in another language than a translator reads; answers do not wait for it.

    Texts that are unusual for another reason are counted separately, so that a text is counted once.
    """

    def __init__(self, language: str) -> None:
        from seqtext.models.source_language import SourceLanguage

        self._language, self._source = language, SourceLanguage(language)
        self._waiting, self._marked, self._texts, self._odd = list[str](), list[bool](), 0, 0
        self._count, self._first, self._name = 0, 0, ""

    def add(self, text: str, unusual: bool) -> None:
        """Add a text, and whether it is unlike all that was learnt; languages are identified in batches."""
        self._waiting.append(text)
        self._marked.append(unusual)
        if len(self._waiting) == answers.BATCH:
            self._look()

    def _look(self) -> None:
        names = zip(self._source.others(self._waiting), self._marked, strict=True)
        for number, (name, marked) in enumerate(names, self._texts + 1):
            if name:
                self._first, self._name = self._first or number, self._name or name
                self._count += 1
            elif marked:
                self._odd += 1
        self._texts += len(self._waiting)
        self._waiting, self._marked = [], []

    def say(self) -> None:
        """Note how many there were, and how many were otherwise unusual.

        There is no note without any.
        """
        self._look()
        if self._odd:
            verb = "is" if self._odd == 1 else "are"
            which = f"{self._odd:,} of {self._texts:,} texts {verb}" if self._texts > 1 else "The text is"
            output.note(
                f"{which} unlike all that the model has learnt: do not trust the translation, or name a "
                "model for such texts with --model."
            )
        if not self._count:
            return
        which = "The text is" if self._texts == 1 else f"Text {self._first:,} is"
        more = f"; so {'is' if self._count == 2 else 'are'} {self._count - 1:,} more" * (self._count > 1)
        output.note(
            f"{which} probably in another language, {self._name}{more}. The model has learnt to read "
            f"{self._language!r}: do not trust the translation."
        )


def _check_languages(name: str, known: tuple[str, str], typed: dict[str, str | None]) -> None:
    """Raise UsageFault where a model that says its languages has others than those typed."""
    for (flag, wanted), language in zip(typed.items(), known, strict=True):
        if wanted and language and wanted.lower() != language:
            raise UsageFault(
                f"{flag} received {wanted!r}; the model {name} translates {' to '.join(known)}.", f"{flag} {language}"
            )


def _draw(aligned: Any, picture: str, say: Callable[[str], None]) -> None:
    """Write the picture, or show it as text; on a terminal it is shown anyway."""
    from seqtext.plots.attention import attention_picture, attention_text

    if aligned is None:
        output.note("The translation is empty; there is nothing to draw.")
        return
    if picture != "-":
        attention_picture(aligned, picture)
    if picture == "-" or output.on_terminal():
        say("\n" + attention_text(aligned, shutil.get_terminal_size().columns))
