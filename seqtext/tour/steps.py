"""Define the steps of the tour. Each has a subject, its commands, and what to see in their figures."""

from dataclasses import dataclass

from seqtext.tour.texts import LABELLED, SETTINGS_FILE

CORPORA = "corpora"  # a clone's folder of texts
FOLDER = "tour"  # where the made-up texts and the runs are written, unless another is named
#: The accuracy from which on a classifier has learnt, and how far above chance it still guesses, of 300 texts.
LEARNT, LUCK = 0.95, 0.12


@dataclass(frozen=True)
class Command:
    """Hold a command line, and what its step's figure says of it.

    line:    what is typed, with {tour}, {corpora} and {run}/NAME for the places of texts and runs
    seconds: about how long it takes on two cores
    name:    of a training run, its line in the figure
    learns:  of a classifier of the made-up texts, whether it can learn them; None for everything else
    chance:  of a classifier, the accuracy of a guess
    shows:   a pattern of the lines of its output that are shown; those between them are left out
    """

    line: str
    seconds: int
    name: str = ""
    learns: bool | None = None
    shows: str = ""
    chance: float = 0.0

    @property
    def trains(self) -> bool:
        """Tell whether it is a training run, whose figure is the score."""
        return self.line.startswith("seqtext train ")

    @property
    def needs_torch(self) -> bool:
        """Tell whether it loads PyTorch."""
        return self.line.startswith(("seqtext train ", "seqtext inspect gradients "))


@dataclass(frozen=True)
class TourStep:
    """Hold a step of the lecture.

    number: from 1 on; name: as it is typed; title: one line
    about: what is built here, and its equation; commands: those to run; look: what to see in the figure
    files: those that are written for it; corpora: those of a clone that it reads
    """

    number: int
    name: str
    title: str
    about: str
    commands: tuple[Command, ...]
    look: str
    files: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()

    @property
    def is_scored(self) -> bool:
        """Tell whether its figure has bars of accuracies."""
        return any(command.chance for command in self.commands)

    @property
    def seconds(self) -> int:
        """Estimate how long it takes on two cores."""
        return sum(command.seconds for command in self.commands)

    @property
    def needs_torch(self) -> bool:
        """Tell whether a command of it loads PyTorch."""
        return any(command.needs_torch for command in self.commands)


def _learn(kind: str, run: str, options: str, name: str, learns: bool, seconds: int) -> Command:
    """A classifier that learns a kind of made-up text."""
    texts = f"{{tour}}/{kind}.tsv --valid {{tour}}/{kind}-valid.tsv"
    line = f"seqtext train classify {texts} --config {{tour}}/{SETTINGS_FILE}"
    chance = 0.25 if kind in ("first", "growing", "memory") else 0.5  # four words or two
    return Command(f"{line} --run {{run}}/{run} {options}", seconds, f"{kind}: {name}", learns, chance=chance)


_GAPS = '"the ___ of it was red" "the ___ of it was blue" --top 2'
_LAST = "--direction forward --pooling last --hidden 64"

_STEPS = (
    TourStep(
        0, "tokens", "Tokens: text becomes numbers",
        """A network reads numbers, so a text is cut into tokens first, and each token has a number, its id. What a
        token is, is chosen: a character, a word, or a piece that occurs often. A vocabulary of words is large and yet
        lacks words; one of characters is small, and its texts are long.""",
        (Command('seqtext inspect tokens "She fried pancakes on the stovetop." --model fill-en', 1),
         Command('seqtext inspect tokens "She fried pancakes on the stovetop." --model generate-en', 1,
                 shows="^ *id |^ *[0-9]+ +[0-4] |^tokens:")),
        """The first model has whole words, and spells the one that it lacks. The second one has characters: more than
        three times as many steps for the same sentence, which matters as soon as something has to be remembered over
        them.""",
    ),
    TourStep(
        0, "vectors", "Vectors: numbers become places",
        """An id says nothing about its word: 17 is no nearer to 18 than to 900. So each id chooses a row of a matrix,
        x = E[id], a vector that is learnt with all else (an embedding). Words that are used alike come to lie side by
        side. How near two of them are says the cosine of the angle between them.""",
        (Command("seqtext similar kettle --top 5", 1), Command("seqtext similar yesterday --top 5", 1)),
        """Nobody told the model what a kettle is; it has only filled blanks. What fills the same blanks has like
        vectors, which is why opposites lie near each other, too.""",
    ),
    TourStep(
        0, "bag", "A bag of words: which words, not in what order",
        """The simplest reader takes the mean of the vectors, h = (x_1 + … + x_T) / T, and a linear layer scores the
        labels. A sum is the same in whatever order its parts come. In next.tsv, "red" and "blue" stand side by side
        among small words, and the label is which of the two comes first. Whoever guesses is right in half of the
        texts.

        With a vector for each pair of neighbours, too (--pairs), a bag sees some order: "red blue" is a pair of its
        own. In near.tsv, two other words stand between the two.""",
        (_learn("next", "bag", "--encoder bag --pooling mean", "a bag of words", False, 9),
         _learn("next", "pairs", "--encoder bag --pooling mean --pairs 20000", "a bag of pairs", True, 11),
         _learn("near", "pairs-near", "--encoder bag --pooling mean --pairs 20000", "a bag of pairs", False, 11)),
        """The bag guesses, however long it learns: "red … blue" and "blue … red" are one text to it. Pairs mend it,
        but only where the two words touch. Runs of three, of four and so on would need a vector for each that may
        come: their number grows with the power of their length.""",
        ("next.tsv", "near.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "window", "A feed-forward network with a window: five words at once",
        """Each word is read with the two before it and the two after it: h_t = relu(W [x_{t−2}; …; x_{t+2}] + b). Of
        each unit the highest value in the text is kept (max pooling), so a unit may say "red here and blue three
        places on", wherever that is. In far.tsv, six to nine words stand between the two.""",
        (_learn("near", "window", "--encoder feedforward", "a window of 5", True, 9),
         _learn("far", "window-far", "--encoder feedforward", "a window of 5", False, 9),
         _learn("far", "wide", "--encoder feedforward --window 21", "a window of 21", True, 11)),
        """The window learns what pairs could not, and fails as soon as the two words never stand in it together. A
        wider one holds them, with four times the weights, and it must have been made wide before anybody knew how far
        apart they are.""",
        ("near.tsv", "far.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "pooling", "A 1-D convolution, with max or average pooling",
        """Filters of two, three and four words side by side slide over the text (--widths 2,3,4): a unit is a short
        phrase, and its weights are the same wherever the phrase stands. What they find becomes one vector by pooling:
        the maximum says whether something occurred, the average how often.

        In more.tsv, one of "red" and "blue" comes five times and the other three times, four words apart; the label
        is the more frequent one.""",
        (_learn("near", "convolution", "--encoder convolution --pooling max", "max pooling", True, 9),
         _learn("far", "convolution-far", "--encoder convolution --pooling max", "max pooling", False, 9),
         _learn("more", "more-max", "--encoder convolution --pooling max", "max pooling", False, 12),
         _learn("more", "more-mean", "--encoder convolution --pooling mean", "average pooling", True, 12)),
        """What the filters cannot learn is what the window cannot: words that are further apart than a filter is
        wide. And a maximum cannot count: three times red is as red as five times. An average can; but in a long text
        it makes little of a phrase that stands there once.""",
        ("near.tsv", "far.tsv", "more.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "rnn", "A recurrent network: whatever came before",
        """h_t = tanh(W x_t + U h_{t−1} + b): a state that each word changes, and no width to choose. The same weights
        serve at every step, so a long text needs no more of them than a short one.""",
        (_learn("far", "rnn", "--encoder rnn", "a simple RNN", True, 11),),
        """The state carries the first of the two words until the second one comes, over any distance that it met.
        With fewer weights than the window of 21, it learns what that one did.""",
        ("far.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "gradients", "The vanishing gradient, made visible",
        """How far can a state carry? What a network learns about a word is what the gradient of the loss brings
        there, and each step back multiplies it by U and the slope of tanh: dL/dh_{t−1} = Uᵀ ((1 − h_t²) ∘ dL/dh_t).
        Here the loss is that of the last of 100 characters, and what is shown is the length of that gradient at each
        step.

        --start usual begins with every weight uniform within ±1/√hidden, as is usual elsewhere; orthogonal weights,
        with which seqtext begins, keep lengths.""",
        (Command("seqtext inspect gradients {corpora}/stories.txt --cell rnn --cell gru --cell lstm --threads 1", 10,
                 shows="^cell |^(rnn|gru|lstm) "),),
        """A full bar is the gradient at the last step, and each level down is a tenth. Read from right to left, that
        of the usual simple RNN is gone after a dozen steps: of what stands further back, nothing is learnt. An LSTM
        loses much less, as its cell is added to. Orthogonal weights help the simple RNN as much, but only to begin
        with: nothing keeps them so.""",
        corpora=("stories.txt",),
    ),
    TourStep(
        0, "lstm", "LSTM: a cell that keeps",
        """An LSTM adds what it reads to a cell, and gates, numbers between 0 and 1, choose how much: c_t = f ∘
        c_{t−1} + i ∘ g, h_t = o ∘ tanh(c_t). Where the forget gate f is 1, the cell stays as it is, over any number
        of steps.

        In first.tsv, the first word is one of four, and the label; two to a hundred others follow, with the same four
        among them. The last state alone must say which came first (--direction forward --pooling last), of texts with
        a hundred others.""",
        (_learn("first", "first-rnn", f"--encoder rnn {_LAST} --steps 800", "a simple RNN", False, 20),
         _learn("first", "first-lstm", f"--encoder lstm {_LAST} --steps 800", "an LSTM", True, 25)),
        """The LSTM keeps the first word: its gates let one in, and shut. In the simple RNN every step rewrites the
        state, and with as many updates it is right less often. That is slower, not unable: when this was measured,
        500 updates brought the simple RNN to 51 % and the LSTM to 67 %, 800 to 78 % and 100 %, each with one seed.
        Where nothing like the first word comes later (growing.tsv), 500 updates are enough for the simple RNN, too,
        thanks to the orthogonal weights that it begins with.""",
        ("first.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "gru", "GRU: one gate fewer",
        """A GRU has no cell beside its state; it mixes the old state with a new one: h_t = z ∘ h_{t−1} + (1 − z) ∘ n.
        That is fewer weights than an LSTM has. To begin with its gate z is half open, so that a hundred steps leave
        next to nothing of the gradient. In memory.tsv, a hundred words follow the first one in every text;
        growing.tsv has short texts among the long ones. Both are measured on texts with a hundred.""",
        (_learn("memory", "memory-gru", f"--encoder gru {_LAST} --steps 300", "a GRU", False, 25),
         _learn("growing", "growing-gru", f"--encoder gru {_LAST} --steps 300", "a GRU", True, 20)),
        """From long texts alone the GRU learns nothing in 300 updates: nothing tells its gate to stay shut. From
        short ones among them it learns to keep, and then it keeps over a hundred words. What a network can do, and
        what it can learn, are two things.""",
        ("memory.tsv", "growing.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "both", "Both directions",
        """What is far from the end is near to the beginning. A second reader goes from right to left, and meets the
        first word last; the states of both stand side by side. It cannot forecast, for which the end must be there
        already, but a text that is to be labelled is all there.""",
        (_learn("memory", "memory-both", "--encoder gru --pooling last --hidden 64", "a GRU, both ways", True, 25),),
        """The same GRU that learnt nothing learns it at once, in half the updates: the word is one step away.""",
        ("memory.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "mingru", "A gate that looks at the input alone",
        """In a minGRU (Feng et al. 2024), gate and candidate leave out the state: h_t = (1 − z(x_t)) ∘ h_{t−1} +
        z(x_t) ∘ n(x_t). So all steps can be computed side by side, as a GPU likes it.""",
        (_learn("far", "mingru", "--encoder mingru", "a minGRU", False, 9),
         _learn("far", "mingru-2", "--encoder mingru --layers 2 --steps 300", "two layers of it", True, 20)),
        """It has a price: one layer writes the same for a word whatever came before, and the maximum over time does
        not know when it was written. A second layer reads the states of the first, and mends it.""",
        ("far.tsv", SETTINGS_FILE),
    ),
    TourStep(
        0, "sentences", "The rungs on real sentences",
        """Is a sentence a question, a request, a complaint, thanks or a plan? There are 300 to learn from and 100 to
        measure on, and five labels: a guess is right in a fifth.""",
        tuple(
            Command(
                f"seqtext train classify {{tour}}/sentences.tsv --valid {{tour}}/sentences-valid.tsv --config {{tour}}/"
                f"{SETTINGS_FILE} --steps 600 --batch-size 256 --dropout 0.5 --evaluations 10 "
                f"--run {{run}}/sentences-{rung} --encoder {rung}",
                6, name, chance=0.2,
            )
            for rung, name in (("bag", "a bag of words"), ("convolution", "a convolution"), ("rnn", "a simple RNN"),
                               ("lstm", "an LSTM"))
        ),
        """The lowest rung is not far behind the best, and that is a result, too. What these sentences do is said by
        single words and short phrases ("thank you", "could you", a question mark). Of 100 sentences, 85 right may be
        78 or 92 of the next hundred, so neighbours cannot be told apart. Begin with the lowest rung, and climb where
        order, distance or memory decide, as they did above: seqtext compare gives each rung the same minutes on your
        texts.""",
        ("sentences.tsv", SETTINGS_FILE), (LABELLED,),
    ),
    TourStep(
        0, "fill", "Fill in the blank: readers that meet",
        """The same readers, another question: which word stands in the gap? One reads up to it from the left, one
        from the right, and the vector of the word that fits their states best is the answer, softmax(V q). In
        repeated.txt, the second word of each line is its last one, so that it can only be known from the right.""",
        (Command("seqtext train fill {tour}/repeated.txt --valid {tour}/repeated-valid.txt --preset tiny --threads 1 "
                 "--steps 100 --average 0 --no-bag --direction forward --run {run}/left", 15, "read from the left"),
         Command(f"seqtext fill --model {{run}}/left {_GAPS}", 1),
         Command("seqtext train fill {tour}/repeated.txt --valid {tour}/repeated-valid.txt --preset tiny --threads 1 "
                 "--steps 100 --average 0 --no-bag --direction both --run {run}/sides", 18, "read from both sides"),
         Command(f"seqtext fill --model {{run}}/sides {_GAPS}", 1),
         Command('seqtext fill "The quick brown ___ jumped over the lazy dog." --top 3', 1)),
        """To the left of both gaps stands the same word, so the first model gives both the same answer; the second
        one looks to the right. How many words they get right (top1) says little here: most of them are drawn at
        random, and cannot be known. The last answer is of fill-en, the same network on millions of sentences.""",
        ("repeated.txt",),
    ),
    TourStep(
        0, "generation", "Generation: what comes next, again and again",
        """A reader from left to right forecasts the next character, p(x_t | x_1 … x_{t−1}). Draw one, read it,
        forecast again, and a text grows. How surprised a model is by new text is measured in bits per character: 8
        bits know nothing, 4 know how often letters come, and the best models on earth have less than 1.""",
        (Command("seqtext train generate {corpora}/everyday.txt --preset tiny --threads 1 --steps 200 --average 0 "
                 "--dropout 0.1 --learning-rate 0.01 --run {run}/everyday", 30, "a GRU, by characters"),
         Command('seqtext generate --model {run}/everyday "She said" --length 150 --temperature 0.3 --seed 1', 1),
         Command('seqtext generate --model {run}/everyday "She said" --length 150 --temperature 1.2 --seed 1', 1),
         Command('seqtext generate "She said" --length 150 --seed 1', 1)),
        """From less than a minute on 98,000 characters, it spells, with spaces where words end. At a low temperature
        it plays safe and repeats itself, at a high one it dares and misspells. The last text is of generate-en, the
        same kind of network after hours on much more text: its words are right, and most sentences; what they tell is
        no story.""",
        corpora=("everyday.txt",),
    ),
    TourStep(
        0, "translation", "Translation: an encoder, a decoder, attention",
        """A label for each word is not enough: French puts colours behind things, and makes them agree. So an encoder
        reads the source both ways, and a decoder writes the target word by word, like the generator above. Before
        each word it looks back: a_s = softmax(h_s · d), and the mean of the encoder's states with these weights
        stands beside its own. french.tsv has made-up phrases and sentences of 14 English words; those to measure on
        are new.""",
        (Command("seqtext train translate {tour}/french.tsv --valid {tour}/french-valid.tsv --preset tiny "
                 "--tokens word --cell gru --hidden 64 --threads 1 --steps 1200 --batch-size 256 "
                 "--learning-rate 0.01 --average 0 --dropout 0 --label-smoothing 0 --evaluations 2 --run {run}/french",
                 45, "a GRU with attention"),
         Command('seqtext translate --model {run}/french "the black door wants the green dog"', 1),
         Command('seqtext translate "The black door is next to the green garden." --to fr', 1),
         Command('seqtext inspect attention "The black door is next to the green garden." --to fr', 1)),
        """BLEU compares with a right translation: 100 is the same. In less than a minute, the network has learnt the
        order of words, and which nouns want le and which la. The other two are of translate-en-fr, the same kind of
        network on real sentences; it is small, and errs. The shades say what each French word looked at: noun and
        colour look crosswise.""",
        ("french.tsv",),
    ),
)  # fmt: skip


def _numbered() -> tuple[TourStep, ...]:
    from dataclasses import replace

    return tuple(
        replace(step, number=number, about=_flowing(step.about), look=_flowing(step.look))
        for number, step in enumerate(_STEPS, 1)
    )


def _flowing(text: str) -> str:
    """A text without the line breaks of its source; blank lines stay."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


#: All steps, in the order of the lecture.
STEPS = _numbered()
