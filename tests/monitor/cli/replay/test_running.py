"""A recording back into a session, and how far the replay is."""

import argparse
from pathlib import Path

import pytest

from monitor.cli.replay import command as replay
from monitor.cli.replay.running import replay_recording
from monitor.config import DeviceSettings, Station, StationSettings
from monitor.errors import RunFailedError
from monitor.inputs import Tick
from monitor.outputs import to_json
from monitor.recording.header import Header
from monitor.recording.reader import Opcode, Recording
from monitor.recording.recorder import Recorder
from monitor.sensors import SensorRole
from monitor.session.session import Session
from monitor.station_devices import sensors_of
from tests.support.alert_bench import plan_of

NS_PER_S = 1_000_000_000
MINUTES = 10


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes in which the oximeter never comes, a chunk a minute."""
    path = tmp_path_factory.mktemp("replaying") / "recording.mcap"
    oximeter = DeviceSettings(device="oximeter", family="pulse_oximeter", role=SensorRole.OXIMETER, name="OX")
    station = Station(station=StationSettings(clinic="north", station="room-2"), devices=[oximeter])
    plan = plan_of()
    header = Header(
        session_id="s-1",
        started_utc="2026-11-22T03:00:00Z",
        plan=plan.model_dump(mode="json"),
        station=station.model_dump(mode="json"),
    )
    session = Session(plan, sensors_of(station), "s-1")
    with Recorder(path, header, flush_every_s=3600.0) as recorder:
        for second in range(60 * MINUTES):
            tick = Tick(received_ns=second * NS_PER_S)
            recorder.input(tick)
            for output in session.feed(tick):
                recorder.output(to_json(output), at_ns=output.at_ns)
            if second % 60 == 59:
                recorder.flush()
    return path


def test_the_replay_is_identical_and_tells_how_far_it_is(recording: Path) -> None:
    told: list[int] = []
    lines: list[str] = []
    report = replay_recording(recording, on_line=lines.append, on_percent=told.append)
    assert report.is_identical
    assert report.inputs == 60 * MINUTES
    assert len(lines) == report.replayed_outputs > 0
    assert told == sorted(set(told))
    assert len(told) == MINUTES
    assert 0 <= told[0] < 50 < told[-1] <= 100


@pytest.mark.parametrize(
    ("quiet", "terminal", "told"), [(True, True, True), (False, True, False), (False, False, True)]
)
def test_progress_is_for_terminals_on_which_no_events_scroll_by(
    recording: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    quiet: bool,
    terminal: bool,
    told: bool,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert replay.run(argparse.Namespace(recording=recording, plan=None, quiet=quiet)) == 0
    captured = capsys.readouterr()
    assert ("replayed" in captured.err.split("identical")[0]) is told
    assert bool(captured.out) is not quiet


def test_a_file_gets_no_progress(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.run(argparse.Namespace(recording=recording, plan=None, quiet=True)) == 0
    assert "\r" not in capsys.readouterr().err


def cut(recording: Path, to: Path, share: float) -> Path:
    whole = recording.read_bytes()
    to.write_bytes(whole[: round(share * len(whole))])
    return to


def test_a_recording_that_was_cut_is_said_to_be_cut_with_how_much_was_read(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mcap #385: a file cut short replayed as "identical: 0 inputs"."""
    half = cut(recording, tmp_path / "half.mcap", 0.6)
    assert replay.run(argparse.Namespace(recording=half, plan=None, quiet=True)) == 0
    said = capsys.readouterr().err
    assert "the recording is cut off" in said
    assert f"of {half.stat().st_size} bytes could be read" in said


def test_a_recording_of_which_nothing_is_left_is_no_success(recording: Path, tmp_path: Path) -> None:
    whole = Recording(recording)
    first = next(offset for offset, opcode, _ in whole._records() if opcode == Opcode.CHUNK)
    head = tmp_path / "head.mcap"
    head.write_bytes(recording.read_bytes()[: first + 20])
    with pytest.raises(RunFailedError, match="cut off before its first input"):
        replay.run(argparse.Namespace(recording=head, plan=None, quiet=True))
