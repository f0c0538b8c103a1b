"""A recording on disk to its session's facts."""

from collections.abc import Iterable
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
    items = list(recording.items(raw=False))
    return session_facts(
        recording.header, items, is_complete=recording.is_complete, amendments=amendments, series=series
    )
