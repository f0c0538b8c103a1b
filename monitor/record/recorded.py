"""A recording on disk to its session's facts."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from monitor.record.facts import Amendment, SessionFacts
from monitor.record.gather.session import session_facts
from monitor.recording.reader import Recording


def facts_of_recording(
    path: Path, *, amendments: Iterable[Amendment] = (), series: bool = True
) -> SessionFacts:
    """The facts of the session recorded at `path`; of one that was cut off, as far as it goes.

    Raises:
        monitor.recording.errors.RecordingError: it cannot be read.
        monitor.errors.RunFailedError: its plan cannot be read by this version.
    """
    recording = Recording(path)
    # Item by item: eight hours of them are more than a small station's memory.
    facts = session_facts(recording.header, recording.items(raw=False), amendments=amendments, series=series)
    # Whether it was closed is known at its end.
    return replace(facts, is_complete=recording.is_complete)
