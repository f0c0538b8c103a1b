"""PM5: the recorded 100 m, whole, and what newer firmware appends."""

import json
import os
from pathlib import Path

import pytest

from protocols.ble import catalog
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.concept2_pm5 import (
    ADDITIONAL_STATUS,
    GENERAL_STATUS,
    decode_additional_status,
    decode_general_status,
    decode_sample_rate,
    encode_additional_status,
    encode_sample_rate,
)
from tests.support.refusals import refused


def recorded() -> list[tuple[str, bytes]]:
    """The notifications of the recording, where the folder of recordings is at hand."""
    folder = Path(os.environ.get("KINEWATCH_DATA", "../shared/data"))
    path = folder / "ble_captures" / "concept2_pm5_row100m.jsonl"
    if not path.exists():
        pytest.skip("set KINEWATCH_DATA to the folder of recordings")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        (row["data"]["characteristicUUID"], bytes.fromhex(row["data"]["data"]))
        for row in rows
        if row["eventType"] == "notificationReceived"
    ]


def test_every_report_of_a_rowed_100_m_is_read_and_comes_back_to_the_byte() -> None:
    counted = 0
    for uuid, frame in recorded():
        for message in catalog.messages_of(uuid):
            assert message.encode(message.decode(frame)) == frame
            counted += 1
    assert counted == 89 + 87 + 86 + 19 + 10


def test_the_100_m_take_25_s_and_the_distance_only_grows() -> None:
    statuses = [decode_general_status(frame) for uuid, frame in recorded() if uuid == GENERAL_STATUS]
    distances = [status.distance_m for status in statuses]
    assert distances == sorted(distances)
    assert (distances[-1], statuses[-1].elapsed_s) == (100.0, 25.0)


def test_speed_and_pace_of_one_report_agree() -> None:
    """500 m at that speed take the pace, within the report's own lag."""
    rows = [decode_additional_status(frame) for uuid, frame in recorded() if uuid == ADDITIONAL_STATUS]
    moving = [row for row in rows if row.speed_m_s > 3.0 and row.pace_s > 0]
    assert len(moving) > 40
    for row in moving:
        assert row.pace_s == pytest.approx(500.0 / row.speed_m_s, rel=0.05)


def test_what_newer_firmware_appends_is_kept() -> None:
    status = decode_additional_status(bytes.fromhex("c40900f50f1748" + "0130da3000000000" + "0005"))
    assert (status.heart_rate_per_min, status.rest) == (72, b"\x05")
    assert encode_additional_status(status).hex().endswith("05")


def test_damage_and_rates() -> None:
    assert refused("concept2_pm5.general_status", "000000") == (Damage.TOO_SHORT, 3)
    assert refused("concept2_pm5.sample_rate", "04") == (Damage.UNKNOWN_CODE, 0)
    assert decode_sample_rate(b"\x02") == 0.25
    with pytest.raises(EncodeError, match=r"0\.25"):
        encode_sample_rate(2.0)
