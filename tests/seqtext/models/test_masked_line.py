"""What a detector hides of a line, shown."""

from seqtext.models.masked_line import StandIn, masked_line
from small_detectors import detector_of


def test_the_masked_line_and_what_each_stand_in_hides() -> None:
    line = "12:00:01 disk 17   is 2031-06-14 ready"
    found = masked_line(detector_of("char"), line)
    assert found.masked == "<time> disk 0 is <date> ready"
    assert found.stand_ins == [
        StandIn("time", "12:00:01", 0, 8, "<time>"),
        StandIn("number", "17", 14, 16, "0"),
        StandIn("padding", "   ", 16, 19, " "),
        StandIn("date", "2031-06-14", 22, 32, "<date>"),
    ]
    assert all(line[one.start : one.end] == one.text for one in found.stand_ins)


def test_a_detector_of_words_hides_nothing() -> None:
    assert masked_line(detector_of("word"), "open 17 close") == ("open 17 close", [])
