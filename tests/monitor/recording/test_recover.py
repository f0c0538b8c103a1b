"""A recording cut off anywhere becomes one that a foreign reader opens; its replay is the original's."""

import json
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from monitor import canonical_json
from monitor.cli.main import main
from monitor.recording import codec
from monitor.recording.errors import RecordingUnavailableError
from monitor.recording.header import END_NAME, RECOVERED_NAME, to_metadata
from monitor.recording.reader import RecordedInput, Recording
from monitor.recording.recorder import Recorder
from monitor.recording.recover import recover
from tests.support.recordings import HEADER, Adder, inputs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "recording.mcap"
    with Recorder(made, HEADER) as recorder:
        session = Adder()
        for number, value in enumerate(inputs(400)):
            recorder.input(value)
            for said in session.feed(value):
                recorder.output(canonical_json.encode(said), at_ns=said.at_ns)
            if number % 100 == 99:
                recorder.flush()
    return made


def foreign_count(path: Path) -> int:
    """What the standard reader finds."""
    with path.open("rb") as file:
        return sum(1 for _ in make_reader(file).iter_messages())


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4, 0.95])
def test_what_a_crash_left_is_opened_by_a_foreign_reader(path: Path, tmp_path: Path, share: float) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(path.read_bytes()[: round(path.stat().st_size * share)])
    original = Recording(cut)
    ours = list(original.items())
    done = recover(cut, tmp_path / "recovered.mcap")
    assert done.messages == len(ours) == foreign_count(done.path)
    recovered = Recording(done.path)
    assert list(recovered.items()) == ours
    # Outputs after the last input may be missing, and a replay must know; a lost index is no such thing.
    assert recovered.is_complete == done.was_complete == original.is_complete
    with done.path.open("rb") as file:
        names = [record.name for record in make_reader(file).iter_metadata()]
    assert names == ["kinewatch", END_NAME if original.is_complete else RECOVERED_NAME]


def test_a_complete_recording_stays_complete(path: Path, tmp_path: Path) -> None:
    done = recover(path, tmp_path / "again.mcap")
    assert done.was_complete
    again = Recording(done.path)
    assert list(again.items()) == list(Recording(path).items())
    assert again.is_complete
    assert again.end == _end(path)


def _end(path: Path) -> object:
    recording = Recording(path)
    list(recording.items())
    return recording.end


def test_an_earlier_recording_is_read_and_rewritten(path: Path, tmp_path: Path) -> None:
    """Format 1 had the monotonic time as `log_time`."""
    old = tmp_path / "old.mcap"
    with old.open("wb") as file:
        writer = Writer(file, compression=CompressionType.ZSTD)
        writer.start()
        writer.add_metadata("kinewatch", to_metadata(HEADER) | {"format": "1"})
        channels: dict[str, int] = {}
        for message in Recording(path).messages():
            if message.topic not in channels:
                is_frame = message.topic.startswith(codec.FRAMES)
                schema = codec.SCHEMAS[codec.FRAMES if is_frame else message.topic]
                content = json.dumps(schema).encode()
                number = writer.register_schema(str(schema["title"]), "jsonschema", content)
                channels[message.topic] = writer.register_channel(message.topic, "json", number)
            writer.add_message(
                channels[message.topic],
                log_time=message.received_ns,
                publish_time=message.utc_ns,
                data=message.data,
            )
        writer.finish()
    assert list(Recording(old).items()) == list(Recording(path).items())
    done = recover(old, tmp_path / "new.mcap")
    assert list(Recording(done.path).messages()) == list(Recording(path).messages())


def test_every_message_is_at_its_time_of_day_also_before_the_first_anchor(tmp_path: Path) -> None:
    path = tmp_path / "early.mcap"
    with Recorder(path, HEADER) as recorder:
        for value in list(inputs(5))[1:]:
            recorder.input(value)
    first = next(Recording(path).messages())
    assert first.utc_ns == 1_795_316_400_123_000_000
    assert isinstance(next(Recording(path).items()), RecordedInput)


def test_damage_inside_is_said_and_what_came_before_is_saved(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 4
    whole[middle : middle + 8] = b"\xff" * 8
    damaged = tmp_path / "damaged.mcap"
    damaged.write_bytes(whole)
    assert main(["recover", str(damaged), "--out", str(tmp_path / "saved.mcap")]) == 1
    output = capsys.readouterr()
    assert "damaged at byte" in output.err
    saved = foreign_count(tmp_path / "saved.mcap")
    assert f"{saved} messages" in output.out


def test_the_command_takes_a_folder_and_never_overwrites(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recover", str(tmp_path)]) == 0
    assert "nothing was missing" in capsys.readouterr().out
    assert main(["recover", str(tmp_path)]) == 1
    assert "is there already" in capsys.readouterr().err
    with pytest.raises(RecordingUnavailableError, match="cannot be made"):
        recover(path, tmp_path / "absent" / "x" / "y.mcap" / ("n" * 300))
    assert main(["recover", str(tmp_path / "nothing.mcap")]) == 1
    assert "Traceback" not in capsys.readouterr().err
