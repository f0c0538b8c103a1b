from dataclasses import replace

from monitor.store import fingerprint
from monitor.store.rows import SpotReading

READING = SpotReading(
    device="cuff",
    characteristic="x",
    received_ns=5,
    payload=b"1",
    taken_at="2026-11-22T03:00:00",
    user_index=1,
    values={"b": 1.0, "a": None},
)


def test_what_does_not_make_another_reading() -> None:
    same = replace(READING, received_ns=6, values={"a": None, "b": 1.0}, payload=b"2")
    assert fingerprint.of_reading(same, boot=2) == fingerprint.of_reading(READING, boot=1)


def test_the_monotonic_clock_starts_again_with_each_boot() -> None:
    clockless = replace(READING, taken_at=None)
    assert fingerprint.of_reading(clockless, boot=1) != fingerprint.of_reading(clockless, boot=2)
