"""HL7 v2: every delimiter escaped, every number there, the same bytes again."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.record.facts import NoteFacts
from monitor.record.render import flowsheet
from monitor.record.render.hl7v2 import END, START, escaped, formatted, framed, oru
from tests.support.recorded_session import Recorded

ESCAPES = {"\\E\\": "\\", "\\F\\": "|", "\\S\\": "^", "\\T\\": "&", "\\R\\": "~", "\\.br\\": "\n"}


def unescaped(text: str) -> str:
    """As chapter 2.7 says: from left to right."""
    out, at = [], 0
    while at < len(text):
        found = next((mark for mark in ESCAPES if text.startswith(mark, at)), None)
        out.append(ESCAPES[found] if found else text[at])
        at += len(found) if found else 1
    return "".join(out)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=40))
def test_any_text_survives(text: str) -> None:
    sent = escaped(text)
    assert not set("|^&~\r\n") & set(sent)
    assert unescaped(sent) == text


def test_line_breaks_are_the_standards() -> None:
    assert formatted("a\r\nb\rc") == "a\\.br\\b\\.br\\c"
    assert escaped("a\nb\x1c") == "a b"


def test_segments_and_fields(golden: Recorded) -> None:
    segments = oru(golden.facts).split("\r")
    assert [one[:3] for one in segments[:4]] == ["MSH", "PID", "PV1", "OBR"]
    assert all(one.startswith("OBX|") for one in segments[4:-1])
    assert segments[-1] == ""
    header = segments[0].split("|")
    assert (header[8], header[11]) == ("ORU^R01^ORU_R01", "2.5.1")
    assert len(header[9]) == 20
    assert [one.split("|")[1] for one in segments[4:-1]] == [str(n) for n in range(1, len(segments) - 4)]
    assert {one.split("|")[11] for one in segments[4:-1]} == {"P"}


def test_every_number_of_the_flowsheet_is_there(golden: Recorded) -> None:
    values = {
        float(fields[5])
        for fields in (one.split("|") for one in oru(golden.facts).split("\r"))
        if fields[0] == "OBX" and fields[2] == "NM"
    }
    for row in flowsheet.rows(golden.facts):
        for cell in row.cells:
            assert set(cell.numbers) <= values


def test_what_somebody_typed_makes_no_segment(golden: Recorded) -> None:
    note = NoteFacts(fact_id="note-9", t_s=1.0, phase="before", kind="note", text="a\rOBX|9|NM|x", by="y")
    message = oru(replace(golden.facts, notes=(note,)))
    assert "\rOBX|9|NM|x" not in message
    assert "a OBX\\F\\9\\F\\NM\\F\\x" in message


def test_the_frame_is_mllps(golden: Recorded) -> None:
    sent = framed(oru(golden.facts))
    assert sent.startswith(START)
    assert sent.endswith(END)
    assert sent == framed(oru(golden.facts))
