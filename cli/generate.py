"""Implement `seqtext generate`, which continues a text in the training corpus's style."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from seqtext.config import SamplingConfig

from . import answers, inputs, options, output, tables

_BATCH = 128  # lines whose texts are written at once: more would keep whoever reads them waiting for longer


@click.command(cls=options.Sections)
@options.prompts
@options.model("generate-en")
@click.option(
    "--length", type=int, metavar="N", default=300, show_default=True, help="How many characters to write, at most."
)
@click.option("--stop", metavar="TEXT", multiple=True, help="End before this text; may be repeated.")
@click.option(
    "--count", type=click.IntRange(1), metavar="N", default=1, show_default=True, help="How many texts to write."
)
@options.seed(None)
@click.option("--adapt", is_flag=True, help="Names and phrases of the prompt, and of what is written, come again.")
@options.avoid
@options.as_json
@options.settings(SamplingConfig)
@tables.accepted
def generate(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str,
    length: int,
    stop: tuple[str, ...],
    count: int,
    seed: int | None,
    adapt: bool,
    avoid: str | None,
    as_json: bool,
    table: tables.TableOptions,
    **typed: Any,
) -> None:
    """Go on with a text, or write one from nothing, character by character.

    \b
    seqtext generate "Once upon a time" --length 500
    seqtext generate --temperature 0.6 --top-p 0.9 --seed 7
    seqtext generate --file prompts.txt --json > texts.jsonl

    The text streams as it is made, after its prompt; with --json, "text" is what was written, without the prompt.
    Without --json, a --file gives one line for each of its lines, or --count of them: the prompt and its text. With
    --seed 7, the second text of a prompt is that of --seed 8, and so on. To a table, the column generated is added.
    """
    prompts = inputs.read_texts(texts, file, encoding_errors) if texts or file else iter([("", "")])
    stops = tuple(inputs.utf8(text, encoding_errors) for text in stop)
    sampling = SamplingConfig(**{name: value for name, value in typed.items() if value is not None})
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    asked = {"length": length, "sampling": sampling, "stop": stops, "adapt": adapt, "avoid": avoided}
    from seqtext.models.answers import answering
    from seqtext.storage.catalog import load

    writer, record = load(model, "generate"), answering("generate")
    if table:
        return table.answer(writer.generate, without={"--count": count > 1}, seed=seed, **asked)
    seeds = [None if seed is None else seed + number for number in range(count)]
    if file is not None:
        for prompt, continuations in answers.answered(prompts, file, _with_each(seeds, writer, asked), _BATCH):
            for text in continuations or [None] * count:
                if as_json:
                    output.say_json(record.tell(writer, prompt, text, None))
                else:
                    output.say("" if text is None else output.one_line(prompt + text))
        return
    each = ((place, prompt, each_seed) for place, prompt in prompts for each_seed in seeds)
    for number, (place, prompt, each_seed) in enumerate(each):
        with inputs.faults_at(place):
            pieces = writer.stream(prompt, seed=each_seed, **asked)
            if as_json:
                output.say_json(record.tell(writer, prompt, "".join(pieces), None))
            else:
                show(prompt, pieces, number)


def _with_each(seeds: Sequence[int | None], writer: Any, asked: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Return the function that writes texts for some prompts, one with each seed."""

    def answer(prompts: Any) -> Any:
        return list(zip(*(writer.generate(prompts, seed=seed, **asked) for seed in seeds), strict=True))

    return answer


def show(prompt: str, pieces: Iterable[str], number: int) -> None:
    """Print a prompt and its continuation piece by piece.

    A blank line stands above it unless it is the first.
    """
    output.pour([f"\n{prompt}" if number else prompt])
    output.pour(pieces)
    output.pour(["\n"])
