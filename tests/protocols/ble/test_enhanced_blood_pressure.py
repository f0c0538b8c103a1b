from datetime import datetime

import pytest

from protocols.ble.blood_pressure import PressureUnit
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.enhanced_blood_pressure import (
    BloodPressureRecord,
    Details,
    EnhancedBloodPressureMeasurement,
    EnhancedIntermediateCuffPressure,
    Epoch,
    decode_record,
    encode_measurement,
    encode_record,
)
from protocols.ble.ieee11073 import sfloat
from tests.support.refusals import does_not_fit, refused


def measurement(**details: object) -> EnhancedBloodPressureMeasurement:
    return EnhancedBloodPressureMeasurement(
        systolic=sfloat(120),
        diastolic=sfloat(80),
        mean_arterial_pressure=sfloat(93),
        unit=PressureUnit.KPA,
        details=Details(**details),  # type: ignore[arg-type]
    )


def test_flags_follow_from_unit_fields_and_epoch() -> None:
    assert encode_measurement(measurement())[0] == 0x01
    assert encode_measurement(measurement(timestamp_s=1, epoch=Epoch.Y2000))[0] == 0x01 | 0x02 | 0x40
    assert encode_measurement(measurement(user_facing_time_s=1))[0] == 0x01 | 0x20


def test_times_count_from_their_epoch() -> None:
    assert Details(timestamp_s=86_400, epoch=Epoch.Y2000).to_datetime() == datetime(2000, 1, 2)  # noqa: DTZ001
    assert Details(timestamp_s=0).to_datetime() == datetime(1900, 1, 1)  # noqa: DTZ001
    assert Details().to_datetime() is None


def test_a_record_is_a_segment_with_its_counter() -> None:
    record = decode_record(bytes.fromhex("ff0700352a" + "aabbccdd"))
    assert (record.first, record.last, record.counter) == (True, True, 63)
    assert (record.sequence_number, record.characteristic) == (7, 0x2A35)
    assert record.split_crc() == (bytes.fromhex("aabb"), 0xDDCC)
    assert encode_record(record).hex() == "ff0700352aaabbccdd"
    with pytest.raises(EncodeError, match="E2E-CRC"):
        BloodPressureRecord(
            first=True, last=True, counter=0, sequence_number=0, characteristic=0, content=b""
        ).split_crc()


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("enhanced_blood_pressure.measurement", "00", (Damage.TOO_SHORT, 1)),
        ("enhanced_blood_pressure.measurement", "02" + "00" * 8, (Damage.TOO_SHORT, 9)),
        ("enhanced_blood_pressure.measurement", "00" * 8, (Damage.TOO_LONG, 7)),
        ("enhanced_blood_pressure.intermediate_cuff_pressure", "", (Damage.TOO_SHORT, 0)),
        ("enhanced_blood_pressure.record", "00" * 4, (Damage.TOO_SHORT, 4)),
        ("enhanced_blood_pressure.record", "00" * 513, (Damage.TOO_LONG, 512)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("enhanced_blood_pressure.measurement", measurement(timestamp_s=2**32))
    does_not_fit(
        "enhanced_blood_pressure.intermediate_cuff_pressure",
        EnhancedIntermediateCuffPressure(cuff_pressure=1.0, details=Details(user_id=256)),
    )
    for counter, content in ((64, b""), (0, bytes(508))):
        record = BloodPressureRecord(
            first=True, last=True, counter=counter, sequence_number=0, characteristic=0, content=content
        )
        does_not_fit("enhanced_blood_pressure.record", record)
