"""FORA: only the newest record can be of now, and a record of sugar is no pressure."""

from datetime import datetime

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.ingest.station_clock import EPOCH
from monitor.inputs import ClockAnchor
from monitor.samples import STORED, Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import fora
from protocols.ble.date_time import DateTime
from protocols.ble.fora import BloodPressure, IrregularPulse, Opcode, RecordTime, Reply

NS_PER_S = 1_000_000_000
NOW = datetime(2026, 3, 4, 11, 0)  # noqa: DTZ001 - as the cuff's clock has it
CLOCK = DateTime(2026, 3, 4, 10, 59, 0)
D40, P30 = 0x3261, 0x3129


class Cuff:
    """A cuff that has been asked; `says` hands over one answer."""

    def __init__(self, model: int | None = P30, *, count: int = 1, **options: int) -> None:
        config = SensorConfig(device="it", family="fora", role=SensorRole.CUFF, options=options)
        self._ingest = Ingest([config])
        utc_ns = round((NOW - EPOCH).total_seconds() * NS_PER_S)
        self._ingest.anchor(ClockAnchor(received_ns=0, utc_ns=utc_ns))
        self._ingest.connected("it")
        if model is not None:
            self.says(Opcode.MODEL, model.to_bytes(4, "little"))
        self.says(Opcode.RECORD_COUNT, count.to_bytes(4, "little"))

    def says(self, opcode: Opcode, content: bytes) -> list[Sample]:
        payload = fora.encode_reply(Reply(opcode=opcode, content=content))
        found = self._ingest.feed(
            Frame(device="it", characteristic=fora.DATA, received_ns=NS_PER_S, payload=payload)
        )
        return [one for one in found if isinstance(one, Sample)]

    def record(
        self, systolic: int, diastolic: int, *, clock: DateTime = CLOCK, **time: bool | IrregularPulse
    ) -> list[Sample]:
        time.setdefault("is_blood_pressure", True)
        self.says(Opcode.RECORD_TIME, fora.encode_record_time(RecordTime(clock=clock, **time)))  # type: ignore[arg-type]
        values = BloodPressure(
            systolic_mmhg=systolic,
            mean_arterial_pressure_mmhg=(systolic + 2 * diastolic) // 3,
            diastolic_mmhg=diastolic,
            pulse_rate_per_min=72,
        )
        return self.says(Opcode.RECORD_VALUES, fora.encode_blood_pressure(values))


def test_the_last_of_the_visit_is_of_now_and_those_before_it_are_stored() -> None:
    cuff = Cuff(count=2)
    old = cuff.record(212, 121, clock=DateTime(2026, 3, 1, 9, 0, 0))
    new = cuff.record(128, 78)
    # It waited for what would follow, and is told behind it.
    assert old == []
    new, old = new[:4], new[4:]
    assert all(STORED in sample.flags for sample in old)
    assert old
    assert [(sample.code, sample.value) for sample in new] == [
        (Code.SYSTOLIC_MMHG, 128.0),
        (Code.DIASTOLIC_MMHG, 78.0),
        (Code.MEAN_ARTERIAL_PRESSURE_MMHG, 94.0),
        (Code.CUFF_PULSE_RATE_PER_MIN, 72.0),
    ]
    assert all(sample.flags == frozenset() and sample.quality is Quality.GOOD for sample in new)


def test_records_that_were_asked_for_by_user_are_that_users() -> None:
    new = Cuff(user=2).record(128, 78)
    assert new[0].value == 128.0
    assert all(sample.flags == frozenset() and sample.quality is Quality.GOOD for sample in new)


def test_a_record_of_sugar_is_no_pressure() -> None:
    assert Cuff(D40).record(120, 80, is_blood_pressure=False) == []
    assert Cuff(None).record(120, 80, is_blood_pressure=False) == []


def test_a_product_that_measures_nothing_else_need_not_mark_its_pressures() -> None:
    assert Cuff(P30).record(120, 80, is_blood_pressure=False)[0].value == 120.0


def test_values_without_their_time_are_nobodys() -> None:
    values = BloodPressure(
        systolic_mmhg=120, mean_arterial_pressure_mmhg=93, diastolic_mmhg=80, pulse_rate_per_min=70
    )
    assert Cuff().says(Opcode.RECORD_VALUES, fora.encode_blood_pressure(values)) == []


def test_an_irregular_pulse_makes_the_reading_doubtful() -> None:
    for doubt in ({"arrhythmia": True}, {"irregular_pulse": IrregularPulse.VARYING}):
        sample = Cuff().record(120, 80, **doubt)[0]  # type: ignore[arg-type]
        assert (sample.quality, sample.flags) == (Quality.QUESTIONABLE, {"irregular_pulse"})


def test_a_failed_measurement_has_no_value() -> None:
    samples = Cuff().record(0, 0)
    assert [sample.value for sample in samples[:2]] == [None, None]
