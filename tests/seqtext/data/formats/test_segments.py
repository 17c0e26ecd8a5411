"""TMX and XLIFF: texts without the codes inside, states, languages."""

import pytest
from corpus_files import PAIR, rows, write

from seqtext.data.corpus import read_placed
from seqtext.data.lines import Report

pytestmark = pytest.mark.usefixtures("folder")

NAMESPACE = "urn:oasis:names:tc:xliff:document"


def memory(segment: str) -> str:
    units = f'<tu><tuv xml:lang="en"><seg>{segment}</seg></tuv><tuv xml:lang="de"><seg>x</seg></tuv></tu>'
    return write("a.tmx", f'<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx><header srclang="en"/><body>{units}</body></tmx>')


@pytest.mark.parametrize(("segment", "text"), [
    ("a <bpt i='1'>&lt;b></bpt>bold<ept i='1'>&lt;/b></ept> word", "a bold word"),
    ("in<bpt i='1'>x</bpt>side", "inside"), ("two<ph>&lt;br/></ph>lines", "two lines"),
    ("a <ph>{0}</ph> b", "a  b"), ("<hi>kept</hi> <it pos='begin'>y</it>too", "kept too"),
    ("\n   wrapped\n   text\n", "wrapped text"), ("a <!-- note -->b", "a b"),
])  # fmt: skip
def test_codes_of_formatting_are_no_text(segment: str, text: str) -> None:
    assert rows(memory(segment), PAIR) == [(text, "x")]


def test_of_two_texts_in_one_language_the_first_counts() -> None:
    name = memory("one</seg></tuv><tuv xml:lang='en'><seg>two")
    report = Report()
    assert rows(name, PAIR, report=report) == [("one", "x")]
    assert report.skipped == {"second text in one language": 1}


def test_states_of_xliff_1() -> None:
    def unit(target: str, more: str = "", alternative: str = "") -> str:
        return f"<trans-unit {more}><source>s</source>{target}{alternative}</trans-unit>"

    units = [
        unit("<target>t</target>", alternative="<alt-trans><source>no</source><target>no</target></alt-trans>"),
        unit('<target state="needs-review-translation">r</target>'), unit('<target state="new">n</target>'),
        unit('<target state="final">f</target>'), unit(""), unit("<target/>"),
        unit("<target>s</target>", 'translate="no"'),
        unit('<target>two<x id="1"/>lines <g id="2">in</g></target>'),
    ]  # fmt: skip
    body = f'<file source-language="en" target-language="de"><body><group>{"".join(units)}</group></body></file>'
    name = write("a.xlf", f'<xliff version="1.2" xmlns="{NAMESPACE}:1.2">{body}</xliff>')
    report = Report()
    assert rows(name, PAIR, report=report) == [("s", "t"), ("s", "f"), ("s", "two lines in")]
    assert report.skipped == {"fuzzy translation": 2, "untranslated": 2, "not to be translated": 1}
    assert rows(name, PAIR, columns={"source": "de", "target": "en"})[0] == ("t", "s")


def test_segments_of_xliff_2() -> None:
    matches = '<mtc:matches xmlns:mtc="x"><mtc:match><source>no</source><target>no</target></mtc:match></mtc:matches>'
    segments = "".join([
        '<segment state="final"><source>one <pc id="1">bold</pc></source><target>eins</target></segment>',
        "<ignorable><source> </source></ignorable>",
        '<segment state="initial"><source>s</source><target>t</target></segment>',
        "<segment><source>two<cp hex='0007'/></source><target>zwei</target></segment>",
        "<segment><source>three</source></segment>",
    ])  # fmt: skip
    unit = f'<unit id="u">{matches}{segments}</unit>'
    root = f'<xliff version="2.0" xmlns="{NAMESPACE}:2.0" srcLang="en" trgLang="de">'
    name = write("a.xliff", f'{root}<file id="f">{unit}</file></xliff>')
    report = Report()
    assert rows(name, PAIR, report=report) == [("one bold", "eins"), ("two", "zwei")]
    assert report.skipped == {"fuzzy translation": 1, "untranslated": 1}
    assert [where for where, _ in read_placed(name, PAIR)] == ["a.xliff, unit 1", "a.xliff, unit 3"]
