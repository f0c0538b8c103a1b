"""Readings out of an Omron's memory."""

from datetime import datetime

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.ingest.reader import Measured
from monitor.ingest.station_clock import EPOCH
from monitor.inputs import ClockAnchor
from monitor.samples import STORED, Code, DecodeFailure, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import omron_eeprom
from protocols.ble.codec import assigned_numbers
from protocols.ble.date_time import DateTime
from protocols.ble.omron_memory_map import MAPS
from protocols.ble.omron_record import Reading

LAYOUT = MAPS["HEM-7322T"]
NOW = datetime(2026, 3, 4, 12, 0, 0)  # noqa: DTZ001 - devices keep local time without a zone
S = 1_000_000_000


def ingest(**options: str | int) -> Ingest:
    one = Ingest([SensorConfig(device="cuff", family="omron_memory", role=SensorRole.CUFF, options=options)])
    one.anchor(ClockAnchor(received_ns=0, utc_ns=round((NOW - EPOCH).total_seconds() * S)))
    return one


def slot(systolic: int, *, minute: int, moved: bool = False) -> bytes:
    return LAYOUT.slot(
        Reading(
            systolic_mmhg=systolic,
            diastolic_mmhg=80,
            pulse_rate_per_min=70,
            timestamp=DateTime(2026, 3, 4, 11, minute, 0),
            body_movement=moved,
            irregular_pulse=moved,
        )
    )


def frames(packet: omron_eeprom.Packet) -> list[Frame]:
    parts = omron_eeprom.split(omron_eeprom.encode_packet(packet))
    return [
        Frame(device="cuff", characteristic=uuid, received_ns=S, payload=part)
        for uuid, part in zip(omron_eeprom.NOTIFY, parts, strict=False)
    ]


def reply(address: int, content: bytes) -> list[Frame]:
    kind = omron_eeprom.Kind.READ_REPLY
    return frames(omron_eeprom.Packet(kind=kind, address=address, size=len(content), content=content))


END = frames(omron_eeprom.Packet(kind=omron_eeprom.Kind.END_REPLY))
MODEL = Frame(
    device="cuff", characteristic=assigned_numbers.MODEL_NUMBER, received_ns=0, payload=b"HEM-7322T-E\0"
)


def fed(to: Ingest, *all_frames: Frame) -> list[Measured]:
    return [measured for frame in all_frames for measured in to.feed(frame)]


def systolic(found: list[Measured]) -> list[tuple[float | None, bool]]:
    return [
        (one.value, STORED in one.flags)
        for one in found
        if isinstance(one, Sample) and one.code is Code.SYSTOLIC_MMHG
    ]


def test_the_newest_of_all_is_of_now_wherever_it_stands_in_the_ring() -> None:
    content = slot(121, minute=58) + slot(135, minute=59) + slot(119, minute=30) + b"\xff" * 14
    one = ingest()
    assert fed(one, MODEL, *reply(LAYOUT.areas[0], content)) == []
    found = fed(one, *END)
    # Two of the last minutes by their own dates, and one of half an hour ago.
    assert systolic(found) == [(119, True), (121, False), (135, False)]


def test_another_users_readings_are_not_told() -> None:
    one = ingest()
    found = fed(
        one,
        MODEL,
        *reply(LAYOUT.areas[1], slot(180, minute=59)),
        *reply(LAYOUT.areas[0], slot(120, minute=58)),
        *END,
    )
    assert systolic(found) == [(120, False)]
    theirs = ingest(model="HEM-7322T", user=2)
    assert systolic(fed(theirs, *reply(LAYOUT.areas[1], slot(180, minute=59)), *END)) == [(180, False)]


def test_the_cuffs_own_doubts_are_kept() -> None:
    found = fed(ingest(), MODEL, *reply(LAYOUT.areas[0], slot(120, minute=59, moved=True)), *END)
    (first, *_) = [one for one in found if isinstance(one, Sample)]
    assert {"motion", "irregular_pulse"} <= first.flags


def test_a_visit_that_was_cut_off_tells_nothing() -> None:
    one = ingest()
    fed(one, MODEL, *reply(LAYOUT.areas[0], slot(120, minute=59)))
    one.connected("cuff")
    assert fed(one, *END) == []


def test_without_a_model_nothing_is_read_into_the_bytes() -> None:
    assert fed(ingest(), *reply(LAYOUT.areas[0], slot(120, minute=59)), *END) == []


def test_damage_is_said() -> None:
    broken = Frame(
        device="cuff", characteristic=omron_eeprom.NOTIFY[0], received_ns=S, payload=b"\x08" + bytes(7)
    )
    (failure,) = fed(ingest(), broken)
    assert isinstance(failure, DecodeFailure)
    other = Frame(device="cuff", characteristic=omron_eeprom.UNLOCK, received_ns=S, payload=b"\x81\x00")
    assert fed(ingest(), other) == []
