"""BLEU of a translator against a Transformer encoder–decoder of equal size, both trained from scratch in equal minutes.

Both learn the same pairs in the same pieces with the same threads and precision, output loss and tokens of an update,
and translate the same sentences with a beam of 5: ours by `seqtext`, the Transformer (Marian's layers) by `generate` of
`transformers`. The Transformer is trained once for each --rate with each --batch, and its best BLEU counts. Ours
spends some of its minutes on validation, the Transformer none. Needs the packages of the extra `bench`.

run.py equal_translation --corpus train.en train.de --valid val.en val.de --test test.en test.de --keep runs/equal
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import marian
import torch
from fitting import Size, add_size_options
from settings import add_training_options, columns, learn, training_settings
from table import Row, say
from transformer import Place

import seqtext
from seqtext.config import SearchConfig, Seq2SeqConfig, TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_rows
from seqtext.evaluation.metrics import bleu, chrf
from seqtext.fields import from_dict
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.pair_files import PairFile


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    add_training_options(parser)
    for name, what in (("valid", "held-out pairs; else a share of the corpus"), ("test", "pairs that are scored")):
        parser.add_argument(f"--{name}", action="extend", nargs="+", metavar="PATH", help=what)
    parser.add_argument("--minutes", type=float, default=15.0, help="training of each model (15)")
    again = "may be repeated"
    parser.add_argument("--rate", type=float, action="append", help=f"learning rate of Marian; {again} (7e-4, 1.4e-3)")
    parser.add_argument("--batch", type=int, action="append", help=f"tokens of its update; {again} (as ours)")
    parser.add_argument("--warmup", type=float, default=0.1, help="share of its time in which the rate rises (0.1)")
    parser.add_argument("--beam", type=int, default=5, help="beam of both (5)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keeps both models and their translations")
    add_size_options(parser, "encoder and of the decoder of Marian", Size(3, 4, 0, 0.1))


def measure(options: argparse.Namespace) -> list[Row]:
    """BLEU and chrF, their ratios, and what each training took."""
    for name in ("corpus", "test"):
        if not getattr(options, name):
            raise SystemExit(f"--{name}: two parallel files, or one file of pairs, are needed.")
    rows = list(read_rows(options.test, ("source", "target"), columns=columns(options)))
    sources, references = ([row[side] for row in rows] for side in ("source", "target"))
    with tempfile.TemporaryDirectory() as place:
        folder = options.keep or Path(place)
        run = folder / "seqtext"
        settings = {**training_settings(options), "minutes": options.minutes}
        ours = learn("translate", options.corpus, run, settings, valid=options.valid, columns=columns(options))
        model = seqtext.load(run, "translate")
        found = [best[0].text for best in model.translate(sources, SearchConfig(beam=options.beam))]
        scores = _scores(found, references)
        say(f"BLEU {scores['bleu']:.2f}, chrF {scores['chrf']:.2f}")
        started, (tokenizer, network, training) = ours.started, _settings(run)
        pairs = PairFile(run / "data" / "train")
        size = Size(options.layers, options.heads, options.hidden, options.dropout)
        config = marian.fitting_config(started.parameters, tokenizer.size, size)
        on = Place(torch.device(started.device), started.precision == "bf16")
        tried: list[tuple[dict[str, Any], str, marian.Trained, list[marian.Answer]]] = []
        for rate, batch in itertools.product(options.rate or [7e-4, 1.4e-3], options.batch or [training.batch_size]):
            setting = f"rate {rate:g}, batch {batch}"
            say(f"Marian, {config.encoder_layers} + {config.decoder_layers} × {config.d_model}, {setting} …")
            chosen = replace(training, learning_rate=rate, batch_size=batch, warmup=options.warmup)
            trained = marian.train(config, pairs, chosen, options.minutes, network.label_smoothing, on)
            answers = marian.translate(trained.network, tokenizer, sources, options.beam, 64)
            tried.append((_scores([answer.text for answer in answers], references), setting, trained, answers))
            say(f"BLEU {tried[-1][0]['bleu']:.2f}, chrF {tried[-1][0]['chrf']:.2f}")
        reached, counts, theirs, answers = max(tried, key=lambda item: item[0]["bleu"])
        if options.keep:
            theirs.network.save_pretrained(folder / "marian")
            for name, texts in (("seqtext", found), ("marian", [answer.text for answer in answers])):
                (folder / f"{name}.txt").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return [
        Row("BLEU, seqtext", scores["bleu"]),
        Row("BLEU, Marian", reached["bleu"]),
        Row("ratio", _ratio(scores["bleu"], reached["bleu"]), "", 1.0, lower=False),
        Row("chrF, seqtext", scores["chrf"]),
        Row("chrF, Marian", reached["chrf"]),
        Row("ratio of chrF", _ratio(scores["chrf"], reached["chrf"])),
        Row("signature of BLEU", scores["signature"]),
        Row("sentences", len(sources)),
        Row("pairs learnt", pairs.segments),
        Row("parameters, seqtext", started.parameters),
        Row("parameters, Marian", marian.parameters_of(theirs.network)),
        Row("tokens seen, seqtext", round(ours.tokens)),
        Row("tokens seen, Marian", theirs.tokens),
        Row("speed, seqtext", ours.tokens / ours.seconds, "tokens/s"),
        Row("speed, Marian", theirs.tokens / theirs.seconds, "tokens/s"),
        Row("updates, seqtext", ours.updates),
        Row("updates, Marian", theirs.updates),
        Row("training, seqtext", ours.seconds, "s"),
        Row("training, Marian", theirs.seconds, "s"),
        Row("form, Marian", _form(theirs.network.config)),
        Row("precision, threads, device", f"{started.precision}, {started.threads}, {started.device}"),
        *(
            Row(f"Marian, {setting}{' (counts)' if setting == counts else ''}", one["bleu"], f"loss {trained.loss:.3f}")
            for one, setting, trained, _ in tried
        ),
    ]


def _settings(run: Path) -> tuple[Tokenizer, Seq2SeqConfig, TrainingConfig]:
    """Tokenizer and settings of a run; raises SystemExit where each side has a vocabulary of its own."""
    saved = json.loads((run / "settings.json").read_text(encoding="utf-8"))["settings"]
    cut, network, training = map(from_dict, (TokenizerConfig, Seq2SeqConfig, TrainingConfig), saved)
    if network.vocabulary != "joint":
        raise SystemExit("Marian has one vocabulary: only vocabulary=joint can be compared.")
    data = (run / "data" / "tokenizer.json").read_text(encoding="utf-8")
    return Tokenizer.from_json(data, cut.tokens), network, training


def _scores(found: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    return {**chrf(found, references), **bleu(found, references)}


def _form(config: Any) -> str:
    layers = f"{config.encoder_layers} + {config.decoder_layers} × {config.d_model}"
    return (
        f"{layers}, {config.encoder_attention_heads} heads, inner {config.encoder_ffn_dim}, dropout {config.dropout:g}"
    )


def _ratio(left: float, right: float) -> float:
    return left / right if right else float("inf")
