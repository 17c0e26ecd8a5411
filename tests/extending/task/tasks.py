from seqtext.config import CapitalsConfig

TASKS["capitals"] = Task(
    name="capitals",
    does="that tells which words are capitalised",
    noun="truecaser",
    model="seqtext.models.capitals:Truecaser",
    training="seqtext.training.tasks.capitals:CapitalsTask",
    prepare="seqtext.training.batches.prepare:prepare_texts",
    evaluate="seqtext.evaluation.capitals:evaluate_truecaser",
    network=CapitalsConfig,
    known_by=("accuracy",),
    presets={
        name: {"hidden": hidden, "vocab_size": 2_000, "min_count": 1}
        for name, hidden in (("tiny", 8), ("small", 16), ("base", 32))
    },
    rungs={"narrow": {"hidden": 4}, "usual": {}, "wide": {"hidden": 24}},
    commands=("capitals",),
    question='"the river rhine"',
    help="""Learn which words are capitalised, from text that is written well.

    \b
    seqtext train capitals corpus.txt --run runs/capitals
    seqtext capitals --model runs/capitals "the river rhine"
    """,
)
