"""A recording back into a session: its own plan and devices, or another plan."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.config import Station
from monitor.outputs import to_json
from monitor.plan.plan import Plan
from monitor.recording.header import FORMAT
from monitor.recording.reader import Item, Recording
from monitor.recording.replay import ReplayReport, replay
from monitor.session.session import Session
from monitor.station_devices import sensors_of


def session_of(recording: Recording, plan: Plan | None = None) -> Session:
    """A new session as the recorded one began; with `plan` instead of its own, if given."""
    header = recording.header
    station = Station.model_validate(header.station)
    return Session(plan or Plan.model_validate(header.plan), sensors_of(station), header.session_id)


def replay_recording(
    path: Path,
    *,
    plan: Plan | None = None,
    on_line: Callable[[str], None] | None = None,
    on_percent: Callable[[int], None] | None = None,
) -> ReplayReport:
    """Feed the recording at `path` to a new session, and compare.

    `on_percent` hears how far it is, each whole percent once.

    Raises:
        RecordingError: it cannot be read.
    """
    recording = Recording(path)
    session = session_of(recording, plan)
    report = replay(
        recording.items() if on_percent is None else _told(recording, on_percent),
        session.feed,
        to_json,
        on_line=on_line,
        is_complete=lambda: recording.is_complete,
        may_lack_fields=recording.header.format < FORMAT,
    )
    return dataclasses.replace(report, whole_bytes=recording.whole_bytes)


def _told(recording: Recording, on_percent: Callable[[int], None]) -> Iterator[Item]:
    last = -1
    for item in recording.items():
        percent = int(100.0 * recording.share_read)
        if percent != last:
            last = percent
            on_percent(percent)
        yield item
