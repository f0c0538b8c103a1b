"""`kinewatch demo`, as a newcomer runs it: a process of its own, real broker, real GATT, one JSON object."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from monitor.recording.reader import Recording

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180), pytest.mark.xdist_group("demo")]

COMMAND = [sys.executable, "-m", "monitor.cli.main"]


def kinewatch(*words: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(scratch)}
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, check=False, timeout=150, env=environment
    )


def processes_below(folder: Path) -> list[str]:
    """Processes whose command line names the folder: a broker that was left behind would."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, Path]:
    folder = tmp_path_factory.mktemp("demo")
    scratch = folder / "scratch"
    scratch.mkdir()
    result = kinewatch("demo", "--speed", "max", "--json", "--keep", str(folder / "kept"), scratch=scratch)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return json.loads(result.stdout), folder / "kept", scratch


def test_every_repetition_is_counted_and_the_range_is_right(demo: tuple[dict[str, Any], Path, Path]) -> None:
    sets = demo[0]["sets"]
    assert [(one["reps"], one["reps_true"]) for one in sets] == [(10, 10)] * 3
    assert all(abs(one["rom_deg"] - one["rom_true_deg"]) <= 3 for one in sets)


def test_each_planted_event_is_answered_and_no_other(demo: tuple[dict[str, Any], Path, Path]) -> None:
    summary = demo[0]
    assert summary["events_missed"] == []
    assert summary["alerts_unplanned"] == []
    conditions = {alert["condition"] for alert in summary["alerts"]}
    assert {"spo2_low", "battery_low", "sensor_silent"} <= conditions


def test_every_alert_is_published_and_confirmed(demo: tuple[dict[str, Any], Path, Path]) -> None:
    summary = demo[0]
    assert summary["unconfirmed"] == summary["lost"] == []
    for alert in summary["alerts"]:
        assert 0 < alert["published_after_ms"] < alert["confirmed_after_ms"]


def test_vitals_are_told_before_during_and_after(demo: tuple[dict[str, Any], Path, Path]) -> None:
    spo2 = demo[0]["vitals"]["spo2_percent"]
    assert spo2["before"]["min"] > spo2["during"]["min"]
    assert set(spo2) == {"before", "during", "after"}


def test_nothing_is_left_behind(demo: tuple[dict[str, Any], Path, Path]) -> None:
    _, kept, scratch = demo
    assert sorted(path.name for path in kept.iterdir() if "lock" not in path.name) == [
        "recording.mcap",
        "report.html",
        "station.sqlite",
    ]
    assert list(scratch.iterdir()) == []
    assert processes_below(scratch) == []


def test_the_kept_recording_replays_identically(demo: tuple[dict[str, Any], Path, Path]) -> None:
    summary, kept, scratch = demo
    assert summary["replay_identical"] is True
    result = kinewatch("replay", "--quiet", str(kept), scratch=scratch)
    assert result.returncode == 0, result.stderr
    assert "identical" in result.stderr


def test_a_folder_that_holds_a_session_is_not_written_into(demo: tuple[dict[str, Any], Path, Path]) -> None:
    _, kept, scratch = demo
    before = (kept / "recording.mcap").read_bytes()
    result = kinewatch("demo", "--keep", str(kept), scratch=scratch)
    assert result.returncode == 1
    assert "already holds a session" in result.stderr
    assert "Traceback" not in result.stderr
    assert (kept / "recording.mcap").read_bytes() == before


def test_ctrl_c_ends_cleanly_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    kept = tmp_path / "kept"
    process = subprocess.Popen(
        [*COMMAND, "demo", "--speed", "20", "--keep", str(kept)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
        start_new_session=True,
    )
    assert process.stdout is not None
    seen = next(line for line in process.stdout if "shank-imu: live" in line)
    assert seen
    os.kill(process.pid, signal.SIGINT)
    began_s = time.monotonic()
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert f"what was recorded lies in {kept}" in errors
    assert "stopped by Ctrl-C" in errors
    assert time.monotonic() - began_s < 15
    assert list(scratch.iterdir()) == []
    assert processes_below(scratch) == []
    recording = Recording(kept / "recording.mcap")
    assert sum(1 for _ in recording.inputs()) > 100
    assert recording.is_complete


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["broker-down", "imu-dropout-in-set", "pressure-drop"])
def test_other_scenarios_are_judged_by_what_they_expect(scenario: str, tmp_path: Path) -> None:
    """The broker's process really ends; a sensor is lost within a set; an alert's priority rises."""
    result = kinewatch("demo", "--scenario", scenario, "--speed", "max", "--json", scratch=tmp_path)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    summary = json.loads(result.stdout)
    assert summary["ok"]
    assert summary["replay_identical"]
    assert summary["events_missed"] == []
    assert summary["unconfirmed"] == summary["lost"] == []


def test_an_unknown_scenario_is_wrong_use(tmp_path: Path) -> None:
    result = kinewatch("demo", "--scenario", "knee-extention", scratch=tmp_path)
    assert result.returncode == 2
    assert "knee-extension" in result.stderr
    assert "Traceback" not in result.stderr
