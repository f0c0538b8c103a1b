import struct
from pathlib import Path

import pytest
from mcap.writer import Writer

from monitor.inputs import Tick
from monitor.recording.errors import (
    NotARecordingError,
    RecordingDamagedError,
    RecordingError,
    RecordingTooNewError,
    RecordingUnavailableError,
)
from monitor.recording.header import METADATA_NAME, to_metadata
from monitor.recording.reader import (
    Item,
    RecordedDelivery,
    RecordedInput,
    RecordedOutput,
    Recording,
)
from monitor.recording.recorder import Recorder
from tests.support.recordings import HEADER, inputs, record


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several chunks, so that there is something before and behind a damage."""
    path = tmp_path_factory.mktemp("recording") / "whole.mcap"
    with Recorder(path, HEADER, flush_every_s=3600) as recorder:
        for number, value in enumerate(inputs(200)):
            recorder.input(value)
            recorder.output(f'{{"n":{number}}}', at_ns=value.received_ns)
            if number % 40 == 0:
                recorder.flush()
        recorder.delivery({"message_id": "m1"}, at_ns=10**12)
    return path


def items(path: Path) -> list[Item]:
    return list(Recording(path).items())


def test_everything_comes_back(whole: Path) -> None:
    found = items(whole)
    assert [item.value for item in found if isinstance(item, RecordedInput)] == list(inputs(200))
    assert found[1] == RecordedOutput(at_ns=0, line='{"n":0}')
    assert found[-1] == RecordedDelivery(at_ns=10**12, record={"message_id": "m1"})
    assert list(Recording(whole).inputs()) == list(inputs(200))
    assert Recording(whole).header == HEADER


def test_cut_anywhere_it_is_readable_up_to_the_last_whole_chunk(whole: Path, tmp_path: Path) -> None:
    content, everything = whole.read_bytes(), items(whole)
    header_ends = content.index(b"kinewatch") + 600
    cut, longest = tmp_path / "cut.mcap", 0
    for size in [*range(header_ends, len(content), 97), len(content) - 1]:
        cut.write_bytes(content[:size])
        found = items(cut)
        assert found == everything[: len(found)]
        assert len(found) >= longest
        longest = len(found)
    assert longest == len(everything)


def test_cut_in_the_header_it_is_no_recording(whole: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mcap"
    for size in range(0, whole.read_bytes().index(b"session_id"), 5):
        cut.write_bytes(whole.read_bytes()[:size])
        with pytest.raises(NotARecordingError) as caught:
            Recording(cut)
        assert caught.value.path == cut


def test_any_damaged_byte_is_told_or_harmless(whole: Path, tmp_path: Path) -> None:
    content, everything = bytearray(whole.read_bytes()), items(whole)
    damaged = tmp_path / "damaged.mcap"
    told: list[RecordingError] = []
    for offset in range(8, len(content), 151):
        content[offset] ^= 0xFF
        damaged.write_bytes(content)
        content[offset] ^= 0xFF
        found: list[Item] = []
        try:
            recording = Recording(damaged)
            for item in recording.items():
                found.append(item)  # noqa: PERF402 - what came before the error counts
        except RecordingError as error:
            told.append(error)
        assert found == everything[: len(found)]
    assert len(told) > 10
    assert {error.path for error in told} == {damaged}
    assert all(0 < error.offset < len(content) for error in told if isinstance(error, RecordingDamagedError))


def test_a_length_out_of_this_world(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    path = tmp_path / "long.mcap"
    first_chunk = content.index(b"zstd") - 100
    path.write_bytes(content[:8] + struct.pack("<BQ", 6, 2**40) + content[first_chunk:])
    with pytest.raises(RecordingDamagedError, match=r"at byte 8 \(a record of 1099511627776 bytes\)"):
        Recording(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89MCAP0\r\n", b"\x89MCAP0\r\n" + b"\0" * 5])
def test_another_file_is_no_recording(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(NotARecordingError):
        Recording(path)


def test_somebody_elses_mcap_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "other.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata("somebody", {"a": "b"})
        channel = writer.register_channel("/x", "json", 0)
        writer.add_message(channel, 0, b"{}", 0)
        writer.finish()
    with pytest.raises(NotARecordingError, match="no recording of kinewatch"):
        Recording(path)


def foreign(path: Path, metadata: dict[str, str], *, topic: str = "/ticks", message: bytes = b"{}") -> None:
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata(METADATA_NAME, metadata)
        channel = writer.register_channel(topic, "json", 0)
        writer.add_message(channel, 7, message, 7)
        writer.finish()


def test_other_writers_records_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "f.mcap"
    foreign(path, to_metadata(HEADER))
    assert items(path) == [RecordedInput(value=Tick(received_ns=7))]


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.mcap"
    foreign(path, to_metadata(HEADER) | {"format": "99", "new_key": "x"})
    with pytest.raises(RecordingTooNewError) as caught:
        Recording(path)
    assert (caught.value.version, caught.value.known) == (99, 2)


@pytest.mark.parametrize("key", ["format", "session_id", "plan", "boot"])
def test_a_header_with_a_hole_is_damage(tmp_path: Path, key: str) -> None:
    path = tmp_path / "f.mcap"
    foreign(path, {name: text for name, text in to_metadata(HEADER).items() if name != key})
    with pytest.raises(RecordingDamagedError):
        Recording(path)


@pytest.mark.parametrize(
    ("topic", "message"), [("/frames/a", b"{}"), ("/nowhere", b"{}"), ("/ticks", b"x"), ("/outputs", b"\xff")]
)
def test_a_message_that_is_none_of_ours_is_damage(tmp_path: Path, topic: str, message: bytes) -> None:
    path = tmp_path / "f.mcap"
    foreign(path, to_metadata(HEADER), topic=topic, message=message)
    with pytest.raises(RecordingDamagedError):
        items(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnavailableError, match="No such file"):
        Recording(tmp_path / "missing.mcap")
    with pytest.raises(RecordingUnavailableError):
        Recording(tmp_path)


def test_an_empty_session_is_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "empty.mcap"
    with Recorder(path, HEADER):
        pass
    assert items(path) == []
    record(tmp_path / "one.mcap", frames=0)
    assert len(items(tmp_path / "one.mcap")) == len(list(inputs(0))) + 1


def test_the_share_that_is_read_grows_to_the_end(whole: Path) -> None:
    recording = Recording(whole)
    shares = [recording.share_read for _ in recording.items()]
    assert shares == sorted(shares)
    assert len(set(shares)) >= 3
    assert 0.0 < shares[0] < 0.5 < shares[-1] <= 1.0
