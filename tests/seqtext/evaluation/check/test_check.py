"""`seqtext.check`: each kind of fault is planted and found, with exact counts; clean corpora have no problem."""

import json
import os
import random
import textwrap
import threading
from pathlib import Path

import pytest

import seqtext
from seqtext.errors import ConfigError, CorpusError
from seqtext.evaluation.check.findings import CheckReport, Finding, Place

NOUNS = [
    "cat",
    "dog",
    "horse",
    "river",
    "garden",
    "window",
    "teacher",
    "doctor",
    "train",
    "letter",
    "mountain",
    "kitchen",
    "market",
    "bridge",
    "island",
]
VERBS = [
    "watched",
    "painted",
    "followed",
    "carried",
    "remembered",
    "repaired",
    "visited",
    "described",
    "measured",
    "opened",
]
PLACES = [
    "morning",
    "evening",
    "village",
    "harbour",
    "forest",
    "station",
    "winter",
    "summer",
    "library",
    "castle",
    "desert",
    "office",
]
TAILS = ["slowly", "again", "today", "alone", "together", "quietly", "twice", "abroad", "early", "gladly"]


def sentence(number: int) -> str:
    """An English sentence that shares few neighbours with the others."""
    draw = random.Random(number)
    first, second, third = draw.sample(NOUNS, 3)
    start = f"The {first} {draw.choice(VERBS)} a {second} near the {draw.choice(PLACES)} {draw.choice(TAILS)}"
    end = f"this {third} {draw.choice(VERBS)} number {number} in {draw.choice(PLACES)} of {number * 7}"
    return f"{start} because {end}."


def labelled(count: int = 60) -> list[tuple[str, str]]:
    return [(("calm", "loud", "odd")[number % 3], sentence(number)) for number in range(count)]


def write(path: Path, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def found(report: CheckReport, kind: str) -> Finding:
    (one,) = [finding for finding in report.findings if finding.kind == kind]
    return one


def kinds(report: CheckReport) -> set[str]:
    return {finding.kind for finding in report.problems}


def test_a_clean_corpus_has_no_problem(tmp_path: Path) -> None:
    report = seqtext.check(write(tmp_path / "a.tsv", labelled()))
    assert (report.task, report.examples, report.problems) == ("classify", 60, ())
    assert report.next_step == f"seqtext train classify {tmp_path / 'a.tsv'} --run runs/a --minutes 5"


@pytest.mark.parametrize("task", ["fill", "generate", "anomaly"])
def test_clean_text_has_no_problem(tmp_path: Path, task: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n\n".join(sentence(number) for number in range(50)), encoding="utf-8")
    report = seqtext.check(path, task)
    assert (report.task, report.examples, report.problems) == (task, 50, ())


def test_repeated_rows_are_counted_and_placed(tmp_path: Path) -> None:
    rows = labelled()
    path = write(tmp_path / "a.tsv", [*rows, rows[4], rows[4], ("calm", f"  {rows[9][1]} ")])
    one = found(seqtext.check(path), "duplicates")
    assert (one.severity, one.count) == ("warning", 3)
    assert one.places == (Place(str(path), 61), Place(str(path), 62), Place(str(path), 63))
    assert f"{path}:61, the same as {path}:5" in one.message
    assert one.share == 3 / 63
    assert "awk" in one.hint


def test_nearly_repeated_texts_are_found_and_equal_ones_are_not_among_them(tmp_path: Path) -> None:
    rows = labelled()
    near = [(label, text.upper().replace(".", "!")) for label, text in rows[10:15]]
    long = " ".join(sentence(number)[:-1] for number in range(900, 904))
    near += [("odd", long), ("odd", long.replace("because", "while", 1))]
    one = found(seqtext.check(write(tmp_path / "a.tsv", [*rows, *near, rows[0]])), "near-duplicates")
    assert one.count == 6


def test_one_text_with_two_labels(tmp_path: Path) -> None:
    rows = labelled()
    path = write(tmp_path / "a.tsv", [*rows, ("loud", rows[0][1]), ("odd", rows[0][1]), ("odd", rows[1][1])])
    report = seqtext.check(path)
    one = found(report, "conflicts")
    assert (one.severity, one.count) == ("error", 5)
    assert "2 texts have two labels or more, in 5 rows" in one.message
    assert [place.line for place in one.places] == [1, 61, 62]
    assert "duplicates" not in kinds(report)
    assert report.findings[0] == one


def test_overlap_with_held_out_texts(tmp_path: Path) -> None:
    rows = labelled(80)
    train = write(tmp_path / "train.tsv", rows[:60])
    near = [("odd", rows[7][1].lower()), ("odd", rows[8][1].upper())]
    valid = write(tmp_path / "valid.tsv", [*rows[60:], *rows[3:6], *near])
    report = seqtext.check(train, valid=valid)
    exact, nearly = found(report, "overlap"), found(report, "near-overlap")
    assert (exact.severity, exact.count, exact.share) == ("error", 3, 3 / 25)
    assert exact.places[0] == Place(str(valid), 21)
    assert f"{train}:4" in exact.message
    assert (nearly.severity, nearly.count) == ("error", 2)
    assert nearly.places[0] == Place(str(valid), 24)


def test_the_source_side_of_pairs_overlaps(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", [("source", "target"), *((sentence(n), f"x {n} y") for n in range(30))])
    valid = write(tmp_path / "valid.tsv", [("source", "target"), (sentence(3), "z 1"), (sentence(99), "z 2")])
    report = seqtext.check(train, valid=valid)
    assert report.task == "translate"
    assert found(report, "overlap").count == 1


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("wordless", ["12 345", "!!! ...", "https://example.org/a?b=c www.example.org"]),
        ("mojibake", ["Le cafÃ© est fermÃ©", "It â€™s closed", "Ð¿Ñ€Ð¸"]),
        ("replacement-characters", ["the caf\ufffd is closed"]),
        ("control-characters", ["a bell\x07 rings", "\x1b[31mred"]),
        ("markup", ["<p>one two</p>", "this &amp; that", "a<br/>b", "it&#39;s"]),
    ],
)
def test_damaged_texts(tmp_path: Path, kind: str, texts: list[str]) -> None:
    fine = ["2 < 3 and 5 > 4", "R&D; a & b", "NÃO PARE", "ÂME sœur", "a\u00a0b: naïve façade", "x <y> z"]
    rows = [*labelled(), *(("calm", text) for text in fine), *(("calm", text) for text in texts)]
    report = seqtext.check(write(tmp_path / "a.tsv", rows))
    one = found(report, kind)
    assert one.count == len(texts)
    assert one.places[0].line == 61 + len(fine)
    assert kinds(report) == {kind}


def test_a_text_much_longer_than_the_others_and_texts_longer_than_what_is_read(tmp_path: Path) -> None:
    long = " ".join(sentence(number) for number in range(2_000, 2_040))
    rows = [*labelled(200), ("odd", long)]
    report = seqtext.check(write(tmp_path / "a.tsv", rows))
    assert (found(report, "long").count, found(report, "long").places[0].line) == (1, 201)
    assert (found(report, "lengths").count, found(report, "lengths").severity) == (1, "note")
    shorter = seqtext.check(tmp_path / "a.tsv", max_length=4)
    assert (found(shorter, "lengths").count, found(shorter, "lengths").severity) == (201, "warning")


def test_empty_rows_and_rows_without_a_label(tmp_path: Path) -> None:
    report = seqtext.check(write(tmp_path / "a.tsv", [*labelled(), ("calm", " "), ("", "a text"), ("", "another one")]))
    assert (found(report, "empty").count, found(report, "unlabelled").count) == (1, 2)
    assert found(report, "empty").places[0].line == 61
    assert report.examples == 62


def test_other_encodings_are_counted_and_an_error_unless_they_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    lines = [f"{label}\t{text}\n".encode() for label, text in labelled()]
    lines[5] = "calm\tLe café est là\n".encode("cp1252")
    lines[9] = "calm\tune crème\n".encode("cp1252")
    path.write_bytes(b"".join(lines))
    one = found(seqtext.check(path), "encoding")
    assert (one.severity, one.count, [place.line for place in one.places]) == ("error", 2, [6, 10])
    assert found(seqtext.check(path, encoding_errors="replace"), "encoding").severity == "warning"


def test_what_is_read_otherwise_than_it_is_written_is_a_note(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    lines = [f"{label}\t{text}\n" for label, text in labelled()]
    lines[3], lines[7] = lines[3].replace(" ", "\t", 1), "\ufeff" + lines[7]
    path.write_text("label\ttext\n" + "".join(lines), encoding="utf-16")
    notes = {one.message: one for one in seqtext.check(path).findings}
    assert f"{path}: the text is UTF-16, by its byte order mark" in notes
    assert [place.line for place in notes["1 × tab inside a text, kept in it"].places] == [5]
    assert [place.line for place in notes["1 × byte order mark inside a file, left out"].places] == [9]
    assert notes["1 × header row, which is left out"].severity == "note"


def test_the_hint_of_another_encoding_works_and_what_comes_next_reads_the_mended_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("".join(f"{label}\t{text} é\n" for label, text in labelled()).encode("cp1252"))
    report = seqtext.check(path)
    one = found(report, "encoding")
    command = f"iconv -f CP1252 -t UTF-8 {path} > {tmp_path / 'a.utf8.tsv'}"
    assert one.hint == f"encoding='cp1252' or {command}, if it is from Windows, or encoding_errors='replace'"
    assert one.typed_hint == f"--encoding cp1252 or {command}, if it is from Windows, or --encoding-errors replace"
    assert [data["findings"][0]["hint"] for data in (report.to_dict(), report.to_dict(typed=True))] == [
        one.hint, one.typed_hint,
    ]  # fmt: skip
    assert report.next_step.startswith(f"seqtext train classify {tmp_path / 'a.utf8.tsv'} --run runs/a")
    (tmp_path / "a.utf8.tsv").write_text(path.read_text("cp1252"))
    assert "encoding" not in kinds(seqtext.check(tmp_path / "a.utf8.tsv"))


def test_nothing_comes_next_where_training_is_certain_to_stop(tmp_path: Path) -> None:
    whole, broken = write(tmp_path / "a.tsv", labelled()), tmp_path / "b.tsv"
    broken.write_bytes("calm\tLe café est là\n".encode("cp1252"))
    assert seqtext.check([whole, broken], "classify").next_step == ""
    assert seqtext.check(write(tmp_path / "c.tsv", [("a", sentence(n)) for n in range(30)])).next_step == ""


def test_other_languages_and_scripts(tmp_path: Path) -> None:
    german = ["Das Wetter ist heute schön und wir gehen spazieren.", "Der Hund schläft seit heute früh im Garten."]
    rows = [*labelled(), *(("calm", text) for text in german), ("calm", "Сегодня хорошая погода, и мы идём гулять.")]
    report = seqtext.check(write(tmp_path / "a.tsv", rows))
    one = found(report, "languages")
    assert (one.severity, one.count) == ("warning", 3)
    assert "2 German, 1 Russian" in one.message
    assert (found(report, "scripts").count, found(report, "scripts").places[0].line) == (1, 63)


def test_counts_of_languages_say_of_how_many_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.evaluation.check.languages._SAMPLE", 50)
    german = ["Das Wetter ist heute schön und wir gehen spazieren.", "Сегодня хорошая погода, и мы идём гулять."] * 30
    report = seqtext.check(write(tmp_path / "a.tsv", [*labelled(), *(("calm", text) for text in german)]))
    for kind in ("languages", "scripts"):
        assert found(report, kind).message.endswith(" (looked at: 50 of 120 texts)")


def test_labels_with_too_few_texts(tmp_path: Path) -> None:
    rows = [*labelled(), ("rare", sentence(500)), *(("few", sentence(600 + number)) for number in range(4))]
    report = seqtext.check(write(tmp_path / "a.tsv", rows))
    assert (found(report, "single-rows").count, found(report, "rare-labels").count) == (1, 4)
    assert "'few'" in found(report, "rare-labels").message


def test_the_score_of_the_usual_label(tmp_path: Path) -> None:
    rows = [*labelled(), *(("calm", sentence(500 + number)) for number in range(40))]
    one = found(seqtext.check(write(tmp_path / "a.tsv", rows)), "balance")
    assert (one.severity, one.share) == ("note", 0.6)
    assert "always answering 'calm' is right in 60 %" in one.message


@pytest.mark.parametrize("other", ["Calm", "calm.", "cálm"])
def test_labels_that_look_alike(tmp_path: Path, other: str) -> None:
    rows = [*labelled(), *((other, sentence(500 + number)) for number in range(12))]
    one = found(seqtext.check(write(tmp_path / "a.tsv", rows)), "alike")
    assert (one.severity, one.count) == ("error", 12)


def test_labels_that_differ_in_what_matters_are_not_alike(tmp_path: Path) -> None:
    names = ["A", "A+", "A-", "-1", "1", "1.5", "1.50", "15", "1,000", "C", "C#", "C++", "か", "が"]
    rows = [(name, sentence(20 * k + number)) for k, name in enumerate(names) for number in range(12)]
    assert kinds(seqtext.check(write(tmp_path / "a.tsv", rows), "classify")) == set()


def test_spellings_that_training_reads_as_one_label_are_no_fault(tmp_path: Path) -> None:
    rows = [(("1", "1.0", "0", "0.0")[number % 4], sentence(number)) for number in range(60)]
    report = seqtext.check(write(tmp_path / "a.tsv", rows))
    assert report.problems == ()
    assert found(report, "spellings").message.endswith("how a number is written (0, 0.0, 1, 1.0): read as 2")
    assert "2 labels" in found(report, "balance").message


@pytest.mark.parametrize(
    ("label", "kind"), [("ticket-{}", "identifiers"), ("{}.25", "numbers"), ("he said that it was {} or so", "texts")]
)
def test_columns_that_hold_no_labels(tmp_path: Path, label: str, kind: str) -> None:
    rows = [(label.format(number), text) for number, (_, text) in enumerate(labelled())]
    report = seqtext.check(write(tmp_path / "a.tsv", rows), "classify")
    (one,) = report.findings
    assert (one.kind, one.severity) == ("no-classes", "error")
    assert f"a column of {kind}" in one.message


def test_text_before_label_gets_the_columns_to_type(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", [(text, label) for label, text in labelled()])
    report = seqtext.check(path)
    assert report.next_step == f"seqtext check {path} --columns label=2,text=1"
    assert seqtext.check(path, columns={"label": "2", "text": "1"}).problems == ()


def test_a_table_whose_columns_are_not_told_gets_those_that_look_like_labels_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{number},{text},{label}" for number, (label, text) in enumerate(labelled())]
    path.write_text("\n".join(["id,letter,kind_of_letter", *rows]))
    with pytest.raises(CorpusError) as caught:
        seqtext.check(path)
    assert caught.value.hint == "columns={'label': 'kind_of_letter', 'text': 'letter'}"


def test_a_header_that_became_data(tmp_path: Path) -> None:
    report = seqtext.check(write(tmp_path / "a.tsv", [("sentiment", "answer"), *labelled()]))
    assert (found(report, "header").severity, found(report, "header").places[0].line) == ("error", 1)


def test_a_label_that_stands_in_its_texts(tmp_path: Path) -> None:
    rows = [
        (label, f"{text} loud" if label == "loud" and number % 6 else text)
        for number, (label, text) in enumerate(labelled(120))
    ]
    one = found(seqtext.check(write(tmp_path / "a.tsv", rows)), "leak")
    assert "'loud'" in one.message


def test_one_label_only(tmp_path: Path) -> None:
    assert "one-label" in kinds(seqtext.check(write(tmp_path / "a.tsv", [("a", sentence(n)) for n in range(30)])))


def test_several_labels(tmp_path: Path) -> None:
    rows = [(("late|rude", "late", "rude")[number % 3], sentence(number)) for number in range(45)]
    report = seqtext.check(write(tmp_path / "a.tsv", rows), multi_label=True)
    assert report.problems == ()
    assert "2 labels" in found(report, "balance").message


def test_several_labels_are_read_as_training_reads_them(tmp_path: Path) -> None:
    rows = [(("late; rude", "late", "rude", "")[number % 4], sentence(number)) for number in range(60)]
    path = write(tmp_path / "a.tsv", rows)
    report = seqtext.check(path, multi_label=True)
    assert report.problems == ()
    assert "2 labels" in found(report, "balance").message
    assert "semicolons between labels recognized" in found(report, "separator").message
    assert (found(report, "unlabelled").severity, found(report, "unlabelled").count) == ("note", 15)
    one = seqtext.check(path)
    assert (found(one, "joined-labels").count, found(one, "joined-labels").typed_hint.split()[0]) == (
        15, "--multi-label",
    )  # fmt: skip
    assert "--multi-label" in one.next_step


def test_lists_of_one_label_each_are_told(tmp_path: Path) -> None:
    rows = [(("['late']", "['rude']")[number % 2], sentence(number)) for number in range(40)]
    assert found(seqtext.check(write(tmp_path / "a.tsv", rows)), "joined-labels").count == 40


def test_many_combinations_of_few_labels_are_labels(tmp_path: Path) -> None:
    rows = [("; ".join(f"l{k}" for k in range(8) if (number + 1) >> k & 1), sentence(number)) for number in range(200)]
    assert seqtext.check(write(tmp_path / "a.tsv", rows), "classify", multi_label=True).problems == ()


def test_labels_that_stand_for_empty_cells(tmp_path: Path) -> None:
    rows = [(("good", "bad", "nan")[number % 3], sentence(number)) for number in range(60)]
    assert found(seqtext.check(write(tmp_path / "a.tsv", rows)), "null-labels").count == 20


ENGLISH = ["The weather is very nice today.", "My brother works in the old factory.", "She has bought a new red car."]
FRENCH = ["Il fait très beau aujourd'hui.", "Mon frère travaille dans la vieille usine.", "Elle a acheté une voiture."]


def test_pairs_that_do_not_fit(tmp_path: Path) -> None:
    pairs = [
        (f"{en[:-1]} number {k}.", f"{fr[:-1]} numéro {k}.")
        for k in range(12)
        for en, fr in zip(ENGLISH, FRENCH, strict=True)
    ]
    pairs[20] = (pairs[20][0], pairs[20][0])
    pairs[22] = (pairs[22][0], "Das Wetter ist heute wirklich schön geworden.")
    pairs[24] = (pairs[24][0], " ".join(FRENCH * 5))
    path = write(tmp_path / "a.tsv", pairs)
    report = seqtext.check(path, "translate")
    assert (found(report, "equal-sides").count, found(report, "equal-sides").places[0].line) == (1, 21)
    assert (found(report, "unfit-lengths").count, found(report, "unfit-lengths").places[0].line) == (1, 25)
    assert [place.line for place in found(report, "wrong-language").places] == [21, 23]


def test_summaries_longer_than_their_texts(tmp_path: Path) -> None:
    rows = [{"source": f"{sentence(n)} {sentence(n + 50)}", "target": sentence(n)[:30]} for n in range(20)]
    rows[3]["target"] = rows[3]["source"] + sentence(90)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert found(seqtext.check(path, "summarize"), "unfit-lengths").count == 1


def test_questions(tmp_path: Path) -> None:
    rows = [{"question": f"{sentence(n)} It was ___.", "options": ["red", "blue"], "answer": n % 2} for n in range(30)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert seqtext.check(path).problems == ()
    bad = [{**row, "answer": 1} for row in rows] + [{**rows[0], "options": ["Red", "red"], "answer": 1}]
    path.write_text("".join(json.dumps(row) + "\n" for row in bad))
    assert kinds(seqtext.check(path)) >= {"one-answer", "equal-options"}


def test_the_task_is_told_from_the_file(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("id,label,text\n" + "".join(f"{n},{n % 2},{sentence(n)}\n" for n in range(30)))
    assert seqtext.check(table).task == "classify"
    assert seqtext.check(table, columns={"text": "text"}).task == "fill"
    for name in ("a.en", "a.de"):
        (tmp_path / name).write_text("".join(f"{sentence(n)}\n" for n in range(30)))
    assert seqtext.check([tmp_path / "a.en", tmp_path / "a.de"]).task == "translate"
    with pytest.raises(CorpusError) as caught:
        seqtext.check(write(tmp_path / "b.tsv", [("a", str(n), sentence(n)) for n in range(30)]))
    assert caught.value.typed()[1] == "--columns label=1,text=3"


def test_wrong_settings(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", labelled())
    with pytest.raises(ConfigError, match="'clasify'"):
        seqtext.check(path, "clasify")
    with pytest.raises(ConfigError, match="'body'"):
        seqtext.check(path, columns={"body": "1"})
    with pytest.raises(CorpusError, match="does not exist"):
        seqtext.check(tmp_path / "none.tsv")


def test_a_report_is_plain_data(tmp_path: Path) -> None:
    rows = labelled()
    data = seqtext.check(write(tmp_path / "a.tsv", [*rows, rows[0]])).to_dict()
    assert list(data) == ["corpus", "task", "examples", "findings"]
    assert list(data["findings"][0]) == ["kind", "severity", "count", "share", "message", "places", "hint"]
    assert data["findings"][0]["places"] == [{"file": str(tmp_path / "a.tsv"), "line": 61}]
    assert json.loads(json.dumps(data)) == data


def test_files_of_a_folder_that_cannot_be_read_and_wrapped_lines_are_warnings(tmp_path: Path) -> None:
    draw = random.Random(1)
    text = "\n\n".join(textwrap.fill(" ".join(draw.choices(NOUNS, k=90)) + ".", 72) for _ in range(9))
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "b.docx").write_bytes(b"")
    found = {finding.kind: finding for finding in seqtext.check(tmp_path, task="fill").findings}
    assert (found["unreadable"].severity, found["unreadable"].count, found["unreadable"].share) == ("warning", 1, 0.5)
    assert found["unreadable"].message.startswith("1 file cannot be read, such as")
    assert found["wrapped"].message == "lines look wrapped at 72 characters"
    assert found["wrapped"].typed_hint.startswith("--paragraphs in training")
    assert "wrapped" not in {one.kind for one in seqtext.check(tmp_path / "a.txt", task="anomaly").findings}


def test_of_what_came_through_a_pipe_no_next_step_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    write_it = (tmp_path / "pipe").write_text
    writer = threading.Thread(target=write_it, args=("A line.\nAnother one.\n",), daemon=True)
    writer.start()
    report = seqtext.check(tmp_path / "pipe")
    writer.join()
    assert (report.examples, report.next_step) == (2, "")


@pytest.mark.parametrize("head", ["id;label;text", "sep=;\nid;label;text", "sep=|\nid|label|text"])
def test_the_task_is_guessed_by_a_header_whatever_separates_its_columns(tmp_path: Path, head: str) -> None:
    separator = head[-5]
    rows = (f"{k}{separator}{'ab'[k % 2]}{separator}one, two {k}" for k in range(20))
    (tmp_path / "a.csv").write_text("\n".join([head, *rows]))
    assert seqtext.check(tmp_path / "a.csv").task == "classify"
