"""CPU of an hour of session: the core alone, with the flight recorder, replayed; and how memory grows.

An hour as it comes off the air: oximeter, strap, cuff and two IMUs at 100 Hz, twenty sets with rests between
them, ticks and station states as the service gives them. Once as the IMU sends by default (five samples a
notification) and once as slow as it gets (one sample a notification).

The simulator makes ten seconds at a time and its share is counted apart. Then the same seconds go through the
core, then through the recorder; each is timed with the process's CPU clock. The recording is replayed in a
process of its own, which also tells by how much the memory has grown since its tenth minute, and in another
one that is interrupted every 4 ms of CPU to see which room it is in: the stages.

Run: `python -m tests.bench.bench_session [--minutes 60]`; prints a table to stderr and JSON to stdout; exit 1
when a budget is not kept.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from heapq import merge
from operator import attrgetter
from pathlib import Path
from types import FrameType
from typing import Any, Self

from devices.frames import Frame
from monitor.cli.demo.setting import plan_for
from monitor.cli.replay.running import session_of
from monitor.config import DeviceSettings, Station, StationSettings
from monitor.inputs import ClockAnchor, DeliveryStatus, Input, StationStatus, Tick
from monitor.outputs import RepetitionCounted, to_json
from monitor.recording.header import Header
from monitor.recording.reader import Recording
from monitor.recording.recorder import Recorder
from monitor.recording.replay import replay
from monitor.sensors import Arm, SensorRole
from monitor.session.session import Session
from monitor.station_devices import sensors_of
from simulators.patient.body import Body
from simulators.peripherals.catalog import build
from simulators.scenario.loader import Scenario
from simulators.scenario.world import truth_of
from tests.support.core_run import commands, values

NS_PER_S = 1_000_000_000
HOUR_S = 3600.0
TICK_NS = 100_000_000
STRETCH_NS = 10 * NS_PER_S
CASES = {"five samples a notification": 5, "one sample a notification": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of one case, per hour of session; live is the design's 10 ms of CPU a second."""

    core_s: float
    live_s: float
    replay_s: float
    growth_mb: float = 5.0


# Five times the notifications cost about twice the CPU: each notification has its own price.
BUDGETS = {
    "five samples a notification": Budget(core_s=15.0, live_s=36.0, replay_s=30.0),
    "one sample a notification": Budget(core_s=36.0, live_s=45.0, replay_s=60.0),
}
SET_EVERY_S, FIRST_SET_S, REPETITIONS = 172, 88, 20
PROJECT = Path(__file__).resolve().parents[2]


def scenario(seconds: float, samples_per_notification: int) -> Scenario:
    """Calibration, then sets of knee extensions with rests; the cuff measures in every second rest."""
    imu = {"family": "witmotion", "samples_per_notification": samples_per_notification}
    timeline: list[dict[str, Any]] = [
        {"at_s": 12, "do": "command", "verb": "calibrate"},
        {"at_s": 18, "do": "calibration_movement"},
        {"at_s": 42, "do": "measure", "device": "cuff"},
        {"at_s": 84, "do": "command", "verb": "begin"},
    ]
    for number in range(20):
        at_s = FIRST_SET_S + number * SET_EVERY_S
        if at_s + SET_EVERY_S > seconds:
            break
        timeline.append({"at_s": at_s, "do": "set", "exercise": "knee_extension", "repetitions": REPETITIONS})
        if number % 2:
            timeline.append({"at_s": at_s + 100, "do": "measure", "device": "cuff"})
    devices = [
        {"name": "oximeter", "family": "pulse_oximeter", "role": "oximeter", "arm": "left"},
        {"name": "strap", "family": "heart_rate", "role": "heart_rate_strap"},
        {"name": "cuff", "family": "blood_pressure", "role": "cuff", "arm": "right"},
        {"name": "thigh-imu", "role": "imu_proximal", "clock_drift_ppm": 60, **imu},
        {"name": "shank-imu", "role": "imu_distal", "clock_drift_ppm": -90, **imu},
    ]
    return Scenario.model_validate(
        {
            "name": "bench-hour",
            "title": "An hour of sets and rests",
            "seed": 20261122,
            "duration_s": seconds,
            "motion": {"resting": "knee_extension"},
            "devices": devices,
            "timeline": timeline,
        }
    )


def station_of(hour: Scenario) -> Station:
    """The station's own file."""
    devices = [
        DeviceSettings(
            device=one.name, family=one.family, role=SensorRole(one.role), name=one.name, arm=Arm(one.arm)
        )
        for one in hour.devices
    ]
    return Station(station=StationSettings(clinic="bench", station="bench"), devices=devices)


def station_states(seconds: float) -> Iterator[Input]:
    """What the service puts beside the sensors: ten ticks a second, and once a second how it fares."""
    yield ClockAnchor(received_ns=0, utc_ns=1_795_316_400 * NS_PER_S)
    for number in range(round(seconds * NS_PER_S / TICK_NS)):
        at_ns = number * TICK_NS
        yield Tick(received_ns=at_ns)
        if at_ns % NS_PER_S == 0:
            yield DeliveryStatus(received_ns=at_ns, connected=True)
            yield StationStatus(received_ns=at_ns)


def stretches(hour: Scenario, body: Body) -> Iterator[list[Input]]:
    """Ten seconds at a time."""
    truth = truth_of(body, build(body), start_ns=0)
    streams = [station_states(hour.duration_s), values(hour, body), commands(truth)]
    items = merge(*streams, key=attrgetter("received_ns"))
    stretch: list[Input] = []
    end_ns = STRETCH_NS
    for item in items:
        if item.received_ns >= end_ns:
            yield stretch
            stretch, end_ns = [], end_ns + STRETCH_NS
        stretch.append(item)
    yield stretch


@dataclass
class Costs:
    """CPU seconds, and what was done in them."""

    simulator_s: float = 0.0
    core_s: float = 0.0
    recorder_s: float = 0.0
    inputs: int = 0
    frames: int = 0
    outputs: int = 0
    repetitions: int = 0
    slowest_stretch_ms_per_s: float = field(default=0.0)


def run_hour(seconds: float, samples_per_notification: int, path: Path) -> Costs:
    """The session as the service would run it, without radio, store and broker; recorded to `path`."""
    costs = Costs()
    clock = time.process_time
    began_s = clock()
    hour = scenario(seconds, samples_per_notification)
    body = Body(hour)
    station, plan = station_of(hour), plan_for(hour)
    session = Session(plan, sensors_of(station), "bench")
    header = Header(
        session_id="bench",
        started_utc="2026-11-22T00:00:00Z",
        plan=plan.model_dump(mode="json"),
        station=station.model_dump(mode="json"),
    )
    with Recorder(path, header, flush_every_s=3600.0) as recorder:
        for stretch in stretches(hour, body):
            made_s = clock()
            said = [session.feed(item) for item in stretch]
            fed_s = clock()
            for item, outputs in zip(stretch, said, strict=True):
                recorder.input(item)
                for output in outputs:
                    recorder.output(to_json(output), at_ns=output.at_ns)
            recorder.flush()
            recorded_s = clock()
            costs.simulator_s += made_s - began_s
            costs.core_s += fed_s - made_s
            costs.recorder_s += recorded_s - fed_s
            costs.inputs += len(stretch)
            costs.frames += sum(isinstance(item, Frame) for item in stretch)
            costs.outputs += sum(map(len, said))
            costs.repetitions += sum(isinstance(one, RepetitionCounted) for out in said for one in out)
            live_ms_per_s = (recorded_s - made_s) * 1e3 * NS_PER_S / STRETCH_NS
            costs.slowest_stretch_ms_per_s = max(costs.slowest_stretch_ms_per_s, live_ms_per_s)
            began_s = clock()
    return costs


class RoomSampler:
    """Interrupts the process every 4 ms of CPU, and notes which file of the project is at work."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __enter__(self) -> Self:
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, 0.004, 0.004)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0.0)

    def _note(self, _number: int, frame: FrameType | None) -> None:
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(PROJECT) and "site-packages" not in path.parts:
                self.seen[str(path.relative_to(PROJECT))] += 1
                return
            frame = frame.f_back


def resident_mb() -> float:
    """Memory of this process that is in use now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def replay_here(path: Path, *, sampled: bool) -> dict[str, Any]:
    """Replay in this process: CPU and wall time, memory, and where the time went."""
    recording = Recording(path)
    session = session_of(recording)
    memory_mb: list[tuple[int, float]] = []

    def feed(item: Input) -> list[Any]:
        if isinstance(item, Tick) and item.received_ns % (60 * NS_PER_S) == 0:
            memory_mb.append((item.received_ns, resident_mb()))
        return session.feed(item)

    sampler = RoomSampler()
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    if sampled:
        with sampler:
            report = replay(recording.items(), feed, to_json, is_complete=lambda: recording.is_complete)
    else:
        report = replay(recording.items(), feed, to_json, is_complete=lambda: recording.is_complete)
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    settled_mb = next((mb for at_ns, mb in memory_mb if at_ns >= 600 * NS_PER_S), memory_mb[0][1])
    total = sum(sampler.seen.values())
    return {
        "identical": report.is_identical,
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "memory_mb": max(mb for _, mb in memory_mb),
        "memory_growth_mb": max(mb for _, mb in memory_mb) - settled_mb,
        "files_s": {name: cpu_s * count / total for name, count in sampler.seen.most_common()},
    }


def replay_apart(path: Path, *, sampled: bool) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bench_session", "--replay", str(path)]
    done = subprocess.run(
        [*command, "--sampled"] if sampled else command, stdout=subprocess.PIPE, check=True, cwd=PROJECT
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def stage_of(file: str) -> str:
    """Which stage a file belongs to."""
    parts = file.split("/")
    if parts[0] == "monitor" and len(parts) > 2:
        return parts[1]
    if file in ("monitor/canonical_json.py", "monitor/outputs.py"):
        return "recording"
    return "ingest" if parts[0] in ("protocols", "devices") else "other"


def reference_loop_ms() -> float:
    """CPU of a million turns of a plain loop: how fast this machine is now, to compare runs by."""
    began_s, total = time.process_time(), 0.0
    for number in range(1_000_000):
        total += number * 0.5
    return (time.process_time() - began_s) * 1e3


def measure(seconds: float, samples_per_notification: int) -> dict[str, Any]:
    """One case; all figures scaled to an hour."""
    scale = HOUR_S / seconds
    reference_ms = reference_loop_ms()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.mcap"
        costs = run_hour(seconds, samples_per_notification, path)
        size_mb = path.stat().st_size / 2**20
        plain = replay_apart(path, sampled=False)
        sampled = replay_apart(path, sampled=True)
    stages: Counter[str] = Counter()
    for file, cpu_s in sampled["files_s"].items():
        stages[stage_of(file)] += cpu_s * scale
    dearest = list(sampled["files_s"].items())[:12]
    return {
        "reference_loop_ms": round(reference_ms, 1),
        "simulator_s_per_h": round(costs.simulator_s * scale, 2),
        "core_s_per_h": round(costs.core_s * scale, 2),
        "recorder_s_per_h": round(costs.recorder_s * scale, 2),
        "live_ms_per_s": round((costs.core_s + costs.recorder_s) * 1e3 / seconds, 3),
        "slowest_ten_seconds_ms_per_s": round(costs.slowest_stretch_ms_per_s, 3),
        "replay_cpu_s_per_h": round(plain["cpu_s"] * scale, 2),
        "replay_wall_s_per_h": round(plain["wall_s"] * scale, 2),
        "replay_identical": plain["identical"],
        "memory_mb": round(plain["memory_mb"], 1),
        "memory_growth_mb": round(plain["memory_growth_mb"], 2),
        "recording_mb": round(size_mb, 1),
        "inputs": costs.inputs,
        "frames": costs.frames,
        "outputs": costs.outputs,
        "repetitions": costs.repetitions,
        "stages_of_replay_s_per_h": {name: round(cpu_s, 2) for name, cpu_s in stages.most_common()},
        "dearest_files_s_per_h": {name: round(cpu_s * scale, 2) for name, cpu_s in dearest},
    }


def is_kept(case: dict[str, Any], budget: Budget) -> bool:
    """Whether this case keeps every budget."""
    return bool(
        case["core_s_per_h"] <= budget.core_s
        and case["live_ms_per_s"] * HOUR_S / 1e3 <= budget.live_s
        and case["replay_wall_s_per_h"] <= budget.replay_s
        and case["memory_growth_mb"] <= budget.growth_mb
        and case["replay_identical"]
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the session (default: 60)")
    parser.add_argument("--case", type=int, choices=sorted(CASES.values()), help="samples a notification")
    parser.add_argument("--replay", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--sampled", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.replay is not None:
        sys.stdout.write(json.dumps(replay_here(options.replay, sampled=options.sampled)))
        return 0
    cases = {name: count for name, count in CASES.items() if options.case in (None, count)}
    results = {name: measure(options.minutes * 60.0, count) for name, count in cases.items()}
    for name, case in results.items():
        sys.stderr.write(f"{name}\n")
        for key, value in case.items():
            rows = value.items() if isinstance(value, dict) else [("", value)]
            for row, figure in rows:
                sys.stderr.write(f"  {f'{key} {row}'.strip():72s} {figure:>10}\n")
    kept = {name: is_kept(case, BUDGETS[name]) for name, case in results.items()}
    budgets = {name: asdict(BUDGETS[name]) for name in results}
    sys.stdout.write(json.dumps({"budgets": budgets, "kept": kept, "cases": results}, indent=2) + "\n")
    for name, is_in_it in kept.items():
        sys.stderr.write(f"{name}: {'within' if is_in_it else 'ABOVE'} its budget\n")
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
