"""Cuffs with their own protocols: pressure while they measure, results, records out of memory."""

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.ingest.reader import Measured
from monitor.ingest.station_clock import EPOCH
from monitor.inputs import ClockAnchor
from monitor.samples import STORED, Code, DecodeFailure, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import blood_pressure, microlife, viatom_bp2, yonker
from protocols.ble.date_time import DateTime

NS_PER_S = 1_000_000_000
NOW = DateTime(2026, 11, 22, 10, 0, 0)
EARLIER = DateTime(2026, 11, 21, 9, 0, 0)


def feed(family: str, characteristic: str, *payloads: bytes) -> list[Measured]:
    ingest = Ingest([SensorConfig(device="it", family=family, role=SensorRole.CUFF)])
    now = NOW.to_datetime()
    assert now is not None
    ingest.anchor(ClockAnchor(received_ns=0, utc_ns=round((now - EPOCH).total_seconds() * NS_PER_S)))
    ingest.connected("it")
    found: list[Measured] = []
    for second, payload in enumerate(payloads, start=1):
        frame = Frame(
            device="it", characteristic=characteristic, received_ns=second * NS_PER_S, payload=payload
        )
        found += ingest.pass_time(frame.received_ns)
        found += ingest.feed(frame)
    return found + ingest.pass_time(3600 * NS_PER_S)


def systolics(found: list[Measured]) -> list[Sample]:
    return [one for one in found if isinstance(one, Sample) and one.code is Code.SYSTOLIC_MMHG]


def pressures(found: list[Measured]) -> list[float | None]:
    return [one.value for one in found if isinstance(one, Sample) and one.code is Code.CUFF_PRESSURE_MMHG]


def records(*readings: microlife.StoredReading) -> bytes:
    content = microlife.encode_records(microlife.Records(readings=readings))
    return microlife.encode_frame(microlife.Frame(device=microlife.Device.CUFF_4G, content=content))


def stored(systolic: int, taken: DateTime, **more: int) -> microlife.StoredReading:
    return microlife.StoredReading(
        systolic_mmhg=systolic, diastolic_mmhg=80, pulse_rate_per_min=70, timestamp=taken, **more
    )


def test_microlife_only_the_newest_record_can_be_of_now() -> None:
    both = (stored(150, EARLIER, settings=0x40), stored(130, NOW, settings=0x80))
    found = systolics(feed("microlife", microlife.NOTIFY, records(*both)))
    assert [(one.value, STORED in one.flags) for one in found] == [(150.0, True), (130.0, False)]
    assert found[-1].quality is Quality.GOOD


def test_microlife_damage_is_reported() -> None:
    found = feed("microlife", microlife.NOTIFY, b"\x00" * 5 + records(stored(130, NOW)))
    assert isinstance(found[0], DecodeFailure)
    assert [one.value for one in systolics(found)] == [130.0]


def test_microlife_short_answers_are_no_records() -> None:
    acknowledged = microlife.Frame(
        device=microlife.Device.CUFF_4G, content=bytes((microlife.Command.ACKNOWLEDGED,))
    )
    assert feed("microlife", microlife.NOTIFY, microlife.encode_frame(acknowledged)) == []


def test_a_bp2_measures_and_then_says_its_result() -> None:
    def reply(content: bytes) -> bytes:
        return viatom_bp2.encode_reply(viatom_bp2.Reply(opcode=viatom_bp2.Opcode.REALTIME, content=content))

    measuring = viatom_bp2.Measuring(cuff_pressure_mmhg=150, battery_status=0, battery_percent=70)
    result = viatom_bp2.Result(
        systolic_mmhg=131,
        diastolic_mmhg=82,
        mean_arterial_pressure_mmhg=98,
        heart_rate_per_min=70,
        battery_status=0,
        battery_percent=69,
    )
    found = feed(
        "viatom_bp2",
        viatom_bp2.NOTIFY,
        reply(viatom_bp2.encode_realtime(measuring)),
        reply(viatom_bp2.encode_realtime(result)),
        viatom_bp2.encode_reply(viatom_bp2.Reply(opcode=viatom_bp2.Opcode.SET_TIME)),
        b"\x00\x00",
        reply(viatom_bp2.encode_realtime(measuring)),
    )
    assert pressures(found) == [150.0, 150.0]
    assert [one.value for one in systolics(found)] == [131.0]
    batteries = [one.value for one in found if isinstance(one, Sample) and one.code is Code.BATTERY_PERCENT]
    assert batteries == [70.0, 69.0, 70.0]
    assert sum(isinstance(one, DecodeFailure) for one in found) == 1


def test_a_yonkers_clock_is_not_believed() -> None:
    progress = yonker.Progress(cuff_pressure_mmhg=120)
    result = yonker.Result(
        systolic_mmhg=131, diastolic_mmhg=82, pulse_rate_per_min=70, timestamp=DateTime(2020, 1, 1, 0, 0, 0)
    )
    found = feed(
        "yonker", yonker.NOTIFY, yonker.encode_notification(progress), yonker.encode_notification(result)
    )
    assert pressures(found) == [120.0]
    (systolic,) = systolics(found)
    assert (systolic.quality, systolic.t_ns) == (Quality.GOOD, 2 * NS_PER_S)


def test_a_qardioarms_partial_values_are_no_readings() -> None:
    partial = blood_pressure.BloodPressureMeasurement(95, 0, 0)
    whole = blood_pressure.BloodPressureMeasurement(131, 82, 98)
    found = feed(
        "qardioarm",
        blood_pressure.MEASUREMENT,
        blood_pressure.encode_measurement(partial),
        blood_pressure.encode_measurement(whole),
    )
    assert pressures(found) == [95.0]
    assert [one.value for one in systolics(found)] == [131.0]


def test_everything_that_a_beurer_has_stored_comes_again() -> None:
    def reading(systolic: int, taken: DateTime) -> bytes:
        return blood_pressure.encode_measurement(
            blood_pressure.BloodPressureMeasurement(systolic, 80, 97, timestamp=taken)
        )

    found = systolics(
        feed(
            "beurer",
            blood_pressure.MEASUREMENT,
            reading(150, EARLIER),
            reading(130, NOW),
            reading(150, EARLIER),
            reading(130, NOW),
        )
    )
    assert [(one.value, sorted(one.flags)) for one in found] == [
        (130.0, []),
        (150.0, ["stored"]),
        (150.0, ["stored"]),
        (130.0, ["stored"]),
    ]
    assert found[0].quality is Quality.GOOD
