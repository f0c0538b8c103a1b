"""A small session to record and to replay: every kind of input, an output for some of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devices.frames import Frame, LinkEvent, LinkState
from monitor import canonical_json
from monitor.inputs import AlertRestored, ClockAnchor, Command, DeliveryStatus, Input, StationStatus, Tick
from monitor.recording.header import Header
from monitor.recording.recorder import Recorder

NS = 1_000_000
IMU = "0000ffe4-0000-1000-8000-00805f9a34fb"

HEADER = Header(
    session_id="s7f3",
    started_utc="2026-11-22T03:00:00.123Z",
    boot=17,
    versions={"kinewatch": "0.1.0"},
    plan={"pack": "general", "limits": {"spo2_low_percent": 90.0}},
    station={"station": "room-2"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    at_ns: int
    total: int
    text: str


class Adder:
    """A pure session: adds up the first byte of each frame, and says so every tenth input."""

    def __init__(self, *, wrong_from: int | None = None) -> None:
        self._total = 0
        self._inputs = 0
        self._wrong_from = wrong_from

    def feed(self, value: Input) -> list[Said]:
        self._inputs += 1
        if isinstance(value, Frame):
            self._total += value.payload[0]
        if self._wrong_from is not None and self._inputs >= self._wrong_from:
            self._total += 1
        if self._inputs % 10:
            return []
        return [
            Said(at_ns=value.received_ns, total=self._total, text="one"),
            Said(at_ns=value.received_ns, total=-self._total, text="other"),
        ]


def inputs(frames: int) -> Iterator[Input]:
    """A session of so many frames, with everything else in between."""
    yield ClockAnchor(received_ns=0, utc_ns=1_795_316_400_000_000_000)
    yield LinkEvent(device="thigh", state=LinkState.LIVE, received_ns=NS, rssi_dbm=-61)
    yield Command(
        received_ns=2 * NS,
        command_id="c1",
        verb="begin",
        actor="assistant-1",
        role="assistant",
        arguments={"accept_missing": True, "weight": 2.5, "note": None, "text": 'é"\n'},
    )
    for number in range(frames):
        received_ns = (3 + number) * NS
        device = ("thigh", "shank")[number % 2]
        payload = bytes([number % 251, 0x55, 0x61, 255])
        yield Frame(device=device, characteristic=IMU, received_ns=received_ns, payload=payload)
        if number % 25 == 0:
            yield Tick(received_ns=received_ns)
        if number % 100 == 0:
            yield DeliveryStatus(received_ns=received_ns, connected=True, oldest_unconfirmed_high_s=0.1)
            yield StationStatus(received_ns=received_ns, queue_late_s=0.25)
    yield AlertRestored(
        received_ns=10**12,
        rule_id="G12",
        is_latched=False,
        priority="high",
        message="Symptom: dizzy",
        session_id="s-0",
        alert_id="G12-1",
    )
    yield LinkEvent(
        device="thigh", state=LinkState.LOST, received_ns=10**12, reason="supervision timeout", reconnects=2
    )


def record(path: Path, *, frames: int = 300) -> None:
    """One session, recorded as the service does it: input first, then what it caused."""
    session = Adder()
    with Recorder(path, HEADER) as recorder:
        for value in inputs(frames):
            recorder.input(value)
            for said in session.feed(value):
                recorder.output(canonical_json.encode(said), at_ns=said.at_ns)
        recorder.delivery({"message_id": "m1", "published_ms": 3.5}, at_ns=10**12)
        recorder.close(audit_head="3:abc")
