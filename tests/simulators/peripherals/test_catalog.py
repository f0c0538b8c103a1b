from collections import Counter

import pytest

from protocols.ble.blood_pressure import decode_measurement
from simulators.errors import UnknownNameError
from simulators.patient.body import Body
from simulators.peripherals.catalog import address_of, build, fault_plan
from simulators.radio.link_layer.host import parse_address
from simulators.scenario.loader import load
from tests.simulators.bench import scenario


def test_addresses_are_random_static_ones_that_follow_from_seed_and_name() -> None:
    addresses = {address_of(seed, name) for seed in range(20) for name in ("a", "b")}
    assert len(addresses) == 40
    for address in addresses:
        parse_address(address, public=False)
    assert address_of(1, "a") == address_of(1, "a")


def test_a_given_address_is_kept() -> None:
    it = build(Body(scenario("heart_rate", "heart_rate_strap", section='address = "C0:00:00:00:00:01"')))[0]
    assert it.address == "C0:00:00:00:00:01"
    assert it.peripheral(lambda: 0.0).address == "C0:00:00:00:00:01"


def test_an_unknown_family_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="witmotion"):
        build(Body(scenario("stethoscope", "oximeter")))


def test_a_devices_faults_are_its_own() -> None:
    body = Body(load("knee-extension"))
    assert [window.kind for window in fault_plan(body, "shank-imu").windows] == ["link_loss"]
    assert fault_plan(body, "thigh-imu").windows == ()


def test_a_cuff_takes_the_pulse_of_the_finger_on_its_own_arm_only() -> None:
    def seen(arm: str) -> bool:
        measure = '{ at_s = 10, do = "measure", device = "cuff" }'
        cuff_section = f'[[devices]]\nname = "cuff"\nfamily = "blood_pressure"\nrole = "cuff"\narm = "{arm}"'
        section = 'arm = "left"\n' + cuff_section
        finger, cuff = build(Body(scenario("pulse_oximeter", "oximeter", measure, section=section)))
        (cycle,) = cuff.cycles
        middle_s = sum(cycle.occlusion) / 2.0
        source = finger.source
        return next(iter(source.emissions(middle_s))).payload[1:3] != b"\xff\x07"

    assert seen("right")
    assert not seen("left")


def test_a_devices_clock_can_be_wrong_and_step() -> None:
    section = "clock_offset_s = 3600"
    step = '{ at_s = 50, do = "fault", fault = "clock_step", device = "it", for_s = 1, '
    step += "numbers = { step_s = 90 } },"
    measure = step + '{ at_s = 60, do = "measure", device = "it" }'
    body = Body(scenario("blood_pressure", "cuff", measure, section=section))
    (cuff,) = build(body)
    (record,) = cuff.source.emissions(0.0)
    taken_at = decode_measurement(record.payload).timestamp
    assert taken_at is not None
    instant = taken_at.to_datetime()
    assert instant is not None
    late = (instant - body.scenario.begins_at).total_seconds() - cuff.cycles[0].end_s
    assert late == pytest.approx(3690.0, abs=1.0)


def test_an_imus_clock_can_begin_to_drift_and_stop() -> None:
    fault = '{ at_s = 50, do = "fault", fault = "clock_drift", device = "it", for_s = 50, '
    fault += "numbers = { drift_ppm = 20000 } },"
    (imu,) = build(Body(scenario("witmotion", "imu_distal", fault)))
    sent: Counter[int] = Counter()
    for one in imu.source.emissions(0.0):
        if one.at_s >= 150.0:
            break
        sent[int(one.at_s // 50)] += len(one.payload) // 20
    assert sent[0] == pytest.approx(5000, abs=6)
    assert sent[1] == pytest.approx(5100, abs=6)
    assert sent[2] == pytest.approx(5000, abs=6)
