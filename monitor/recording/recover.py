"""A recording that a crash cut off, written anew with its index, so that any MCAP reader opens it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.recording.errors import RecordingDamagedError, RecordingUnavailableError
from monitor.recording.header import FORMAT, RECOVERED_NAME
from monitor.recording.mcap_file import McapFile
from monitor.recording.reader import Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was saved: `was_complete` when nothing was missing, `problem` where the file was damaged."""

    path: Path
    messages: int
    first_utc_ns: int | None
    last_utc_ns: int | None
    was_complete: bool
    problem: str = ""


def recover(path: Path, out: Path, *, on_share: Callable[[float], None] = lambda _: None) -> Recovery:
    """Copy every message up to the last whole chunk, or to the first damage, into the new file `out`.

    Times stay what they are: a replay of either gives the same. A recording of format 1 becomes one of the
    present format. A file that was complete keeps its last word; what was cut off says that it was.

    Raises:
        RecordingError: the recording cannot be read at all, or `out` is there already or cannot be written.
    """
    recording = Recording(path)
    header = replace(recording.header, format=FORMAT)
    partial = out.with_name(f"{out.name}.part")
    if out.exists():
        raise RecordingUnavailableError(out, "is there already; name another file")
    partial.unlink(missing_ok=True)
    file = McapFile(partial, header)
    messages, first_ns, last_ns, problem = 0, None, None, ""
    try:
        try:
            for message in recording.messages():
                file.add(message.topic, message.data, received_ns=message.received_ns, utc_ns=message.utc_ns)
                messages += 1
                first_ns, last_ns = message.utc_ns if first_ns is None else first_ns, message.utc_ns
                if messages % 5000 == 0:
                    file.flush()
                    on_share(recording.share_read)
        except RecordingDamagedError as damage:
            problem = str(damage)
        if recording.is_complete:
            file.finish(dict(recording.end))
        else:
            file.finish({"messages": str(messages), "problem": problem}, name=RECOVERED_NAME)
        partial.replace(out)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise RecordingUnavailableError(out, f"cannot be written ({exc.strerror or exc})") from exc
    return Recovery(
        path=out,
        messages=messages,
        first_utc_ns=first_ns,
        last_utc_ns=last_ns,
        was_complete=recording.is_complete,
        problem=problem,
    )
