"""A short session against the store and the recorder, as a process whose disk can be made to fail.

Arguments: the folder. Stores transitions, a reading, commands, confirmations and the audit, records frames,
and ends. Prints what it was told is durable, one word a line, each at once.
"""

import os
import sys
from pathlib import Path

from devices.frames import Frame
from monitor.alerts.transition import Priority
from monitor.errors import MonitorError
from monitor.inputs import Tick
from monitor.recording.recorder import Recorder
from monitor.store.rows import Post, SpotReading
from monitor.store.store import Store
from tests.support.alert_transitions import transition
from tests.support.recordings import HEADER

SESSION = "s1"


def durable(word: str) -> None:
    os.write(1, f"{word}\n".encode())


def posts(seq: int) -> list[Post]:
    event = Post(message_id=f"m{seq}", topic="t/event", body="{}", priority=Priority.HIGH)
    alert = Post(
        message_id=f"m{seq}", topic=f"t/alert/{seq}", body="{}", priority=Priority.HIGH, retained=True
    )
    return [event, alert]


def attempt(what: str, work: object) -> bool:
    """Do it; a disk that refuses is one of our errors and nothing else."""
    try:
        work()  # type: ignore[operator]
    except MonitorError:
        return False
    durable(what)
    return True


def main(folder: Path) -> int:
    try:
        store = Store(folder / "station.sqlite", utc_ns=lambda: 1_795_316_400_000_000_000)
    except MonitorError as exc:
        os.write(2, f"refused: {exc}\n".encode())
        return 1
    with store:
        durable("opened")
        attempt("begun", lambda: store.begin_session(SESSION, {"plan": {}}))
        for seq in range(1, 4):
            attempt(f"m{seq}", lambda seq=seq: store.append(transition(seq), posts(seq), session_id=SESSION))  # type: ignore[misc]
        reading = SpotReading(
            device="cuff",
            characteristic="2a35",
            received_ns=7,
            payload=b"\0",
            taken_at=None,
            user_index=None,
            values={"systolic_mmhg": 120.0},
        )
        attempt("reading", lambda: store.keep_spot_reading(reading, session_id=SESSION))
        attempt("command", lambda: store.take_command("c1", session_id=SESSION, verb="ack", actor="t"))
        attempt("answer", lambda: store.finish_command("c1", result="accepted"))
        attempt("confirmed", lambda: store.confirm(["m1"], session_id=SESSION, actor="t"))
        attempt("ended", lambda: store.end_session(SESSION, {}))
    try:
        with Recorder(folder / "recording.mcap", HEADER, flush_every_s=0.01) as recorder:
            for number in range(6):
                recorder.input(Frame(device="a", characteristic="c", received_ns=number, payload=b"x" * 50))
                recorder.input(Tick(received_ns=number))
                recorder.flush()
                if recorder.problem is None:
                    durable(f"frame-{number}")
    except MonitorError as exc:
        os.write(2, f"refused: {exc}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
