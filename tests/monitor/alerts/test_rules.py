"""Every rule in both directions: what must fire, when, and what must not. Series in, transitions out."""

from dataclasses import replace

import pytest

from monitor.alerts.observations import (
    ClockStep,
    JointCertainty,
    Observation,
    PayloadSeen,
    Posture,
    PostureChanged,
    Rating,
    RepetitionDone,
    Scale,
    SensorSeen,
    Symptom,
)
from monitor.alerts.rules import RULES, rules_for
from monitor.alerts.transition import AlertKind, Priority
from monitor.exercise.phases import Phase
from monitor.inputs import DeliveryStatus, StationStatus
from monitor.plan.pack import PackName, RuleOverride, load_pack
from monitor.samples import Code, DecodeFailure, Quality
from tests.support.alert_bench import (
    SENSORS,
    STRAP,
    THIGH,
    Bench,
    in_order,
    line,
    plan_of,
    pressure,
    sample,
    samples,
)

NS_PER_S = 1_000_000_000


def at(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def told(bench: Bench) -> list[str]:
    """Without the reminders of what was told before."""
    return [line(one) for one in bench.transitions if one.reason != "still there"]


# -- G1 to G3: saturation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule_id", "spo2", "expected"),
    [
        ("G1", "98x5 89x20 92x20", ["20.000 G1-1 firing medium", "40.000 G1-1 resolved medium"]),
        ("G1", "98x5 89x14 90x1 89x14 98x20", []),  # never 15 s on end, and the area starts again
        ("G1", "98x5 86x13 98x20", ["17.500 G1-1 firing medium", "33.000 G1-1 resolved medium"]),
        ("G1", "98x5 90x60", []),  # the limit itself is not below it
        ("G1", "98x5 89x20 91x60", ["20.000 G1-1 firing medium"]),  # inside the hysteresis nothing clears
        ("G1", "98x5 89x20 92x14 91x1 92x14 91x40", ["20.000 G1-1 firing medium"]),
        ("G1", "98x5 89!x60", []),  # poor samples are missing, not low
        ("G1", "98x5 89x20 98!x60", ["20.000 G1-1 firing medium"]),  # and do not clear
        ("G1", "98x5 89x20 98?x60", ["20.000 G1-1 firing medium"]),  # questionable ones do not clear either
        ("G1", "98x5 89?x20", ["20.000 G1-1 firing medium"]),  # but they may warn
        ("G1", "98x5 89x20 stale", ["20.000 G1-1 firing medium"]),
        ("G2", "98x5 85x10 90x40", ["10.000 G2-1 firing high", "45.000 G2-1 latched high"]),
        ("G2", "98x5 86x60", []),
        ("G2", "98x5 80x4 98x20", []),
        ("G2", "98x5 80x1 _x3 80x1 98x9", []),  # two samples are not three
        ("G2", "98x5 84x10 89x60", ["10.000 G2-1 firing high"]),
    ],
)
def test_saturation(rule_id: str, spo2: str, expected: list[str]) -> None:
    bench = Bench(only=[rule_id])
    bench.feed(samples(Code.SPO2_PERCENT, spo2), until_s=90)
    assert told(bench) == expected


@pytest.mark.parametrize(
    ("before", "during", "expected"),
    [
        ("97x30", "93x40 95x31", ["60.000 G3-1 firing low", "100.000 G3-1 resolved low"]),
        ("97x30", "94x60", []),
        ("97x5", "80x60", []),  # five samples are no baseline
        ("97x30", "93x40 94x40", ["60.000 G3-1 firing low"]),
    ],
)
def test_fall_from_the_baseline(before: str, during: str, expected: list[str]) -> None:
    bench = Bench(only=["G3"])
    bench.feed(samples(Code.SPO2_PERCENT, before))
    bench.context(Phase.EXERCISE, 30)
    bench.feed(samples(Code.SPO2_PERCENT, during, start_s=30), until_s=110)
    assert told(bench) == expected


def test_a_sudden_fall_takes_the_mild_alert_over() -> None:
    bench = Bench(only=["G1", "G2"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x5 88x20 84x10 88x60"), until_s=95)
    assert told(bench) == [
        "20.000 G1-1 firing medium",
        "30.000 G2-1 firing high",
        "30.000 G1-1 resolved medium",
    ]
    assert bench.transitions[2].reason == "taken over by G2-1"
    assert [one.alert_id for one in bench.engine.active()] == ["G2-1"]


def test_the_mild_alert_comes_back_when_the_sudden_one_is_over() -> None:
    bench = Bench(only=["G1", "G2"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x5 84x10 91x40 89x20"), until_s=75)
    assert told(bench) == [
        "10.000 G2-1 firing high",
        "45.000 G2-1 latched high",
        "70.000 G1-1 firing medium",
    ]


# -- G4 to G6: heart rate; limits of a 60-year-old: 141.7, 156.7 ---------------------------------------------


@pytest.mark.parametrize(
    ("rule_id", "rate", "expected"),
    [
        ("G4", "100x5 142x20 136x20", ["20.000 G4-1 firing medium", "40.000 G4-1 resolved medium"]),
        ("G4", "100x5 141x60", []),
        ("G4", "100x5 142x14 100x20", []),
        ("G4", "100x5 142x20 137x60", ["20.000 G4-1 firing medium"]),
        ("G5", "100x5 157x10 136x40", ["10.000 G5-1 firing high", "45.000 G5-1 latched high"]),
        ("G5", "100x5 156x60", []),
        ("G5", "100x5 157x4 150x60", []),
        ("G5", "100x5 157x10 140x60", ["10.000 G5-1 firing high"]),
        ("G6", "60x5 44x20 51x20", ["15.000 G6-1 firing high", "40.000 G6-1 latched high"]),
        ("G6", "60x5 45x60", []),
        ("G6", "60x5 44x9 60x20", []),
        ("G6", "60x5 44x20 50x60", ["15.000 G6-1 firing high"]),
    ],
)
def test_heart_rate(rule_id: str, rate: str, expected: list[str]) -> None:
    bench = Bench(only=[rule_id])
    bench.feed(samples(Code.HEART_RATE_PER_MIN, rate), until_s=90)
    assert told(bench) == expected


def test_an_optical_pulse_alone_makes_a_slow_heart_medium() -> None:
    bench = Bench(only=["G6"])
    bench.feed(samples(Code.PULSE_RATE_PER_MIN, "60x5 44x20 60x30"), until_s=60)
    assert told(bench) == ["15.000 G6-1 firing medium", "40.000 G6-1 resolved medium"]


def test_a_falling_rate_counts_only_while_a_set_is_done() -> None:
    falling = samples(Code.HEART_RATE_PER_MIN, "110x30 94x20", start_s=10)
    during = Bench(only=["G6"])
    during.context(Phase.EXERCISE, 5, set_active=True)
    during.feed(falling, until_s=61)
    assert told(during) == ["50.000 G6-1 firing high"]
    assert "falling during the set" in during.transitions[0].message
    resting = Bench(only=["G6"])
    resting.context(Phase.EXERCISE, 5, set_active=True)
    resting.feed(falling[:30])
    resting.context(Phase.REST, 39.5)
    resting.feed(falling[30:], until_s=61)
    assert told(resting) == []


def test_a_sudden_rate_takes_the_mild_alert_over() -> None:
    bench = Bench(only=["G4", "G5"])
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "100x5 145x20 160x20"), until_s=45)
    assert told(bench) == [
        "20.000 G4-1 firing medium",
        "30.000 G5-1 firing high",
        "30.000 G4-1 resolved medium",
    ]


def test_the_strap_goes_before_the_oximeter() -> None:
    bench = Bench(only=["G4"])
    bench.feed(
        in_order(
            samples(Code.HEART_RATE_PER_MIN, "100x40"),
            samples(Code.PULSE_RATE_PER_MIN, "170x40", start_s=0.5),
        ),
        until_s=41,
    )
    assert told(bench) == []


def test_a_contradicted_optical_pulse_is_not_believed_when_the_strap_is_gone() -> None:
    streams = (
        samples(Code.HEART_RATE_PER_MIN, "100x40"),
        samples(Code.PULSE_RATE_PER_MIN, "170x100", start_s=0.5),
    )
    bench = Bench(only=["G4", "T7"])
    bench.feed(in_order(*streams), until_s=100)
    # Whichever of the two is right, the other's limit would be passed.
    assert told(bench) == ["20.500 T7-1 firing high"]
    alone = Bench(only=["G4"])
    alone.feed(in_order(*streams), until_s=100)
    # The strap's last value stands until 44 s; then the pulse of 43.5 s is the best there is.
    assert told(alone) == ["58.500 G4-1 firing medium"]


# -- G7 to G11: blood pressure ------------------------------------------------------------------------------


def exercising(rule_id: str, plan: str = "general") -> Bench:
    bench = Bench(plan_of(plan), only=[rule_id])
    bench.feed(pressure(130, 80, 10))
    bench.context(Phase.EXERCISE, 20, set_active=True)
    return bench


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(119, 100)], ["100.000 G7-1 firing medium"]),
        ([(120, 100)], []),
        ([(119, 100), (118, 200)], ["100.000 G7-1 firing medium", "200.000 G7-1 firing high"]),
        ([(119, 100), (118, 230)], ["100.000 G7-1 firing medium"]),  # the repeat came too late to confirm
        ([(119, 100), (135, 200)], ["100.000 G7-1 firing medium", "200.000 G7-1 resolved medium"]),
        (
            [(119, 100), (118, 200), (135, 300)],
            ["100.000 G7-1 firing medium", "200.000 G7-1 firing high", "300.000 G7-1 latched high"],
        ),
    ],
)
def test_falling_pressure(readings: list[tuple[float, float]], expected: list[str]) -> None:
    bench = exercising("G7")
    for systolic, at_s in readings:
        bench.feed(pressure(systolic, 78, at_s))
    bench.feed([], until_s=320)
    assert told(bench) == expected


def test_falling_pressure_against_the_stage_before() -> None:
    bench = Bench(only=["G7"])
    bench.context(Phase.EXERCISE, 20, set_active=True, workload=20)
    bench.feed(pressure(160, 80, 100))
    bench.context(Phase.EXERCISE, 150, set_active=True, workload=30)
    bench.feed(pressure(149, 80, 200), until_s=210)
    assert told(bench) == ["200.000 G7-1 firing medium"]
    easier = Bench(only=["G7"])
    easier.context(Phase.EXERCISE, 20, set_active=True, workload=30)
    easier.feed(pressure(160, 80, 100))
    easier.context(Phase.EXERCISE, 150, set_active=True, workload=20)
    easier.feed(pressure(149, 80, 200), until_s=210)
    assert told(easier) == []


def test_a_symptom_makes_one_reading_enough() -> None:
    bench = exercising("G7")
    bench.feed(pressure(118, 78, 100))
    bench.feed([Symptom(received_ns=at(110), symptom="dizzy", actor="assistant-1")], until_s=120)
    assert told(bench) == ["100.000 G7-1 firing medium", "110.000 G7-1 firing high"]


def test_a_doubtful_reading_warns_but_neither_confirms_nor_clears() -> None:
    bench = exercising("G7")
    bench.feed(pressure(118, 78, 100, good=False))
    bench.feed(pressure(117, 78, 150, good=False))
    bench.feed(pressure(135, 78, 200, good=False), until_s=210)
    assert told(bench) == ["100.000 G7-1 firing medium"]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(251, 90)], ["100.000 G8-1 firing medium"]),
        ([(200, 116)], ["100.000 G8-1 firing medium"]),
        ([(250, 115)], []),
        ([(251, 90), (255, 90)], ["100.000 G8-1 firing medium", "200.000 G8-1 firing high"]),
        ([(251, 90), (231, 90)], ["100.000 G8-1 firing medium"]),
        ([(251, 90), (230, 105)], ["100.000 G8-1 firing medium", "200.000 G8-1 latched medium"]),
    ],
)
def test_pressure_at_which_exercise_stops(readings: list[tuple[float, float]], expected: list[str]) -> None:
    bench = exercising("G8")
    for number, (systolic, diastolic) in enumerate(readings, start=1):
        bench.feed(pressure(systolic, diastolic, 100 * number))
    bench.feed([], until_s=250)
    assert told(bench) == expected


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(221, 90)], ["100.000 G9-1 firing low"]),
        ([(228, 108)], ["100.000 G9-1 firing low"]),
        ([(220, 105)], []),
        ([(221, 90), (222, 90)], ["100.000 G9-1 firing low", "200.000 G9-1 firing low"]),  # each reading
        ([(221, 90), (210, 90)], ["100.000 G9-1 firing low"]),
        ([(221, 90), (209, 99)], ["100.000 G9-1 firing low", "200.000 G9-1 resolved low"]),
    ],
)
def test_high_pressure(readings: list[tuple[float, float]], expected: list[str]) -> None:
    bench = exercising("G9")
    for number, (systolic, diastolic) in enumerate(readings, start=1):
        bench.feed(pressure(systolic, diastolic, 100 * number))
    bench.feed([], until_s=250)
    assert told(bench) == expected


def test_no_reading_is_no_finding() -> None:
    bench = Bench(only=["G7", "G8", "G9", "G11", "G16b"], phase=Phase.EXERCISE)
    bench.feed([sample(Code.SYSTOLIC_MMHG, None, 5), sample(Code.DIASTOLIC_MMHG, None, 5)], until_s=60)
    assert told(bench) == []


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(181, 90, 10), (182, 90, 80)], ["80.000 G10-1 firing medium"]),
        ([(150, 111, 10), (150, 112, 80)], ["80.000 G10-1 firing medium"]),
        ([(181, 90, 10), (182, 90, 60)], []),  # fifty seconds apart: one event, not two readings
        ([(181, 90, 10), (170, 90, 80)], []),
        ([(180, 110, 10), (180, 110, 80)], []),
    ],
)
def test_pressure_at_rest(readings: list[tuple[float, float, float]], expected: list[str]) -> None:
    bench = Bench(only=["G10"])
    for systolic, diastolic, at_s in readings:
        bench.feed(pressure(systolic, diastolic, at_s))
    bench.feed([], until_s=200)
    assert told(bench) == expected


def test_heart_rate_and_saturation_at_rest_must_last_a_minute() -> None:
    steady = samples(Code.SPO2_PERCENT, "97x100", start_s=0.2)
    high = Bench(only=["G10"])
    high.feed(in_order(samples(Code.HEART_RATE_PER_MIN, "101x100"), steady), until_s=100)
    assert told(high) == ["60.000 G10-1 firing medium"]
    short = Bench(only=["G10"])
    short.feed(in_order(samples(Code.HEART_RATE_PER_MIN, "101x50 95x50"), steady), until_s=100)
    assert told(short) == []
    low = Bench(only=["G10"])
    low.feed(
        in_order(
            samples(Code.HEART_RATE_PER_MIN, "80x100"), samples(Code.SPO2_PERCENT, "89x100", start_s=0.2)
        ),
        until_s=100,
    )
    assert told(low) == ["60.200 G10-1 firing medium"]


def test_the_rest_gate_does_not_lapse_because_data_are_missing() -> None:
    bench = Bench(only=["G10"])
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "101x30 _x8 101x60"), until_s=100)
    # 34 s until the last value was too old, and 26 s from 38 s on.
    assert told(bench) == ["64.000 G10-1 firing medium"]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ((110, 80), ["150.000 G11-1 firing medium"]),
        ((128, 70), ["150.000 G11-1 firing medium"]),
        ((111, 71), []),
    ],
)
def test_standing_up(standing: tuple[float, float], expected: list[str]) -> None:
    bench = Bench(only=["G11"])
    bench.feed(pressure(130, 80, 60))
    bench.feed([PostureChanged(received_ns=at(100), posture=Posture.STANDING)])
    bench.feed(pressure(*standing, 150), until_s=160)
    assert told(bench) == expected


def test_standing_for_long_is_another_matter() -> None:
    bench = Bench(only=["G11"])
    bench.feed(pressure(130, 80, 60))
    bench.feed([PostureChanged(received_ns=at(100), posture=Posture.STANDING)])
    bench.feed(pressure(100, 70, 281), until_s=290)
    assert told(bench) == []


# -- G12 to G15: what the patient says ----------------------------------------------------------------------


def rating(scale: Scale, value: float, at_s: float) -> Rating:
    return Rating(received_ns=at(at_s), scale=scale, value=value)


def test_the_symptom_button_fires_at_once_and_calls_every_fifteen_seconds() -> None:
    bench = Bench(only=["G12"])
    bench.feed([Symptom(received_ns=at(7), symptom="chest pain", actor="patient")], until_s=40)
    assert bench.lines == ["7.000 G12-1 firing high", "22.000 G12-1 firing high", "37.000 G12-1 firing high"]
    assert bench.transitions[0].message == "Symptom: chest pain"


@pytest.mark.parametrize(
    ("rule_id", "ratings", "expected"),
    [
        ("G13", [(Scale.RPE, 17)], ["10.000 G13-1 firing medium"]),
        ("G13", [(Scale.RPE, 16)], []),
        ("G13", [(Scale.CR10, 8)], ["10.000 G13-1 firing medium"]),
        ("G13", [(Scale.CR10, 7.5)], []),
        ("G13", [(Scale.DYSPNOEA, 7)], ["10.000 G13-1 firing medium"]),
        ("G13", [(Scale.DYSPNOEA, 6)], []),
        (
            "G13",
            [(Scale.RPE, 18), (Scale.RPE, 18)],
            ["10.000 G13-1 firing medium", "20.000 G13-1 firing medium"],
        ),
        (
            "G13",
            [(Scale.RPE, 18), (Scale.RPE, 12)],
            ["10.000 G13-1 firing medium", "20.000 G13-1 resolved medium"],
        ),
        # A lower rating on another scale does not take the first one back.
        ("G13", [(Scale.DYSPNOEA, 8), (Scale.RPE, 12)], ["10.000 G13-1 firing medium"]),
        ("G14", [(Scale.PAIN, 7)], ["10.000 G14-1 firing medium"]),
        ("G14", [(Scale.PAIN, 6)], []),
        ("G14", [(Scale.PAIN, 2), (Scale.PAIN, 5)], ["20.000 G14-1 firing medium"]),
        ("G14", [(Scale.PAIN, 2), (Scale.PAIN, 4)], []),
        ("G15", [(Scale.RPE, 15)], ["10.000 G15-1 firing low"]),
        ("G15", [(Scale.RPE, 14)], []),
        ("G15", [(Scale.RPE, 17)], []),  # that is G13's
    ],
)
def test_ratings(rule_id: str, ratings: list[tuple[Scale, float]], expected: list[str]) -> None:
    bench = Bench(only=[rule_id])
    bench.feed(
        [rating(scale, value, 10 * n) for n, (scale, value) in enumerate(ratings, start=1)], until_s=40
    )
    assert told(bench) == expected


def test_a_plan_that_aims_higher_moves_the_mild_exertion_limit() -> None:
    bench = Bench(only=["G15"])
    bench.situation.rpe_target_high = 15
    bench.feed([rating(Scale.RPE, 15, 10)], until_s=12)
    assert told(bench) == []
    bench.feed([rating(Scale.RPE, 16, 20)], until_s=22)
    assert told(bench) == ["20.000 G15-1 firing low"]


# -- G16: recovery ------------------------------------------------------------------------------------------


def recovering(peak: float, after: float) -> list[str]:
    bench = Bench(only=["G16"])
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "70x30"))
    bench.context(Phase.EXERCISE, 30, set_active=True)
    bench.feed(samples(Code.HEART_RATE_PER_MIN, f"{peak}x30", start_s=30))
    bench.context(Phase.RECOVERY, 60)
    bench.feed(samples(Code.HEART_RATE_PER_MIN, f"{after}x90", start_s=60), until_s=150)
    return told(bench)


def test_heart_rate_recovery() -> None:
    assert recovering(120, 109) == ["120.000 G16-1 firing low"]
    assert recovering(120, 108) == []
    assert recovering(99, 98) == []  # nothing to recover from


def test_recovery_cannot_be_judged_without_a_heart_rate() -> None:
    bench = Bench(only=["G16"])
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "70x30"))
    bench.context(Phase.EXERCISE, 30, set_active=True)
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "120x30", start_s=30))
    bench.context(Phase.RECOVERY, 60)
    bench.feed([], until_s=150)
    assert told(bench) == []


@pytest.mark.parametrize(
    ("at_s", "systolic", "fires"), [(250, 175, True), (250, 170, False), (200, 190, False)]
)
def test_pressure_recovery(at_s: float, systolic: float, fires: bool) -> None:
    bench = exercising("G16b")
    bench.feed(pressure(190, 90, 50))
    bench.context(Phase.RECOVERY, 60)
    bench.feed(pressure(systolic, 80, at_s), until_s=260)
    assert told(bench) == (["250.000 G16b-1 firing low"] if fires else [])


# -- K1 to K5: after knee surgery ---------------------------------------------------------------------------

CAPS = "[limits]\nflexion_cap_deg = 90\nextension_cap_deg = 0\nrepetition_speed_cap_deg_s = 120\n"


def capped(rule_id: str) -> Bench:
    plan = plan_of("post_op_knee")
    limits = replace(
        plan.effective_limits, flexion_cap_deg=90.0, extension_cap_deg=0.0, repetition_speed_cap_deg_s=120.0
    )
    bench = Bench(plan, only=[rule_id])
    bench.situation.limits = limits
    return bench


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        ("80x5 91x5 80x20", ["0.800 K1-1 firing medium", "2.000 K1-1 resolved medium"]),
        ("80x5 91x2 80x20", []),
        ("80x5 90x20", []),
        ("10x5 -1x5 10x20", ["0.800 K1-1 firing medium", "2.000 K1-1 resolved medium"]),
        ("80x5 91x5 89x30", ["0.800 K1-1 firing medium"]),
        ("80x5 91x5 80?x30", ["0.800 K1-1 firing medium"]),
    ],
)
def test_surgeons_cap(angles: str, expected: list[str]) -> None:
    bench = capped("K1")
    bench.feed(samples(Code.JOINT_ANGLE_DEG, angles, period_s=0.1), until_s=4)
    assert told(bench) == expected


def test_no_cap_no_alert() -> None:
    bench = Bench(only=["K1", "K2", "K3"])
    bench.feed(samples(Code.JOINT_ANGLE_DEG, "150x20", period_s=0.1), until_s=4)
    bench.feed([JointCertainty(received_ns=at(5), certain=False)], until_s=20)
    bench.feed([RepetitionDone(received_ns=at(21), peak_speed_deg_s=900)], until_s=30)
    assert told(bench) == []


def test_an_uncertain_angle_under_a_cap() -> None:
    bench = capped("K2")
    bench.feed([JointCertainty(received_ns=at(5), certain=False, reason="quality poor")])
    bench.feed([JointCertainty(received_ns=at(20), certain=True)], until_s=30)
    assert told(bench) == ["8.000 K2-1 firing low", "23.000 K2-1 resolved low"]


def test_repetitions_too_fast() -> None:
    bench = capped("K3")
    for at_s, speed in ((5, 119), (8, 121), (11, 130), (14, 100)):
        bench.feed([RepetitionDone(received_ns=at(at_s), peak_speed_deg_s=speed)])
    assert told(bench) == ["8.000 K3-1 firing low", "11.000 K3-1 firing low", "14.000 K3-1 resolved low"]


def test_rest_watch_after_surgery() -> None:
    knee = plan_of("post_op_knee")
    low = Bench(knee, only=["K4"])
    low.feed(samples(Code.SPO2_PERCENT, "97x5 91x20"), until_s=30)
    assert told(low) == ["20.000 K4-1 firing medium"]
    fast = Bench(knee, only=["K5"])
    fast.feed(samples(Code.HEART_RATE_PER_MIN, "90x5 121x70"), until_s=80)
    assert told(fast) == ["65.000 K5-1 firing medium"]
    general = Bench(only=["K4", "K5"])
    general.feed(
        in_order(samples(Code.SPO2_PERCENT, "91x80"), samples(Code.HEART_RATE_PER_MIN, "121x80")), until_s=80
    )
    assert told(general) == []


# -- T1 to T8: sensors and station --------------------------------------------------------------------------


def test_a_silent_oximeter() -> None:
    bench = Bench(only=["T1"], sensors=[SENSORS[0]])
    bench.feed(samples(Code.SPO2_PERCENT, "97x30 _x20 97x20"), until_s=70)
    assert told(bench) == ["39.000 T1-1 firing low", "55.000 T1-1 resolved low"]
    assert bench.transitions[0].confirm_s == 10
    assert bench.transitions[0].kind is AlertKind.TECHNICAL


def test_a_silent_imu_during_exercise() -> None:
    def seen(start_s: float, end_s: float) -> list[SensorSeen]:
        return [
            SensorSeen(device="thigh", received_ns=at(t / 10))
            for t in range(round(start_s * 10), round(end_s * 10))
        ]

    bench = Bench(only=["T1"], sensors=[THIGH], phase=Phase.EXERCISE)
    bench.feed(in_order(seen(1, 30), seen(48, 60)), until_s=60)
    assert told(bench) == ["32.900 T1-1 firing medium", "53.000 T1-1 resolved medium"]


def test_poor_samples_are_no_valid_ones() -> None:
    bench = Bench(only=["T1"], sensors=[SENSORS[0]])
    bench.feed(samples(Code.SPO2_PERCENT, "97x30 97!x20"), until_s=45)
    assert told(bench) == ["39.000 T1-1 firing low"]


def test_a_sensor_that_never_comes_is_missing_after_a_grace() -> None:
    bench = Bench(only=["T1"], sensors=[STRAP])
    bench.feed([], until_s=31)
    assert told(bench) == ["30.000 T1-1 firing low"]


def test_a_silent_sensor_becomes_medium_when_exercise_begins() -> None:
    bench = Bench(only=["T1"], sensors=[STRAP])
    bench.feed([], until_s=31)
    bench.context(Phase.EXERCISE, 40)
    assert told(bench)[-1] == "40.000 T1-1 firing medium"
    assert bench.transitions[-1].reason == "worse"


def test_an_overdue_cuff() -> None:
    bench = Bench(plan_of(extra="blood_pressure_every_s = 300\n"), only=["T1"], sensors=[SENSORS[2]])
    bench.feed([], until_s=500)
    assert told(bench) == []
    bench.context(Phase.EXERCISE, 500)
    bench.feed(pressure(130, 80, 700), until_s=1119)
    assert told(bench) == []
    bench.feed([], until_s=1121)
    assert told(bench) == ["1120.000 T1-1 firing medium"]
    bench.feed(pressure(130, 80, 1200), until_s=1210)
    assert told(bench)[-1] == "1205.000 T1-1 resolved medium"


def test_a_poor_signal() -> None:
    bench = Bench(only=["T2"], sensors=[SENSORS[0]])
    bench.feed(samples(Code.SPO2_PERCENT, "97x30 97!x4 97x1 97!x4 97x1 97!x4 97x1 97!x4 97x1 97!x12 97x20"))
    assert told(bench) == ["54.000 T2-1 firing low", "72.000 T2-1 resolved low"]
    fine = Bench(only=["T2"], sensors=[SENSORS[0]])
    fine.feed(samples(Code.SPO2_PERCENT, "97x30 97!x15 97x15 97!x4 97x60"))
    assert told(fine) == []


def test_a_frozen_sensor_says_the_same_for_a_minute() -> None:
    def talk(payload: bytes, start_s: int, end_s: int) -> list[Observation]:
        return [
            one
            for t in range(start_s, end_s)
            for one in (
                PayloadSeen(device="strap", received_ns=at(t), payload=payload),
                sample(Code.HEART_RATE_PER_MIN, 80, t),
            )
        ]

    bench = Bench(only=["T3"], sensors=[STRAP])
    bench.feed([*talk(b"a", 0, 10), *talk(b"b", 10, 90), *talk(b"c", 90, 95)], until_s=96)
    assert told(bench) == ["70.000 T3-1 firing medium", "90.000 T3-1 resolved medium"]
    silent = Bench(only=["T3"], sensors=[STRAP])
    silent.feed(talk(b"a", 0, 10), until_s=100)
    assert told(silent) == []  # it says nothing: T1's


def test_the_same_values_while_the_patient_moves() -> None:
    def stream(moving: bool) -> list[Observation]:
        return [
            one
            for t in range(80)
            for one in (
                PayloadSeen(device="oximeter", received_ns=at(t), payload=bytes([t])),
                sample(Code.SPO2_PERCENT, 97, t),
                sample(Code.PULSE_RATE_PER_MIN, 84, t),
                SensorSeen(device="thigh", received_ns=at(t), moving=moving),
            )
        ]

    moving = Bench(only=["T3"], sensors=[SENSORS[0], THIGH])
    moving.feed(stream(moving=True), until_s=79)
    assert [one for one in told(moving) if "T3" in one] == ["60.000 T3-1 firing medium"]
    resting = Bench(only=["T3"], sensors=[SENSORS[0], THIGH])
    resting.feed(stream(moving=False), until_s=79)
    assert told(resting) == []


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([20], []),
        ([19], ["10.000 T4-1 firing low"]),
        ([19, 9], ["10.000 T4-1 firing low", "20.000 T4-1 firing medium"]),
        ([9], ["10.000 T4-1 firing medium"]),
        ([19, 24], ["10.000 T4-1 firing low"]),
        ([19, 25], ["10.000 T4-1 firing low", "20.000 T4-1 resolved low"]),
    ],
)
def test_battery(levels: list[float], expected: list[str]) -> None:
    bench = Bench(only=["T4"])
    bench.feed(
        [
            sample(Code.BATTERY_PERCENT, level, 10 * n, device="strap")
            for n, level in enumerate(levels, start=1)
        ],
        until_s=40,
    )
    assert told(bench) == expected


def delivery(
    at_s: float, connected: bool, high: float | None = None, medium: float | None = None
) -> DeliveryStatus:
    return DeliveryStatus(
        received_ns=at(at_s),
        connected=connected,
        oldest_unconfirmed_high_s=high,
        oldest_unconfirmed_medium_s=medium,
    )


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([delivery(1, True)], []),
        ([delivery(1, False)], ["31.000 T5-1 firing high"]),
        ([delivery(1, False), delivery(5, False, high=1)], ["11.000 T5-1 firing high"]),
        ([delivery(1, False), delivery(25, True)], []),
        ([delivery(1, True, high=9)], []),
        ([delivery(1, True, high=10)], ["1.000 T5-1 firing high"]),
        ([delivery(1, True, medium=29)], []),
        ([delivery(1, True, medium=30)], ["1.000 T5-1 firing high"]),
        (
            [delivery(1, True, high=10), delivery(5, True)],
            ["1.000 T5-1 firing high", "5.000 T5-1 latched high"],
        ),
    ],
)
def test_delivery(statuses: list[DeliveryStatus], expected: list[str]) -> None:
    bench = Bench(only=["T5"])
    bench.feed(statuses, until_s=40)
    assert told(bench) == expected


@pytest.mark.parametrize(
    ("observation", "fires"),
    [
        (ClockStep(received_ns=at(5), step_s=2.5), True),
        (ClockStep(received_ns=at(5), step_s=-2.5), True),
        (ClockStep(received_ns=at(5), step_s=2.0), False),
        (StationStatus(received_ns=at(5), queue_late_s=2.1), True),
        (StationStatus(received_ns=at(5), queue_late_s=2.0), False),
        (StationStatus(received_ns=at(5), disk_full=True), True),
        (StationStatus(received_ns=at(5), self_check_missed=True), True),
    ],
)
def test_station(observation: ClockStep | StationStatus, fires: bool) -> None:
    bench = Bench(only=["T6"])
    bench.feed([observation], until_s=10)
    assert told(bench) == (["5.000 T6-1 firing medium"] if fires else [])


def test_a_clock_step_waits_for_a_person() -> None:
    bench = Bench(only=["T6"])
    bench.feed([ClockStep(received_ns=at(5), step_s=9)], until_s=70)
    assert told(bench) == ["5.000 T6-1 firing medium", "65.000 T6-1 latched medium"]


@pytest.mark.parametrize(
    ("pulse", "expected"),
    [
        ("111x30 100x20", ["20.000 T7-1 firing low", "40.000 T7-1 resolved low"]),
        ("110x40", []),
        ("111x19 100x30", []),
        ("89x30", ["20.000 T7-1 firing low"]),
    ],
)
def test_contradicting_sensors(pulse: str, expected: list[str]) -> None:
    bench = Bench(only=["T7"])
    bench.feed(
        in_order(samples(Code.HEART_RATE_PER_MIN, "100x60"), samples(Code.PULSE_RATE_PER_MIN, pulse)),
        until_s=50,
    )
    assert told(bench) == expected


def test_undecodable_data() -> None:
    def failures(times: list[float]) -> list[DecodeFailure]:
        return [
            DecodeFailure(device="cuff", characteristic="x", received_ns=at(t), reason="too short")
            for t in times
        ]

    bench = Bench(only=["T8"])
    bench.feed(failures([1, 2, 3, 4, 5]), until_s=20)
    assert told(bench) == ["5.000 T8-1 firing low", "15.000 T8-1 resolved low"]
    rare = Bench(only=["T8"])
    rare.feed(failures([1, 4, 7, 10, 13]), until_s=40)
    assert told(rare) == []


# -- packs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spo2", "expected"),
    [
        ("95x5 89x60", []),
        ("95x5 87x16 90x20", ["20.000 G1-1 firing medium", "36.000 G1-1 resolved medium"]),
        ("95x5 85x60", ["20.000 G1-1 firing medium"]),  # below 85, not at it
        ("95x5 84x20 88x40", ["15.000 G2-1 firing high", "55.000 G2-1 latched high"]),
    ],
)
def test_pulmonary_limits(spo2: str, expected: list[str]) -> None:
    bench = Bench(plan_of("pulmonary"), only=["G1", "G2"])
    bench.feed(samples(Code.SPO2_PERCENT, spo2), until_s=65)
    assert told(bench) == expected


def test_pulmonary_heart_rate_only_informs() -> None:
    bench = Bench(plan_of("pulmonary"), only=["G4", "G5"])
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "100x5 160x20 100x40"), until_s=70)
    assert told(bench) == ["10.000 G5-1 firing low", "55.000 G5-1 resolved low"]


def test_pulmonary_fall_needs_a_low_value_for_three_minutes() -> None:
    bench = Bench(plan_of("pulmonary"), only=["G3"])
    bench.feed(samples(Code.SPO2_PERCENT, "96x30"))
    bench.context(Phase.EXERCISE, 30)
    bench.feed(samples(Code.SPO2_PERCENT, "90x200 88x200", start_s=30), until_s=430)
    assert told(bench) == ["410.000 G3-1 firing low"]


def test_cardiac_exertion() -> None:
    bench = Bench(plan_of("cardiac"), only=["G13", "G15"])
    bench.feed([rating(Scale.RPE, 15, 10), rating(Scale.RPE, 17, 20)], until_s=30)
    assert told(bench) == [
        "10.000 G15-1 firing medium",
        "20.000 G13-1 firing high",
        "20.000 G15-1 resolved medium",
    ]


@pytest.mark.parametrize("name", list(PackName))
def test_every_pack_names_only_rules_that_exist(name: PackName) -> None:
    assert {rule.rule_id for rule in rules_for(load_pack(name))} == {rule.rule_id for rule in RULES}


def test_a_pack_that_names_an_unknown_rule() -> None:
    pack = load_pack(PackName.GENERAL).model_copy(update={"rules": {"G99": RuleOverride(confirm_s=1)}})
    with pytest.raises(ValueError, match="G99"):
        rules_for(pack)


# -- the table itself ---------------------------------------------------------------------------------------


def test_ids_and_conditions_are_unique() -> None:
    assert len({rule.rule_id for rule in RULES}) == len(RULES)
    assert len({rule.condition for rule in RULES}) == len(RULES)


def test_a_rule_stands_below_the_one_that_takes_it_over() -> None:
    order = [rule.rule_id for rule in RULES]
    for rule in RULES:
        if rule.inhibited_by is not None:
            assert order.index(rule.inhibited_by) < order.index(rule.rule_id) or rule.inhibited_by in (
                "G13",
                "T1",
            )


def test_high_alerts_call_again_and_wait_for_a_person() -> None:
    for rule in RULES:
        if rule.priority is Priority.HIGH:
            assert rule.re_alert_s is not None
            assert rule.re_alert_s <= 30
            assert rule.latches(Priority.HIGH)


def test_every_row_says_what_to_do() -> None:
    for rule in RULES:
        assert rule.advice.endswith(".")
        text = rule.message.format(value="1", limit="2", unit="%", subject="strap", detail="x")
        assert "{" not in text
        assert rule.version >= 1


def test_technical_rules_watch_sensors_or_the_station() -> None:
    for rule in RULES:
        if rule.rule_id.startswith("G"):
            assert rule.kind is AlertKind.PHYSIOLOGICAL
        if rule.rule_id.startswith("T"):
            assert rule.kind is AlertKind.TECHNICAL


def test_quality_of_the_evidence_is_told() -> None:
    bench = Bench(only=["G1"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x5 89?x20"))
    assert bench.transitions[0].quality == Quality.QUESTIONABLE
