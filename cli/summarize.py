"""Implement `seqtext summarize`, which summarises a document in fewer words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from seqtext.config import SUMMARY_SEARCH, SearchConfig

from . import answers, inputs, options, output, tables
from .options import UsageFault

if TYPE_CHECKING:
    from seqtext.models.options import SummarizeOptions


#: What is said of documents unlike those learnt from: what answers them, what to do.
_QUOTES = tuple(
    f"{whose} own sentences answer, as with --extract; --model summarize-en takes the network"
    for whose in ("its", "their")
)
_NETWORK = "do not trust the summary, or try --extract", "do not trust their summaries, or try --extract"


@click.command(cls=options.Sections)
@options.texts
@click.option("--whole", is_flag=True, help="The --file is one document, not one per line.")
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    callback=options.pinned,
    help="A bundled name, a folder or a Hub id; it answers all.  [default: summarize-en, where it knows the kind]",
)
@options.revision
@click.option("--max-words", type=click.IntRange(1), metavar="N", help="Most words of a summary.")
@click.option("--extract", is_flag=True, help="Without a model: the sentences of the document that say most.")
@click.option(
    "--sentences",
    type=click.IntRange(1),
    metavar="N",
    default=3,
    show_default=True,
    help="How many of the document's own sentences, where they answer.",
)
@click.option(
    "--lead",
    type=click.IntRange(1),
    metavar="N",
    help="Without a model: the document's first N sentences, without headings and lists.",
)
@options.avoid
@options.as_json
@options.settings(SearchConfig, usual=SUMMARY_SEARCH)
@tables.accepted
def summarize(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    whole: bool,
    model: str | None,
    max_words: int | None,
    extract: bool,
    sentences: int,
    lead: int | None,
    avoid: str | None,
    as_json: bool,
    table: tables.TableOptions,
    **typed: Any,
) -> None:
    """Summarize documents, in a headline or a few sentences.

    \b
    seqtext summarize --file report.txt --whole
    seqtext summarize --file articles.txt --max-words 20 --json > summaries.jsonl
    seqtext summarize --file report.txt --whole --extract --sentences 5

    Without --model, summarize-en answers documents of the kinds that it knows: documentation, reports of public bodies,
    abstracts of papers. Elsewhere the document's own sentences answer, as with --extract: in --json, "extracted" is
    true and "score" null. "unusual" is true for a document unlike all that the model has learnt.

    A --file has one document per line, or is one with --whole. A document that is too long for the model is read from
    its start, and how much was read is said: in --json, "read" and "cut" count its words that were and were not.
    With --max-words a longer summary ends after a sentence. If not even the first has room, it ends inside that one,
    which is said: in --json, "shortened" is true. In scripts without spaces, such as Chinese and Thai, each character
    with its marks counts as a word. Of a table, the column source is read, and summary, score,
    extracted and unusual are added.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    _check_one({"--model": model, "--extract": extract, "--lead": lead}, avoid)
    if whole:
        lines = _one_document(lines, file, table)
    from seqtext.models.answers import answering
    from seqtext.models.options import SummarizeOptions, where_unusual_extracted

    search = {name: value for name, value in typed.items() if value is not None}
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    asked = SummarizeOptions(
        **search, max_words=max_words, extract=extract, sentences=sentences, lead=lead, avoid=avoided
    )
    if model is None:
        asked = where_unusual_extracted(asked)
    record = answering("summarize")
    summarizer, answer = _summarizer(model, asked)
    if table:
        rows = answers.Unusual("row")
        rows.add_several(*table.answered(answer.func, without={}, verb="summarize", **answer.keywords))
        rows.say(*(_NETWORK if model else _QUOTES))
        return
    answered = answers.answered(lines, file, answer)
    tell = (lambda text, best: record.tell(summarizer, text, best, asked)) if as_json else None
    _answer_texts(answered, asked, tell, file is not None and not whole, _NETWORK if model else _QUOTES)


def _answer_texts(
    found: Iterator[tuple[str, Any]], asked: "SummarizeOptions", tell: Callable[..., Any] | None, by_line: bool,
    told: tuple[str, ...],
) -> None:  # fmt: skip
    """Print the summary of each document; then note what was not read, is unusual or shortened.

    tell: returns the object for JSON, None for text; told: the note on one unusual document, and on several
    """
    several = asked.n_best > 1 and not asked.quotes
    unread, unusual = answers.Unread("document"), answers.Unusual("document")
    spacing, documents, shortened = _Spacing(), 0, 0
    for number, (text, best) in enumerate(found):
        spacing.add(blank=not best)
        if best:  # a blank line is no document
            documents += 1
            unread.add(best[0].read, best[0].cut)
            unusual.add(best)
        shortened += any(summary.shortened for summary in (best if several or tell else best[:1]))
        if tell:
            output.say_json(tell(text, best))
        else:
            answers.show(best, number, several and not (best and best[0].extracted), by_line)
    if by_line:
        spacing.say()
    unread.say()
    unusual.say(*told)
    if shortened:
        which = "The summary ends" if shortened == documents == 1 else f"{shortened:,} of {documents:,} summaries end"
        output.note(f"{which} inside a sentence: --max-words {asked.max_words} has no room for a whole one.")


class _Spacing:
    """Notice whether blank lines stand between the lines of a file."""

    def __init__(self) -> None:
        self._begun, self._blank, self._between = False, False, False

    def add(self, *, blank: bool) -> None:
        """Take the next line."""
        self._between |= self._blank and not blank
        self._begun |= not blank
        self._blank = self._begun and blank

    def say(self) -> None:
        """Print a note if they do: the file may be one document."""
        if self._between:
            output.note(
                "Each line was read as a document, though blank lines stand between; --whole reads the file as one."
            )


def _one_document(
    lines: Iterable[answers.InputLine], file: str | None, table: tables.TableOptions
) -> Iterator[answers.InputLine]:
    """Join the lines of a file into one document; raises UsageFault without a file, or with a table."""
    if file is None:
        raise UsageFault("--whole was given without a --file.", "seqtext summarize --file report.txt --whole")
    table.refuse({"--whole": True})
    return iter([("", "\n".join([line for _, line in lines]))])


def _summarizer(model: str | None, asked: "SummarizeOptions") -> tuple[Any, "partial[Any]"]:
    """Load the model, unless documents are quoted; return it and the answering function with its options."""
    from seqtext.models.summaries import quoted

    if asked.quotes:
        return None, partial(quoted, lead=asked.lead, sentences=asked.sentences, max_words=asked.max_words)
    from seqtext.storage.catalog import load

    summarizer = load(model or "summarize-en", "summarize")
    return summarizer, partial(
        summarizer.summarize, search=asked.search, max_words=asked.max_words, avoid=asked.avoid, **asked.where_unusual
    )


def _check_one(sources: Mapping[str, Any], avoid: str | None) -> None:
    """Raise UsageFault for more than one source of summaries, and for words to avoid in quotes."""
    chosen = [flag for flag, value in sources.items() if value]
    if len(chosen) > 1:
        raise UsageFault(f"{' and '.join(chosen)} were given; one of them is accepted.", f"remove {chosen[-1]}")
    if avoid and {"--extract", "--lead"} & {*chosen}:
        raise UsageFault("--avoid was given for a quote, whose words are the document's own.", "remove --avoid")
