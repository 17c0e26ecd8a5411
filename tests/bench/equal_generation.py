"""Bits per character of a language model against a GPT of equal size, both trained from scratch for equal minutes.

Both learn the same tokens with the same threads and precision, and are asked for the same held-out text, whole: ours
with its state carried along, as `train` measures it, the GPT in windows that overlap by half. The GPT is trained once
for each --rate with each --context and --batch, and its best counts. Needs the packages of the extra `bench`.
"""

import argparse
import itertools
import tempfile
from pathlib import Path

import torch
import transformer
from fitting import Size, add_size_options
from settings import add_training_options, columns, corpora, learn, training_settings
from table import Row, say
from transformer import Place, Setting, Trained

from seqtext.training.batches.streams import Stream


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    add_training_options(parser)
    parser.add_argument("--valid", action="append", metavar="PATH", help="held-out text; else a share of the corpus")
    parser.add_argument("--minutes", type=float, default=5.0, help="training of each model (5)")
    again = "may be repeated"
    parser.add_argument("--rate", type=float, action="append", help=f"learning rate of the GPT; {again} (1e-3, 3e-3)")
    parser.add_argument("--context", type=int, action="append", help=f"tokens that it sees; {again} (128)")
    parser.add_argument(
        "--batch", type=int, action="append", help=f"tokens of its update; {again} (by the processor's speed)"
    )
    add_size_options(parser, "GPT")


def measure(options: argparse.Namespace) -> list[Row]:
    """Bits per character, their ratio, and what each training took."""
    contexts = options.context or [128]
    if min(contexts) < 2:
        raise SystemExit("--context: at least 2 is needed.")
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        settings = {**training_settings(options), "minutes": options.minutes}
        ours = learn("generate", corpora(options), run, settings, valid=options.valid, columns=columns(options))
        started = ours.started
        if started.held_out.startswith("none"):
            raise SystemExit("The corpus is too small to spare any held-out text; --valid PATH names some.")
        text, held = Stream(run / "data" / "train"), Stream(run / "data" / "valid")
        place = Place(torch.device(started.device), started.precision == "bf16")
        size = Size(options.layers, options.heads, options.hidden, options.dropout)
        tried: list[tuple[float, Setting, Trained]] = []
        for context in contexts:
            config = transformer.fitting_config(started.parameters, started.vocabulary, context, size)
            batches = options.batch or [transformer.good_batch(config, text, place)]
            for rate, batch in itertools.product(options.rate or [1e-3, 3e-3], batches):
                setting = Setting(rate, context, batch)
                say(f"GPT, {config.n_layer} × {config.n_embd}, {setting} …")
                trained = transformer.train(config, text, setting, options.minutes, options.seed, place)
                bits = transformer.held_out_bits(trained.network, held, context, place.device)
                say(f"{bits:.3f} bits per character")
                tried.append((bits, setting, trained))
    bits, chosen, theirs = min(tried, key=lambda item: item[0])
    form, found = theirs.network.config, ours.scores["bits_per_character"]
    return [
        Row("bits per character, seqtext", found),
        Row("bits per character, GPT", bits),
        Row("ratio", found / bits, "", 0.9),
        Row("held-out characters", held.characters),
        Row("tokens of the training text", text.tokens),
        Row("parameters, seqtext", started.parameters),
        Row("parameters, GPT", theirs.network.num_parameters()),
        Row("tokens seen, seqtext", round(ours.tokens)),
        Row("tokens seen, GPT", theirs.tokens),
        Row("updates, seqtext", ours.updates),
        Row("updates, GPT", theirs.updates),
        Row("training, seqtext", ours.seconds, "s"),
        Row("training, GPT", theirs.seconds, "s"),
        Row("form, GPT", f"{form.n_layer} × {form.n_embd}, {form.n_head} heads, inner {form.n_inner}"),
        Row("precision, threads, device", f"{started.precision}, {started.threads}, {started.device}"),
        *(
            Row(f"GPT, {setting}{' (counts)' if setting == chosen else ''}", value, f"loss {trained.loss:.3f}")
            for value, setting, trained in tried
        ),
    ]
