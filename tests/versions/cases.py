"""What both versions are asked: commands as one would type them, and the files that they read."""

import json
import re
import shlex
import shutil
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

_SETTINGS = (
    "--steps 20 --threads 1 --precision fp32 --device cpu --preset tiny --seed 1 --evaluations 2 --batch-size 512 "
    "--save-seconds 3600"
)

#: The runs that are trained, by name; later settings win over `_SETTINGS`.
TRAINED = {
    "fill-word": "fill corpora/everyday.txt",
    "fill-bpe": "fill corpora/everyday.txt corpora/stories.txt --tokens bpe --vocab-size 600 --encoder gru --layers 2",
    "fill-char": "fill corpora/everyday.txt --tokens char --encoder convolution --window 3 --layers 2 --no-bag --json",
    "fill-forward": "fill corpora/stories.txt --direction forward --softmax sampled --samples 64 --average 0.9",
    "generate-char": "generate corpora/stories.txt",
    "generate-bpe": "generate corpora/stories.txt --tokens bpe --vocab-size 500 --cell lstm --average 0.9 --json",
    "generate-word": "generate corpora/stories.txt --tokens word --cell mingru --average 0 --valid made/lines.txt",
    "generate-window": "generate corpora/everyday.txt --encoder feedforward --window 4 --layers 2",
    "generate-on": "generate corpora/everyday.txt --from runs/generate-char",
    "anomaly-auto": "anomaly corpora/service.log",
    "anomaly-word": "anomaly corpora/service.log --tokens word --cell rnn --false-alarms 0.05 --json",
    "anomaly-sessions": "anomaly made/sessions.txt",
    "translate-bpe": "translate corpora/phrases.tsv --columns source=english,target=french",
    "translate-word": "translate corpora/phrases.tsv --columns source=german,target=english --tokens word --cell gru "
    "--vocabulary separate --attention additive --layers 2",
    "summarize-bpe": "summarize corpora/summaries.jsonl --columns source=text,target=summary --vocab-size 700",
    "summarize-char": "summarize corpora/summaries.jsonl --columns source=text,target=summary --tokens char --no-copy",
    "classify-word": "classify corpora/labelled.tsv",
    "classify-char": "classify corpora/labelled.tsv --tokens char --encoder convolution --widths 2,4 --pool-width 2",
    "classify-bag": "classify corpora/labelled.tsv --encoder bag --pooling mean --pairs 500 --wide 500 --json",
    "classify-pool": "classify corpora/labelled.tsv --encoder gru --pooling attention,max --balance 0.5 --tokens bpe",
    "classify-several": "classify made/several.tsv --several --encoder mingru --direction forward --pooling last",
    "classify-config": "classify corpora/labelled.tsv --config made/settings.json",
    "classify-from-fill": "classify corpora/labelled.tsv --from fill-en",
    "classify-from-lstm": "classify corpora/labelled.tsv --from runs/fill-word --encoder lstm",
    "classify-from-char": "classify corpora/labelled.tsv --from runs/generate-char",
}

#: The runs that OLD begins and both go on with: task, corpus and settings of `seqtext.train`.
BEGUN: dict[str, tuple[str, str, dict[str, object]]] = {
    "fill": ("fill", "corpora/everyday.txt", {}),
    "generate": ("generate", "corpora/stories.txt", {"average": 0.9}),
    "anomaly": ("anomaly", "corpora/service.log", {}),
    "translate": ("translate", "corpora/phrases.tsv", {"columns": {"source": "english", "target": "german"}}),
    "summarize": ("summarize", "corpora/summaries.jsonl", {"columns": {"source": "text", "target": "summary"}}),
    "classify": ("classify", "corpora/labelled.tsv", {"encoder": "bag", "wide": 300}),
    "classify-from": ("classify", "corpora/labelled.tsv", {"encoder": "convolution", "start": "fill-en"}),
}

#: Each is answered as it stands and with --json; one that has --json already, once.
ANSWERS = """\
fill "The quick brown ___ jumped over the lazy dog."
fill "He ___ the door and ___ the room." "We had to wait for the ___." --top 3 --max-words 2
fill "The farmer milked the ___." --option cow --option roof --option "old river"
fill --file made/cloze.txt
fill --file made/blanks.txt --option key --option rain --option seven
fill --file - < made/cloze.txt
fill --file made/latin.txt --encoding-errors replace
fill "The dog ___ ." --model runs/fill-word
fill "The dog ___ ." --model runs/fill-bpe --max-words 3
fill "The dog ___ ." --model runs/fill-char --top 2
fill "The dog ___ ." --model runs/fill-forward --option ran --option slept
generate "Once upon a time" --length 150 --seed 7
generate --temperature 0.6 --top-p 0.9 --seed 3 --length 100 --count 2
generate "The old man" --seed 5 --adapt --length 120 --stop . --repetition-penalty 1.2
generate "Her name was" --temperature 0 --length 60
generate --file made/lines.txt --seed 2 --top-k 20 --min-p 0.01 --length 40
generate "The dog" --model runs/generate-char --seed 1 --length 60
generate "The dog" --model runs/generate-bpe --seed 1 --length 60
generate "The dog" --model runs/generate-word --seed 1 --length 60
generate "The dog" --model runs/generate-window --seed 1 --length 60
next "The children went to the"
next "The children went to the sch" "She put on her c" --complete --top 3
next --file made/lines.txt
next "The dog" --model runs/generate-word
next "The dog was as" --model runs/generate-bpe --complete
score "The cat sat on the refrigerator." "Été in Zürich, 2031."
score --file made/lines.txt
score --file made/lines.txt --adapt
score "The fox ran to the barn, and the fox ran home." --model runs/generate-bpe --adapt
anomaly --file corpora/service-labelled.tsv --model runs/anomaly-auto --columns text=2
anomaly --file made/odd.log --model runs/anomaly-auto --all --threshold 2.5
anomaly --file - --model runs/anomaly-word < made/odd.log
anomaly "login search cart" "cart http http" --model runs/anomaly-sessions
classify "Où est la gare ?" "Wo ist der Bahnhof?" "The kettle is warm."
classify "Où est la gare ?" --explain --top 2
classify --file made/english.txt --top 1
classify --file corpora/stories.txt --model runs/classify-word
classify "Could you send me the report by Friday?" --model runs/classify-bag --explain
classify "Could you send me the report by Friday?" --model runs/classify-char --explain
classify "Could you send me the report by Friday?" --model runs/classify-from-fill --top 2
classify --file made/lines.txt --model runs/classify-several
classify "Thank you for the long and friendly letter." --model runs/classify-several --explain
translate "A man rides a horse." --to fr
translate "A man rides a horse." "Who broke the window of the school?" --to de --n-best 3
translate --file made/english.txt --to fr --beam 2 --length-penalty 1 --no-repeat 3
translate "Two dogs play in the snow." --to de --beam 1 --max-length 6 --attention -
translate "Two dogs play in the snow." --attention picture.png
translate "Two dogs play in the snow. A boy sings." --to fr --alignment --json
translate "Where is the library?" --model runs/translate-bpe --n-best 2 --coverage-penalty 0.3 --min-length 2
translate "Wo ist das Buch?" --model runs/translate-word --n-best 2 --max-length 8
summarize --file made/document.txt --whole --n-best 2
summarize --file made/document.txt --max-words 8
summarize --file made/document.txt --whole --extract --sentences 2
summarize --file made/document.txt --extract --max-words 15
summarize --file made/document.txt --lead 1 --max-words 12
summarize --file corpora/stories.txt --whole --beam 2
summarize "The bridge over the river will be closed on Monday, the council said." --model runs/summarize-bpe
summarize "The bridge over the river will be closed." --model runs/summarize-char --max-length 20
evaluate fill-en corpora/everyday.txt --limit 40
evaluate fill-en corpora/stories.txt corpora/everyday.txt --limit 30 --seed 5
evaluate fill-en made/questions.jsonl
evaluate runs/fill-bpe corpora/stories.txt --limit 40
evaluate generate-en corpora/stories.txt --limit 4
evaluate runs/generate-word corpora/everyday.txt --limit 20
evaluate translate-en-fr corpora/phrases.tsv --columns source=english,target=french --limit 10 --output answers.txt
evaluate runs/translate-word corpora/phrases.tsv --columns source=german,target=english --limit 10
evaluate summarize-en corpora/summaries.jsonl --columns source=text,target=summary --limit 5 --output answers.txt
evaluate language-id made/languages.tsv --limit 40 --picture picture.png
evaluate runs/classify-word corpora/labelled.tsv
evaluate runs/classify-bag corpora/labelled.tsv --baseline corpora/labelled.tsv --limit 100
evaluate runs/classify-several made/several.tsv
evaluate runs/anomaly-auto corpora/service-labelled.tsv
evaluate runs/anomaly-word corpora/service-labelled.tsv --normal normal --false-alarms 0.1
evaluate runs/anomaly-auto made/normal.log --anomalies made/odd.log --limit 60
inspect tokens "The café is open." "Zwölf Boxkämpfer"
inspect tokens "The unbelievable fox." --model fill-en
inspect tokens "Une fenêtre." --model translate-en-fr --target
inspect tokens --file made/lines.txt --model runs/classify-char
inspect attention "A man rides a horse." --to de
inspect attention "A man rides a horse." "Un homme monte à cheval." --picture picture.png
inspect attention "The bridge is closed." "bridge closed" --model summarize-en
inspect gradients corpora/stories.txt --hidden 12 --length 20 --windows 4 --threads 1
inspect gradients corpora/stories.txt --cell gru --start usual --hidden 12 --length 20 --steps 5 --threads 1
inspect gradients corpora/stories.txt --model runs/generate-char --length 20 --windows 4 --threads 1 --picture flow.png
info fill-en
info generate-en
info language-id
info summarize-en
info translate-en-de
info translate-en-fr
info runs/classify-several
info runs/anomaly-auto
models
"""

#: Each fails; what is said about it is compared.
ERRORS = """\
fil "The ___."
fill "No blank here."
fill "A ___." --file made/cloze.txt
fill "A ___." --top 0
fill "A ___ and a ___." --option tea --option sand
fill "A ___." --model nowhere
fill "A ___." --model user/name
fill "A ___." --model generate-en
fill "A ___." --unknown
fill --file nowhere.txt
fill --file made/lines.txt
fill --file made/latin.txt
generate --temperature -1
generate --model fill-en
generate --length 0
generate "" --seed -1
next "Hello" --model nowhere --json
score "Hello" --model language-id
anomaly "a line"
anomaly "a line" --model fill-en
anomaly "a line" --model runs/anomaly-auto --threshold nan
classify "a text" --top x
classify --model made/settings.json "a text"
translate "Hello." --to xx
translate "Hello." --model translate-en-fr --to de
translate "Hello." --alignment
translate "Hello." "You." --attention picture.png
translate "Hello." --attention picture.gif
translate "Hello." --n-best 9
summarize "a" --whole
summarize "a" --extract --lead 2
summarize "a" --beam 0
evaluate
evaluate fill-en
evaluate fill-en nowhere.txt
evaluate fill-en made/empty.txt
evaluate fill-en corpora/everyday.txt --anomalies made/odd.log
evaluate runs/anomaly-auto made/normal.log
evaluate runs/classify-word corpora/everyday.txt
evaluate nowhere corpora/everyday.txt
info nowhere
models nothing
inspect
inspect token "a"
inspect tokens "a" --model nowhere
inspect attention "a" --model fill-en
inspect attention "a" --model fill-en --to de
inspect gradients nowhere.txt
inspect gradients corpora/stories.txt --model runs/generate-char --steps 3
train
train fill
train fill --run r
train fil corpora/everyday.txt --run r
train fill corpora/everyday.txt
train fill corpora/everyday.txt --run r --layers 0
train fill corpora/everyday.txt --run r --encoder bag
train fill corpora/everyday.txt --run r --minutes 1 --steps 2
train fill corpora/everyday.txt --run r --resume
train fill --run nowhere --resume
train fill nowhere.txt --run r
train fill made/empty.txt --run r
train fill corpora/everyday.txt --run r --config made/wrong.json
train fill corpora/everyday.txt --run r --from generate-en
train fill corpora/everyday.txt --run runs/fill-word
train classify corpora/labelled.tsv --run r --widths 2,x
train classify corpora/everyday.txt --run r --steps 2
train classify corpora/labelled.tsv --run r --columns text
train translate corpora/phrases.tsv --run r --hidden 7
train translate corpora/phrases.tsv --run r --copy --vocabulary separate
train anomaly corpora/service.log --run r --false-alarms 2
compare classify --run r
compare sort corpora/labelled.tsv --run r
compare classify corpora/labelled.tsv --run r --rung nothing
compare classify corpora/labelled.tsv --run r --each encoder
compare classify corpora/labelled.tsv --run r --set nothing=1
compare classify --run nowhere --resume
"""

#: Code that uses what the README documents, by what it shows.
CODE = {
    "names": "import seqtext; print(seqtext.__all__, dir(seqtext))",
    "a name that is not there": "import seqtext; seqtext.nothing",
    "torch stays away": "import sys, seqtext; seqtext.load('fill-en').fill('A ___.'); print('torch' in sys.modules)",
    "fill": """
import seqtext
model = seqtext.load("fill-en", "fill")
print(model.task, model.fill("She drank ___.", top=3), model.choose("She drank ___.", ["tea", "sand"]))
print(type(model) is seqtext.BlankFiller)""",
    "other answers": """
import seqtext
print(seqtext.load("language-id").classify(["Wo ist der Bahnhof?"], top=2))
print(seqtext.load("translate-en-de").translate(["A man rides a horse."]))
print(seqtext.load("generate-en").next("The children went to the", 3))""",
    "a fault": """
import seqtext
for name, task in (("nowhere", None), ("fill-en", "translate"), ("user/name", None)):
    try:
        seqtext.load(name, task)
    except seqtext.SeqtextError as error:
        print(type(error).__name__, error.exit_code, error.message, error.hint, sep=" | ")""",
    "push": """
import seqtext
try:
    from seqtext.storage.catalog import push
except ImportError:  # versions before the folders by stage
    from seqtext.folder import push
for folder, name in (("runs/fill-word", "no name"), ("runs/fill-word", "user/name"), ("nowhere", "user/name")):
    try:
        push(folder, name, token="none")
    except seqtext.SeqtextError as error:
        print(type(error).__name__, error.message, error.hint, sep=" | ")""",
    "save": """
import seqtext
for precision in ("fp32", "fp16", "int8"):
    seqtext.load("runs/fill-word").save(precision, precision)
    seqtext.load("runs/anomaly-auto").save(f"log-{precision}", precision)
    print(seqtext.load(precision).fill("The dog ___ ."))""",
    "events": """
import dataclasses, seqtext
for event in seqtext.train("generate", "corpora/stories.txt", "run", preset="tiny", steps=4, threads=1, seed=2,
                           precision="fp32", device="cpu", evaluations=2, save_seconds=0.0):
    shown = {field.name for field in dataclasses.fields(event)}
    if type(event).__name__ != "Step":
        print(type(event).__name__, event.step if "step" in shown else event, sorted(shown))""",
}

_LEAGUE = (
    "compare classify corpora/labelled.tsv --run league --minutes 0.05 --preset tiny --threads 1 --rung bag "
    "--each encoder=convolution,hidden=16"
)


@dataclass(frozen=True)
class Case:
    """One thing that both versions are asked.

    words:    the arguments of Python
    stdin:    the file that is read from standard input
    succeeds: whether the command should end with status 0
    timed:    its results say how long they took
    loose:    the clock decides the numbers; only the shape of what is written counts
    """

    part: str
    name: str
    words: tuple[str, ...]
    stdin: str = ""
    succeeds: bool = True
    timed: bool = False
    loose: bool = False
    env: dict[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> list[str]:
        """The names of the trained runs that it reads."""
        trained = (name for word in self.words for name in re.findall(r"runs/([\w-]+)", word))
        return [name for name in dict.fromkeys(trained) if not (self.part == "train" and name == self.name)]

    @property
    def plain(self) -> bool:
        """Whether the answer is a table for a person, whose widths are free."""
        return self.part == "answers" and "--json" not in self.words


def typed(part: str, line: str, **more: bool) -> Case:
    """The case of a command line, which may take its standard input from a file (`< FILE`)."""
    command, _, stdin = line.partition(" < ")
    return Case(part, line, ("-m", "seqtext", *shlex.split(command)), stdin, **more)


def training() -> list[Case]:
    """Training, those first that need no other run."""
    cases = []
    for name, line in TRAINED.items():
        task, *rest = shlex.split(line)
        words = ("-m", "seqtext", "train", task, "--run", f"runs/{name}", *_SETTINGS.split(), *rest)
        cases.append(Case("train", name, words, timed=True))
    return sorted(cases, key=lambda case: len(case.needs))


def answering() -> list[Case]:
    """Every answer twice, for a person and as JSON; then the faults, the code and what a shell completes."""
    cases = []
    for line in ANSWERS.splitlines():
        command, arrow, stdin = line.partition(" < ")
        cases += [typed("answers", line)] if "--json" not in line else []
        cases.append(typed("answers", f"{command.removesuffix(' --json')} --json{arrow}{stdin}"))
    cases += [typed("errors", line, succeeds=False) for line in ERRORS.splitlines()]
    for name, code in CODE.items():
        cases.append(Case("code", name, ("-c", code), succeeds=name != "a name that is not there"))
    for words in ("", "fi", "train fill --en", "train fill --encoder g", "inspect "):
        env = {"COMP_WORDS": f"seqtext {words}", "COMP_CWORD": str(len(words.split(" ")))}
        env["_SEQTEXT_COMPLETE"] = "bash_complete"
        cases.append(Case("answers", f"completion of {words!r}", ("-m", "seqtext"), env=env))
    return [*cases, typed("league", _LEAGUE, loose=True)]


def write_inputs(source: Path, folder: Path) -> None:
    """Copy the corpora and golden texts of a checkout, and write the files made from them."""
    shutil.copytree(source / "corpora", folder / "corpora")
    shutil.copytree(source / "tests" / "golden", folder / "golden")
    made = folder / "made"
    made.mkdir()
    for name, lines in {**_made_texts(folder), **_made_rows(folder)}.items():
        (made / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (made / "latin.txt").write_bytes("The café ___ is open.\n".encode("latin-1"))
    (made / "empty.txt").write_bytes(b"")
    settings = {"encoder": "rnn", "hidden": 24, "dropout": 0.2, "pooling": "max,mean", "minutes": 3}
    (made / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (made / "wrong.json").write_text(json.dumps({"hiden": 24}), encoding="utf-8")


def _made_texts(folder: Path) -> dict[str, list[str]]:
    golden = [json.loads(line) for line in _lines(folder / "golden" / "everyday.jsonl")][:12]
    questions = [
        {"question": one["text"], "options": ["seven", one["sensible"][0], "under"], "answer": 1} for one in golden
    ]
    blanks = [*(one["text"] for one in golden[:6]), ""]
    summaries = [json.loads(line)["text"] for line in _lines(folder / "corpora" / "summaries.jsonl")]
    english = [line.split("\t")[0] for line in _lines(folder / "corpora" / "phrases.tsv")[1:]]
    return {
        "blanks.txt": blanks,
        "cloze.txt": [*blanks, "He ___ the door and ___ the room."],
        "questions.jsonl": [json.dumps(question) for question in questions],
        "document.txt": summaries[:3],
        "english.txt": [*english[:6], "", " ".join(english[6:9])],
        "lines.txt": _lines(folder / "corpora" / "stories.txt")[:8],
    }


def _made_rows(folder: Path) -> dict[str, list[str]]:
    phrases = [line.split("\t") for line in _lines(folder / "corpora" / "phrases.tsv")[1:31]]
    labelled = [line.split("\t") for line in _lines(folder / "corpora" / "labelled.tsv")]
    watched = [line.split("\t") for line in _lines(folder / "corpora" / "service-labelled.tsv")]
    extra = ["", "|long", "|polite"]
    events = cycle(["login", "search", "cart", "pay", "logout", "search", "cart"])
    return {
        "languages.tsv": [
            f"{code}\t{text}"
            for row in phrases
            for code, text in zip(("English", "French", "German"), row, strict=True)
        ],
        "several.tsv": [f"{label}{extra[len(text) % 3]}\t{text}" for label, text in labelled],
        "normal.log": [text for label, text in watched if label == "normal"],
        "odd.log": [text for label, text in watched if label != "normal"],
        "sessions.txt": [" ".join(islice(events, 3 + number % 4)) for number in range(300)],
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
