"""What makes two spot readings the same one."""

import hashlib

from monitor import canonical_json
from monitor.store.rows import SpotReading


def of_reading(reading: SpotReading, *, boot: int) -> str:
    """SHA-256 over device, timestamp, user and values.

    A device without a clock cannot say that it repeats itself, so its readings are told apart by when they
    came: a reading shown twice does less harm than a confirming second reading taken for a repetition.
    """
    when: object = reading.taken_at
    if when is None:
        when = [boot, reading.received_ns]
    text = canonical_json.encode([reading.device, when, reading.user_index, reading.values])
    return hashlib.sha256(text.encode()).hexdigest()
