"""What people reported of cuffs: clocks that were lost, memories handed over, two people, half a reading.

Each test is named after what the person saw; the report stands behind it.
"""

from datetime import datetime, timedelta
from struct import pack

import pytest

from devices.frames import Frame
from monitor.alerts.transition import Transition
from monitor.inputs import Tick
from monitor.outputs import Output, ReadingFiled, VitalUpdate
from monitor.samples import Code
from monitor.sensors import Arm, SensorConfig, SensorRole
from protocols.ble import blood_pressure, microlife, omron_eeprom
from protocols.ble.blood_pressure import BloodPressureMeasurement, encode_measurement
from protocols.ble.codec.assigned_numbers import CURRENT_TIME
from protocols.ble.current_time import CurrentTime, encode_current_time
from protocols.ble.date_time import DateTime
from protocols.ble.omron_memory_map import MAPS
from protocols.ble.omron_record import Reading
from tests.support.session_bench import BEGINS, START_NS, SessionBench, at, clock

NS_PER_S = 1_000_000_000
PROFILE_CUFFS = ("blood_pressure", "beurer", "and_medical", "omron")
UNSET = DateTime(0, 0, 0, 0, 0, 0)
RESET = DateTime(2021, 1, 1, 0, 1, 0)
MAP = MAPS["HEM-7322T"]


def bench_with(family: str, **options: str | int) -> SessionBench:
    cuff = SensorConfig(device="cuff", family=family, role=SensorRole.CUFF, arm=Arm.RIGHT, options=options)
    bench = SessionBench([cuff])
    bench.feed(clock())
    return bench


def right(at_s: float) -> DateTime:
    return DateTime.from_datetime(BEGINS + timedelta(seconds=at_s))


def record(
    at_s: float, systolic: float, diastolic: float, dated: DateTime | None, user: int | None = None
) -> Frame:
    measurement = BloodPressureMeasurement(
        systolic,
        diastolic,
        round((systolic + 2 * diastolic) / 3),
        timestamp=dated,
        pulse_rate_per_min=70,
        user_id=user,
    )
    return frame(at_s, blood_pressure.MEASUREMENT, encode_measurement(measurement))


def frame(at_s: float, characteristic: str, payload: bytes) -> Frame:
    return Frame(device="cuff", characteristic=characteristic, received_ns=at(at_s), payload=payload)


def run(bench: SessionBench, *frames: Frame) -> list[Output]:
    bench.feed(*frames)
    bench.feed(Tick(received_ns=frames[-1].received_ns + 30 * NS_PER_S))
    return bench.outputs


def shown(outputs: list[Output]) -> list[tuple[float | None, str]]:
    return [
        (one.value, one.quality.value)
        for one in outputs
        if isinstance(one, VitalUpdate) and one.code is Code.SYSTOLIC_MMHG
    ]


def fired(outputs: list[Output]) -> list[tuple[int, str]]:
    """(second, priority) of each time that G8 was raised, reminders left out."""
    return [
        (round((one.at_ns - START_NS) / NS_PER_S), one.priority.value)
        for one in outputs
        if isinstance(one, Transition)
        and one.rule_id == "G8"
        and one.to_state == "firing"
        and one.reason != "still there"
    ]


def cleared(outputs: list[Output]) -> list[Transition]:
    return [one for one in outputs if isinstance(one, Transition) and one.to_state in ("latched", "resolved")]


def filed(outputs: list[Output]) -> list[tuple[float | None, str]]:
    return [(one.systolic_mmhg, one.reason) for one in outputs if isinstance(one, ReadingFiled)]


# -- 22: blood-pressure-monitor-fl #410 --------------------------------------------------------------------


@pytest.mark.parametrize("family", PROFILE_CUFFS)
@pytest.mark.parametrize("dated", [RESET, right(270 - 3600)], ids=["2021", "an hour slow"])
def test_a_crisis_from_a_cuff_that_lost_its_clock_is_shown_and_told(family: str, dated: DateTime) -> None:
    outputs = run(bench_with(family), record(60, 128, 78, right(30)), record(300, 212, 121, dated))
    assert shown(outputs) == [(128.0, "good"), (212.0, "questionable")]
    assert fired(outputs) == [(303, "medium")]


def test_two_crises_with_a_lost_clock_do_not_confirm_each_other() -> None:
    outputs = run(
        bench_with("blood_pressure"),
        record(60, 128, 78, right(30)),
        record(300, 212, 121, RESET),
        record(390, 214, 122, RESET),
    )
    assert shown(outputs)[1:] == [(212.0, "questionable"), (214.0, "questionable")]
    assert fired(outputs) == [(303, "medium")]


def test_a_well_reading_with_a_lost_clock_clears_nothing() -> None:
    outputs = run(bench_with("blood_pressure"), record(60, 212, 121, right(30)), record(300, 118, 74, RESET))
    assert fired(outputs) == [(60, "medium")]
    assert cleared(outputs) == []


def test_two_readings_of_a_cuff_that_lost_its_clock_are_both_shown_when_they_come_together() -> None:
    outputs = run(
        bench_with("beurer"),
        record(60, 128, 78, right(30)),
        record(300, 128, 78, right(30)),
        record(300.3, 212, 121, RESET),
        record(300.6, 118, 74, DateTime(2021, 1, 1, 0, 4, 0)),
    )
    assert shown(outputs)[1:] == [(212.0, "questionable"), (118.0, "questionable")]
    assert fired(outputs) == [(304, "medium")]


def test_an_old_record_in_front_of_a_new_one_is_memory() -> None:
    outputs = run(
        bench_with("blood_pressure"),
        record(60, 212, 121, DateTime(2026, 2, 25, 9, 0, 0)),
        record(60.3, 128, 78, right(30)),
    )
    assert shown(outputs) == [(128.0, "good")]
    assert fired(outputs) == []
    assert filed(outputs) == [(212.0, "memory")]


def test_an_old_record_behind_a_new_one_is_memory_too() -> None:
    outputs = run(
        bench_with("blood_pressure"),
        record(60, 128, 78, right(30)),
        record(60.3, 212, 121, DateTime(2026, 2, 25, 9, 0, 0)),
    )
    assert shown(outputs) == [(128.0, "good")]
    assert filed(outputs) == [(212.0, "memory")]


def test_a_cuff_that_says_that_its_clock_is_wrong_is_believed_in_the_difference() -> None:
    """Omron tells its time at every visit: a date of 2021 is then as good as any."""
    said = CurrentTime.from_datetime(datetime(2021, 1, 1, 0, 2, 0))  # noqa: DTZ001
    outputs = run(
        bench_with("omron"),
        frame(119, CURRENT_TIME, encode_current_time(said)),
        record(120, 212, 121, RESET),
    )
    assert shown(outputs) == [(212.0, "good")]
    assert fired(outputs) == [(120, "medium")]


def test_a_cuff_that_says_that_its_clock_is_right_hands_over_old_records_as_such() -> None:
    said = CurrentTime.from_datetime(BEGINS + timedelta(seconds=119))
    outputs = run(
        bench_with("omron"),
        frame(119, CURRENT_TIME, encode_current_time(said)),
        record(120, 212, 121, RESET),
    )
    assert shown(outputs) == []
    assert filed(outputs) == [(212.0, "memory")]


# -- 06: omblepy #2, #12 -----------------------------------------------------------------------------------

OLD = [(124, 79, DateTime(2025, 11, 20, 8, 0, 0)), (126, 80, DateTime(2025, 11, 21, 8, 0, 0))]


def microlife_memory(at_s: float, records: list[tuple[int, int, DateTime]]) -> Frame:
    content = microlife.encode_records(
        microlife.Records(
            readings=tuple(
                microlife.StoredReading(
                    systolic_mmhg=systolic,
                    diastolic_mmhg=diastolic,
                    pulse_rate_per_min=70,
                    timestamp=dated,
                    settings=0x80,
                )
                for systolic, diastolic, dated in records
            )
        )
    )
    whole = microlife.Frame(device=microlife.Device.CUFF_4G, content=content)
    return frame(at_s, microlife.NOTIFY, microlife.encode_frame(whole))


def omron_memory(at_s: float, records: list[tuple[int, int, DateTime]]) -> list[Frame]:
    content = b"".join(
        MAP.slot(
            Reading(
                systolic_mmhg=systolic,
                diastolic_mmhg=diastolic,
                pulse_rate_per_min=70,
                timestamp=dated,
                body_movement=False,
                irregular_pulse=False,
            )
        )
        for systolic, diastolic, dated in records
    )
    packets = []
    for number, start in enumerate(range(0, len(content), 56)):
        part = content[start : start + 56]
        packets.append(
            omron_eeprom.Packet(
                kind=omron_eeprom.Kind.READ_REPLY,
                address=MAP.areas[0] + 56 * number,
                size=len(part),
                content=part,
            )
        )
    packets.append(omron_eeprom.Packet(kind=omron_eeprom.Kind.END_REPLY))
    return [
        frame(at_s, characteristic, part)
        for packet in packets
        for characteristic, part in zip(
            omron_eeprom.NOTIFY, omron_eeprom.split(omron_eeprom.encode_packet(packet)), strict=False
        )
    ]


@pytest.mark.parametrize(
    "dated", [DateTime(2019, 1, 1, 0, 3, 0), DateTime(2000, 0, 0, 0, 0, 0)], ids=["2019", "never set"]
)
def test_a_crisis_at_the_end_of_a_memory_with_the_wrong_year_is_shown(dated: DateTime) -> None:
    outputs = run(bench_with("microlife"), microlife_memory(60, [*OLD, (212, 121, dated)]))
    assert shown(outputs) == [(212.0, "questionable")]
    assert fired(outputs) == [(60, "medium")]
    assert filed(outputs) == [(124.0, "memory"), (126.0, "memory")]


def test_last_years_crisis_in_a_memory_is_not_told() -> None:
    memory = [(214, 122, DateTime(2025, 11, 21, 8, 0, 0)), (126, 78, DateTime(2019, 1, 1, 0, 3, 0))]
    outputs = run(bench_with("microlife"), microlife_memory(60, memory))
    assert shown(outputs) == [(126.0, "questionable")]
    assert fired(outputs) == []


def test_the_same_record_at_three_visits_is_told_once() -> None:
    unset = DateTime(2000, 0, 0, 0, 0, 0)
    outputs = run(
        bench_with("microlife"), *(microlife_memory(at_s, [(212, 121, unset)]) for at_s in (60, 120, 180))
    )
    assert shown(outputs) == [(212.0, "questionable")]
    assert fired(outputs) == [(60, "medium")]


def test_the_same_values_again_without_a_date_are_a_new_reading_where_the_memory_has_grown() -> None:
    unset = DateTime(2000, 0, 0, 0, 0, 0)
    outputs = run(
        bench_with("microlife"),
        microlife_memory(60, [(212, 121, unset)]),
        microlife_memory(180, [(212, 121, unset), (212, 121, unset)]),
    )
    assert shown(outputs) == [(212.0, "questionable"), (212.0, "good")]


@pytest.mark.parametrize("family", ["microlife", "omron_memory"])
def test_a_record_of_next_year_does_not_hide_the_crisis_of_now(family: str) -> None:
    memory = [(126, 80, DateTime(2027, 3, 3, 8, 0, 0)), (212, 121, right(60))]
    if family == "microlife":
        outputs = run(bench_with(family), microlife_memory(90, memory))
    else:
        outputs = run(bench_with(family, model="HEM-7322T"), *omron_memory(90, memory))
    assert shown(outputs) == [(212.0, "good")]
    assert fired(outputs) == [(90, "medium")]


def test_a_crisis_in_a_ring_that_is_full_is_found_though_the_clock_was_reset() -> None:
    """The newest overwrote the oldest: it stands in the middle, with the oldest date of all."""
    ring = [(120 + n % 9, 79, DateTime.from_datetime(BEGINS - timedelta(days=n + 1))) for n in range(99)]
    ring.reverse()
    ring = [*ring[60:], (212, 121, DateTime(2019, 1, 1, 0, 3, 0)), *ring[:60]]
    outputs = run(bench_with("omron_memory", model="HEM-7322T"), *omron_memory(60, ring))
    assert shown(outputs) == [(212.0, "questionable")]
    assert fired(outputs) == [(60, "medium")]
    assert len(filed(outputs)) == 99


# -- 02: blood-pressure-monitor-fl #352, openScale #1250 -------------------------------------------------


@pytest.mark.parametrize("family", PROFILE_CUFFS)
@pytest.mark.parametrize("dated", [None, UNSET, RESET], ids=["no date", "date of zeros", "2021"])
def test_a_burst_of_stored_crises_confirms_and_clears_nothing(family: str, dated: DateTime | None) -> None:
    outputs = run(
        bench_with(family),
        record(20, 212, 121, dated),
        record(20.2, 208, 118, dated),
        record(20.4, 128, 78, dated),
    )
    assert shown(outputs) == [(128.0, "questionable")]
    assert fired(outputs) == []
    assert filed(outputs) == [(212.0, "memory"), (208.0, "memory")]


def test_a_burst_that_ends_in_a_crisis_asks_for_a_repeat_and_no_more() -> None:
    outputs = run(bench_with("blood_pressure"), record(20, 212, 121, UNSET), record(20.2, 208, 118, UNSET))
    assert shown(outputs) == [(208.0, "questionable")]
    assert fired(outputs) == [(23, "medium")]


def test_what_a_beurer_sends_again_is_no_second_crisis() -> None:
    outputs = run(bench_with("beurer"), record(20, 212, 121, UNSET), record(80, 212, 121, UNSET))
    assert fired(outputs) == [(23, "medium")]
    assert filed(outputs) == [(212.0, "repeated")]


def test_two_certain_crises_a_minute_apart_do_confirm() -> None:
    outputs = run(
        bench_with("blood_pressure"), record(60, 212, 121, right(55)), record(130, 214, 122, right(125))
    )
    assert fired(outputs) == [(60, "medium"), (130, "high")]


def test_two_dates_closer_than_a_cuff_can_measure_do_not_confirm() -> None:
    outputs = run(
        bench_with("blood_pressure"), record(60, 212, 121, right(50)), record(60.2, 214, 122, right(58))
    )
    assert fired(outputs) == [(60, "medium")]


# -- 03: iOS-nRF-Toolbox #78, hass-omron #13 ---------------------------------------------------------------


def test_the_helpers_reading_does_not_clear_the_patients_alert() -> None:
    outputs = run(
        bench_with("blood_pressure"), record(20, 212, 121, right(20), 1), record(60, 118, 74, right(60), 2)
    )
    assert fired(outputs) == [(20, "medium")]
    assert cleared(outputs) == []
    assert shown(outputs) == [(212.0, "good"), (118.0, "questionable")]


@pytest.mark.parametrize("family", PROFILE_CUFFS)
def test_another_users_readings_are_left_out_and_that_is_said(family: str) -> None:
    outputs = run(
        bench_with(family, user=1),
        record(20, 118, 74, right(20), 1),
        record(60, 212, 121, right(60), 2),
        record(100, 214, 122, right(100), 2),
    )
    assert shown(outputs) == [(118.0, "good")]
    assert fired(outputs) == []
    assert filed(outputs) == [(None, "other_user"), (None, "other_user")]


def test_whose_reading_it_is_the_cuff_does_not_say() -> None:
    outputs = run(bench_with("blood_pressure", user=1), record(20, 212, 121, right(20)))
    assert shown(outputs) == [(212.0, "questionable")]
    assert fired(outputs) == [(20, "medium")]


# -- 04: hass-omron #190 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("slow_s", [0, 137, 179, -60, -179])
def test_a_clock_that_the_driver_leaves_alone_is_believed(slow_s: float) -> None:
    begin = 400  # late enough that no date lies before the session
    outputs = run(
        bench_with("omron"),
        record(begin, 212, 121, right(begin - 40 - slow_s)),
        record(begin + 90, 214, 123, right(begin + 50 - slow_s)),
        record(begin + 270, 126, 78, right(begin + 230 - slow_s)),
    )
    assert shown(outputs) == [(212.0, "good"), (214.0, "good"), (126.0, "good")]
    assert fired(outputs) == [(begin, "medium"), (begin + 90, "high")]
    assert cleared(outputs)


@pytest.mark.parametrize("slow_s", [240, 590, 960, -240, 5 * 365 * 86_400])
def test_a_clock_that_is_off_by_a_constant_is_seen_through_at_the_second_reading(slow_s: float) -> None:
    outputs = run(
        bench_with("blood_pressure"),
        record(60, 212, 121, right(20 - slow_s)),
        record(150, 214, 123, right(110 - slow_s)),
        record(240, 213, 122, right(200 - slow_s)),
        record(420, 126, 78, right(380 - slow_s)),
    )
    assert [quality for _, quality in shown(outputs)] == ["questionable", "good", "good", "good"]
    assert [priority for _, priority in fired(outputs)] == ["medium", "high"]
    assert cleared(outputs)


# -- 05: LibreArm #6, #8 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["qardioarm", *PROFILE_CUFFS])
@pytest.mark.parametrize(
    ("systolic", "diastolic"),
    [(0x07FF, 238), (1823, 43), (128, 0x07FF), (0x0800, 121), (128, 0x7FF0), (212, 0xFFFF), (310, 121)],
)
def test_half_a_reading_is_none(family: str, systolic: int, diastolic: int) -> None:
    bench = bench_with(family)
    payload = bytes([0x04]) + pack("<HHHH", systolic, diastolic, 0x07FF, 70)
    outputs = run(bench, frame(20, blood_pressure.MEASUREMENT, payload))
    values = [one.value for one in outputs if isinstance(one, VitalUpdate)]
    assert set(values) <= {None}
    assert fired(outputs) == []
    assert not any(bench.session.summary().vitals.values())
