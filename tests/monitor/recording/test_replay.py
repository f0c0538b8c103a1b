from pathlib import Path

import pytest

from monitor import canonical_json
from monitor.recording.reader import RecordedInput, RecordedOutput, Recording
from monitor.recording.replay import Difference, ReplayReport, replay
from tests.support.recordings import Adder, inputs, record


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "recording.mcap"
    record(path, frames=300)
    return path


def replayed(path: Path, session: Adder, lines: list[str] | None = None) -> ReplayReport:
    recording = Recording(path)
    return replay(
        recording.items(),
        session.feed,
        canonical_json.encode,
        on_line=None if lines is None else lines.append,
        is_complete=lambda: recording.is_complete,
    )


def test_the_same_session_says_the_same(path: Path) -> None:
    lines: list[str] = []
    report = replayed(path, Adder(), lines)
    assert report.is_identical
    assert report.difference is None
    assert report.inputs == len(list(inputs(300)))
    assert report.recorded_outputs == report.replayed_outputs == len(lines) == 2 * (report.inputs // 10)
    recorded = [item.line for item in Recording(path).items() if isinstance(item, RecordedOutput)]
    assert lines == recorded


def test_the_first_difference_is_named(path: Path) -> None:
    report = replayed(path, Adder(wrong_from=95))
    assert not report.is_identical
    assert report.difference is not None
    assert report.difference.input_number == 100
    assert report.difference.recorded is not None
    assert report.difference.replayed is not None
    assert report.difference.recorded != report.difference.replayed
    assert report.inputs == len(list(inputs(300)))


ONE = [RecordedInput(value=value) for value in inputs(0)][:2]


def said(*lines: str) -> list[RecordedOutput]:
    return [RecordedOutput(at_ns=0, line=line) for line in lines]


@pytest.mark.parametrize(
    ("items", "difference"),
    [
        ([ONE[0], *said("a", "b"), ONE[1], *said("a", "b")], None),
        (
            [ONE[0], *said("a"), ONE[1], *said("a", "b")],
            Difference(input_number=1, received_ns=0, recorded=None, replayed="b"),
        ),
        (
            [ONE[0], *said("a", "b", "c"), ONE[1], *said("a", "b")],
            Difference(input_number=1, received_ns=0, recorded="c", replayed=None),
        ),
        (
            [ONE[0], *said("b", "a"), ONE[1], *said("a", "b")],
            Difference(input_number=1, received_ns=0, recorded="b", replayed="a"),
        ),
        (
            [*said("x"), ONE[0], *said("a", "b"), ONE[1], *said("a", "b")],
            Difference(input_number=0, received_ns=0, recorded="x", replayed=None),
        ),
        (
            [ONE[0], *said("a", "b"), ONE[1], *said("a")],
            Difference(input_number=2, received_ns=1_000_000, recorded=None, replayed="b"),
        ),
    ],
)
def test_missing_more_and_other_lines(
    items: list[RecordedInput | RecordedOutput], difference: Difference | None
) -> None:
    assert replay(items, lambda _: ["a", "b"], str).difference == difference


def test_what_a_crash_cut_off_is_no_difference() -> None:
    items = [ONE[0], *said("a", "b"), ONE[1], *said("a")]
    report = replay(items, lambda _: ["a", "b"], str, is_complete=lambda: False)
    assert report.is_identical
    assert (report.recorded_outputs, report.replayed_outputs) == (3, 4)


def test_a_recording_cut_off_by_a_crash_replays(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(path.read_bytes()[:-900])
    assert replayed(cut, Adder()).is_identical


def test_nothing_is_identical_to_nothing() -> None:
    assert replay([], lambda _: ["a"], str) == ReplayReport(
        inputs=0, recorded_outputs=0, replayed_outputs=0, difference=None
    )


def test_only_an_earlier_recording_may_lack_fields(tmp_path: Path) -> None:
    path = tmp_path / "recording.mcap"
    record(path)
    items = list(Recording(path).items())

    def says_more(said: object) -> str:
        return canonical_json.encode({**canonical_json.plain(said), "new_field": 1})

    def says_other(said: object) -> str:
        return canonical_json.encode({**canonical_json.plain(said), "new_field": 1, "total": -1})

    assert not replay(items, Adder().feed, says_more).is_identical
    earlier = replay(items, Adder().feed, says_more, may_lack_fields=True)
    assert earlier.is_identical
    assert earlier.added_fields == {"new_field"}
    assert not replay(items, Adder().feed, says_other, may_lack_fields=True).is_identical
