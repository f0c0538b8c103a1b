"""What holds for every simulated product: the driver for it finds it, and gets the body's values from it."""

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from devices.adapter.advertisement import Advertisement
from devices.adapter.radio import Radio
from devices.adapter.scanner import Scanner, family_of
from devices.drivers.catalog import DRIVERS, driver_for
from devices.drivers.driver import DeviceConfig
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.supervisor import SupervisedLink
from protocols.ble import (
    berrymed,
    blood_pressure,
    bluest,
    cms50d_bt,
    colmi_ring,
    concept2_pm5,
    cycling_power,
    cycling_speed_cadence,
    fitness_machine,
    fitshow,
    fora,
    health_thermometer,
    heart_rate,
    jks50f,
    jumper,
    metamotion,
    microlife,
    mightysat,
    movella_dot,
    movesense,
    nonin,
    omron_eeprom,
    omron_record,
    pc60fw,
    polar_pmd,
    pulse_oximeter,
    running_speed_cadence,
    sensortag,
    thingy52,
    viatom_bp2,
    viatom_o2,
    viatom_oxyii,
    walkingpad,
    witmotion,
    yonker,
    yuwell,
)
from protocols.ble.omron_memory_map import MAPS
from simulators.patient.body import Body
from simulators.patient.vitals import Vital
from simulators.peripherals.catalog import FAMILIES, build
from simulators.peripherals.device import VirtualDevice
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.radio.gatt.advertisement import full_uuid
from simulators.scenario.loader import Scenario, parse
from simulators.sensors import machine
from tests.support.virtual_time import in_virtual_time, now_ns

OXIMETERS = [
    "pulse_oximeter",
    "nonin",
    "berrymed",
    "viatom_o2",
    "viatom_oxyii",
    "pc60fw",
    "jumper",
    "mightysat",
    "cms50d_bt",
    "jks50f",
    "yuwell",
]
CUFFS = [
    "blood_pressure",
    "and_medical",
    "omron",
    "omron_memory",
    "beurer",
    "qardioarm",
    "microlife",
    "yonker",
    "viatom_bp2",
    "fora",
]
IMUS = ["witmotion", "movella_dot", "metamotion", "movesense", "thingy52", "sensortag", "polar_pmd", "bluest"]
MACHINES: dict[str, tuple[str, Callable[[bytes], Any]]] = {
    "fitness_machine": (
        fitness_machine.TREADMILL,
        lambda data: fitness_machine.decode_treadmill(data).speed_km_h,
    ),
    "concept2_pm5": (
        concept2_pm5.ADDITIONAL_STATUS,
        lambda data: 3.6 * concept2_pm5.decode_additional_status(data).speed_m_s,
    ),
    "fitshow": (
        fitshow.NOTIFY,
        lambda data: run.speed_per_h if (run := fitshow.decode_status(data).run) else 0.0,
    ),
    "walkingpad": (walkingpad.NOTIFY, lambda data: walkingpad.decode_status(data).speed_km_h),
    "running_speed_cadence": (
        running_speed_cadence.MEASUREMENT,
        lambda data: 3.6 * running_speed_cadence.decode_measurement(data).speed_m_s,
    ),
}
OTHERS = {
    "heart_rate": "heart_rate_strap",
    "colmi_ring": "heart_rate_strap",
    "health_thermometer": "thermometer",
}
# (crank turns, their time in 1/1024 s)
COUNTERS: dict[str, tuple[str, Callable[[bytes], tuple[int, int]]]] = {
    "cycling_power": (
        cycling_power.MEASUREMENT,
        lambda data: _crank(cycling_power.decode_measurement(data)),
    ),
    "cycling_speed_cadence": (
        cycling_speed_cadence.MEASUREMENT,
        lambda data: _crank(cycling_speed_cadence.decode_measurement(data)),
    ),
}
G = 9.80665


def scenario_of(family: str) -> Scenario:
    role = "oximeter" if family in OXIMETERS else "cuff" if family in CUFFS else "heart_rate_strap"
    role = OTHERS.get(family, role)
    if family in MACHINES or family in COUNTERS:
        role = "exercise_machine"
    if family in IMUS:
        role = "imu_distal"
    measure = (
        '[[timeline]]\nat_s = 3\ndo = "measure"\ndevice = "it"'
        if family in (*CUFFS, "health_thermometer")
        else ""
    )
    text = f"""
        name = "one-device"
        title = "One device"
        seed = 9
        duration_s = 120
        [[devices]]
        name = "it"
        family = "{family}"
        role = "{role}"
        [[timeline]]
        at_s = 4
        do = "set"
        exercise = "knee_extension"
        repetitions = 4
        {measure}
        """
    return parse("\n".join(line.strip() for line in text.splitlines()), Path("one-device.toml"))


@dataclass
class Heard:
    """What a link handed on, and the parts of the world behind it."""

    device: VirtualDevice
    peripheral: Peripheral
    body: Body
    frames: list[Frame] = field(default_factory=list)
    states: list[LinkState] = field(default_factory=list)

    def payloads(self, uuid: str) -> list[bytes]:
        return [frame.payload for frame in self.frames if frame.characteristic == uuid]


async def listen(family: str, seconds: float, *, waveform: bool = False) -> Heard:
    """Let the family's driver look after the family's simulated product for a while."""
    body = Body(scenario_of(family))
    (device,) = build(body)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    peripheral = device.peripheral(lambda: loop.time() - began_s)
    heard = Heard(device=device, peripheral=peripheral, body=body)

    def take(one: Frame | LinkEvent) -> None:
        if isinstance(one, Frame):
            heard.frames.append(one)
        else:
            heard.states.append(one.state)

    options = {"bond": True, "waveform": True} if waveform else {"bond": True}
    config = DeviceConfig(device="it", family=family, address=device.address, options=options)
    begins_at = body.scenario.begins_at

    async with VirtualRadio(5, passkey=lambda address: peripheral.passkey) as air:
        await air.add(peripheral)
        radio = Radio(air.client_backend, air.scanner_backend)
        discovery = Scanner(radio, now_ns=now_ns, unit_random=lambda: 0.0)
        link = SupervisedLink(
            config,
            driver_for(config),
            discovery,
            take,
            now_ns,
            local_time=lambda: begins_at + timedelta(seconds=loop.time() - began_s),
            unit_random=lambda: 0.0,
        )
        tasks = [asyncio.create_task(discovery.run()), asyncio.create_task(link.run())]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return heard


# ---- each product's words, read with its codec (whose oracle are published frames, not the simulator)

Values = Iterator[tuple[float | None, float | None]]


def _framed(framer: object, payloads: Iterable[bytes]) -> Iterator[object]:
    for payload in payloads:
        yield from framer.feed(payload)  # type: ignore[attr-defined]


def _plx(heard: Heard) -> Values:
    for payload in heard.payloads(pulse_oximeter.CONTINUOUS):
        one = pulse_oximeter.decode_continuous(payload)
        yield one.spo2_percent, one.pulse_rate_per_min


def _nonin(heard: Heard) -> Values:
    for payload in heard.payloads(nonin.CONTINUOUS):
        one = nonin.decode_continuous(payload)
        yield one.spo2_percent, one.pulse_rate_per_min


def _berrymed(heard: Heard) -> Values:
    for one in _framed(berrymed.BerryMedFramer(), heard.payloads(berrymed.NOTIFY)):
        assert isinstance(one, berrymed.BciFrame)
        yield one.spo2_percent, one.pulse_rate_per_min


def _viatom_o2(heard: Heard) -> Values:
    for one in _framed(viatom_o2.ViatomO2Framer(), heard.payloads(viatom_o2.NOTIFY)):
        assert isinstance(one, viatom_o2.Reply)
        values = viatom_o2.decode_realtime(one.content)
        yield values.spo2_percent, values.pulse_rate_per_min


def _viatom_oxyii(heard: Heard) -> Values:
    for one in _framed(viatom_oxyii.ViatomOxyIIFramer(), heard.payloads(viatom_oxyii.NOTIFY)):
        assert isinstance(one, viatom_oxyii.Reply)
        if one.opcode is viatom_oxyii.Opcode.LIVE:
            values = viatom_oxyii.decode_live(one.content)
            yield values.spo2_percent, values.pulse_rate_per_min


def _pc60fw(heard: Heard) -> Values:
    for one in _framed(pc60fw.Pc60FwFramer(), heard.payloads(pc60fw.NOTIFY)):
        if isinstance(one, pc60fw.Values):
            yield one.spo2_percent, one.pulse_rate_per_min


def _jumper(heard: Heard) -> Values:
    for payload in heard.payloads(jumper.NOTIFY):
        one = jumper.decode_notification(payload)
        if isinstance(one, jumper.Values):
            yield one.spo2_percent, one.pulse_rate_per_min


def _jks50f(heard: Heard) -> Values:
    for one in _framed(jks50f.Jks50fFramer(), heard.payloads(jks50f.NOTIFY)):
        assert isinstance(one, jks50f.Values)
        yield one.spo2_percent, one.pulse_rate_per_min


def _yuwell(heard: Heard) -> Values:
    for payload in heard.payloads(yuwell.NOTIFY):
        one = yuwell.decode_values(payload)
        yield one.spo2_percent, one.pulse_rate_per_min


def _mightysat(heard: Heard) -> Values:
    for one in _framed(mightysat.MightySatFramer(), heard.payloads(mightysat.NOTIFY)):
        if isinstance(one, mightysat.Parameters):
            yield one.spo2_percent, one.pulse_rate_per_min


def _cms50d(heard: Heard) -> Values:
    for one in _framed(cms50d_bt.Cms50dFramer(), heard.payloads(cms50d_bt.NOTIFY)):
        if isinstance(one, cms50d_bt.Values):
            yield one.spo2_percent, one.pulse_rate_per_min


READ_OXIMETER: dict[str, Callable[[Heard], Values]] = {
    "pulse_oximeter": _plx,
    "nonin": _nonin,
    "berrymed": _berrymed,
    "viatom_o2": _viatom_o2,
    "viatom_oxyii": _viatom_oxyii,
    "pc60fw": _pc60fw,
    "jumper": _jumper,
    "jks50f": _jks50f,
    "yuwell": _yuwell,
    "mightysat": _mightysat,
    "cms50d_bt": _cms50d,
}


def _blp(heard: Heard) -> Values:
    for payload in heard.payloads(blood_pressure.MEASUREMENT):
        one = blood_pressure.decode_measurement(payload)
        yield one.systolic, one.diastolic


def _microlife(heard: Heard) -> Values:
    for one in _framed(microlife.MicrolifeFramer(), heard.payloads(microlife.NOTIFY)):
        assert isinstance(one, microlife.Frame)
        if one.command not in (microlife.Command.ACKNOWLEDGED, microlife.Command.REFUSED):
            for reading in microlife.decode_records(one.content).readings:
                yield reading.systolic_mmhg, reading.diastolic_mmhg


def _omron_memory(heard: Heard) -> Values:
    assembler = omron_eeprom.OmronAssembler()
    for frame in heard.frames:
        if frame.characteristic not in omron_eeprom.NOTIFY:
            continue
        for one in assembler.feed(omron_eeprom.NOTIFY.index(frame.characteristic), frame.payload):
            assert isinstance(one, omron_eeprom.Packet)
            for slot in MAPS["HEM-7322T"].slots_in(one.content):
                if isinstance(slot, omron_record.Reading):
                    yield slot.systolic_mmhg, slot.diastolic_mmhg


def _yonker(heard: Heard) -> Values:
    for payload in heard.payloads(yonker.NOTIFY):
        one = yonker.decode_notification(payload)
        if isinstance(one, yonker.Result):
            yield one.systolic_mmhg, one.diastolic_mmhg


def _bp2(heard: Heard) -> Values:
    for one in _framed(viatom_bp2.ViatomBp2Framer(), heard.payloads(viatom_bp2.NOTIFY)):
        assert isinstance(one, viatom_bp2.Reply)
        if one.opcode is viatom_bp2.Opcode.REALTIME:
            values = viatom_bp2.decode_realtime(one.content)
            assert isinstance(values, viatom_bp2.Result)
            yield values.systolic_mmhg, values.diastolic_mmhg


def _fora(heard: Heard) -> Values:
    for payload in heard.payloads(fora.DATA):
        reply = fora.decode_reply(payload)
        if reply.opcode is fora.Opcode.RECORD_VALUES:
            values = fora.decode_blood_pressure(reply.content)
            yield values.systolic_mmhg, values.diastolic_mmhg


READ_CUFF: dict[str, Callable[[Heard], Values]] = {
    "blood_pressure": _blp,
    "and_medical": _blp,
    "omron": _blp,
    "omron_memory": _omron_memory,
    "beurer": _blp,
    "qardioarm": _blp,
    "microlife": _microlife,
    "yonker": _yonker,
    "viatom_bp2": _bp2,
    "fora": _fora,
}

Motion = Iterator[tuple[tuple[float, ...], tuple[float, ...]]]


def _witmotion(heard: Heard) -> Motion:
    for one in _framed(witmotion.WitMotionFramer(), heard.payloads(witmotion.NOTIFY)):
        if isinstance(one, witmotion.MotionFrame):
            yield one.acc_m_s2, tuple(math.degrees(axis) for axis in one.gyr_rad_s)


def _dot(heard: Heard) -> Motion:
    mode = movella_dot.PayloadMode.RATE
    for payload in heard.payloads(movella_dot.payload_characteristic(mode)):
        one = movella_dot.decode_payload(mode, payload)
        assert one.acc_m_s2 is not None
        assert one.gyr_deg_s is not None
        yield one.acc_m_s2, one.gyr_deg_s


def _metamotion(heard: Heard) -> Motion:
    values = [metamotion.decode_fusion(payload) for payload in heard.payloads(metamotion.NOTIFY)]
    for acc, gyr in zip(values[::2], values[1::2], strict=False):
        assert isinstance(acc, metamotion.CorrectedAcceleration)
        assert isinstance(gyr, metamotion.CorrectedRate)
        yield tuple(G * axis for axis in acc.acc_g), gyr.gyr_deg_s


def _movesense(heard: Heard) -> Motion:
    for payload in heard.payloads(movesense.NOTIFY):
        one = movesense.decode_notification(payload)
        if isinstance(one, movesense.Data):
            content = movesense.decode_imu6(one.content)
            yield from zip(content.acc_m_s2, content.gyr_deg_s, strict=True)


def _thingy(heard: Heard) -> Motion:
    for payload in heard.payloads(thingy52.RAW):
        one = thingy52.decode_raw(payload)
        yield tuple(G * axis for axis in one.acc_g), one.gyr_deg_s


def _sensortag(heard: Heard) -> Motion:
    for payload in heard.payloads(sensortag.DATA):
        one = sensortag.decode_movement(payload)
        yield tuple(G * axis for axis in one.acc_g(sensortag.AccRange.G_8)), one.gyr_deg_s


def _polar(heard: Heard) -> Motion:
    acc: list[tuple[float, ...]] = []
    gyr: list[tuple[float, ...]] = []
    for payload in heard.payloads(polar_pmd.DATA):
        frame = polar_pmd.decode_data(payload)
        assert isinstance(frame, polar_pmd.PmdFrame)
        if frame.measurement is polar_pmd.Measurement.ACC:
            acc += [tuple(G * axis / 1000.0 for axis in row) for row in frame.samples]
        else:
            gyr += [tuple(axis * 2000.0 / 32768.0 for axis in row) for row in frame.samples]
    yield from zip(acc[-len(gyr) :], gyr, strict=False)


def _bluest(heard: Heard) -> Motion:
    for payload in heard.payloads(bluest.MOTION):
        one = bluest.decode_motion(payload)
        acc_g = (axis / 1000.0 for axis in one.acc_mg)
        yield tuple(G * axis for axis in acc_g), tuple(axis / 10.0 for axis in one.gyr_0_1_deg_s)


READ_IMU: dict[str, tuple[Callable[[Heard], Motion], float]] = {
    "witmotion": (_witmotion, 100.0),
    "movella_dot": (_dot, 60.0),
    "metamotion": (_metamotion, 100.0),
    "movesense": (_movesense, 104.0),
    "thingy52": (_thingy, 100.0),
    "sensortag": (_sensortag, 10.0),
    "polar_pmd": (_polar, 52.0),
    "bluest": (_bluest, 20.0),
}


def test_there_is_a_simulator_for_every_driver() -> None:
    assert set(FAMILIES) == {driver.family for driver in DRIVERS}
    assert {*OXIMETERS, *CUFFS, *IMUS, *MACHINES, *COUNTERS, *OTHERS} == set(FAMILIES)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_what_it_advertises_belongs_to_its_driver(family: str) -> None:
    (device,) = build(Body(scenario_of(family)))
    peripheral = device.peripheral(lambda: 0.0)
    said, answered = peripheral.advertisement, peripheral.scan_response
    heard = Advertisement(
        address=device.address,
        name=said.local_name or answered.local_name or "",
        received_ns=0,
        rssi_dbm=-60,
        service_uuids=frozenset(full_uuid(uuid) for uuid in (*said.service_uuids, *answered.service_uuids)),
        manufacturer_data={**said.manufacturer_data, **answered.manufacturer_data},
    )
    assert family_of(heard, DRIVERS) == family
    assert peripheral.name == device.local_name


@pytest.mark.parametrize("family", OXIMETERS)
@in_virtual_time
async def test_an_oximeter_gives_the_bodys_saturation_and_pulse(family: str) -> None:
    heard = await listen(family, 25.0)
    assert LinkState.LIVE in heard.states
    assert LinkState.LOST not in heard.states
    values = [one for one in READ_OXIMETER[family](heard) if one[0]]
    assert len(values) >= 18
    patient = heard.body.patient
    for spo2, rate in values:
        assert spo2 is not None
        assert rate is not None
        assert abs(spo2 - patient.value(Vital.SPO2_PERCENT, 10.0)) <= 3
        low, high = (patient.value(Vital.HEART_RATE_PER_MIN, t_s) for t_s in (0.0, 25.0))
        assert low - 5 <= rate <= high + 5


@pytest.mark.parametrize("family", ["nonin", "viatom_o2", "pc60fw", "mightysat"])
@in_virtual_time
async def test_an_oximeter_that_is_asked_for_its_waveform_sends_it(family: str) -> None:
    without = await listen(family, 12.0)
    heard = await listen(family, 12.0, waveform=True)
    count = {"bytes": sum(len(frame.payload) for frame in heard.frames)}
    assert count["bytes"] > 2 * sum(len(frame.payload) for frame in without.frames)


@pytest.mark.parametrize("family", CUFFS)
@in_virtual_time
async def test_a_cuff_gives_its_reading_once(family: str) -> None:
    heard = await listen(family, 110.0)
    (cycle,) = heard.device.cycles
    whole = [one for one in READ_CUFF[family](heard) if one[1]]
    assert whole == [(cycle.systolic_mmhg, cycle.diastolic_mmhg)]
    assert not any(one[1] for one in list(READ_CUFF[family](heard))[:-1])


@pytest.mark.parametrize("family", IMUS)
@in_virtual_time
async def test_an_imu_gives_the_limbs_motion_at_its_rate(family: str) -> None:
    heard = await listen(family, 20.0)
    assert LinkState.LIVE in heard.states
    assert LinkState.LOST not in heard.states
    read, rate_hz = READ_IMU[family]
    motion = list(read(heard))
    # Some seconds to find it, to connect and to set it.
    assert 14.0 * rate_hz < len(motion) < 20.0 * rate_hz
    acc = np.array([one[0] for one in motion])
    gyr = np.array([one[1] for one in motion])
    assert np.linalg.norm(acc, axis=1).mean() == pytest.approx(G, rel=0.05)
    # Knee extensions turn the shank by some 110 deg/s.
    assert 60.0 < np.abs(gyr).max() < 250.0


@in_virtual_time
async def test_a_thermometer_gives_its_reading_once_and_its_clock_is_set() -> None:
    heard = await listen("health_thermometer", 110.0)
    (payload,) = heard.payloads(health_thermometer.MEASUREMENT)
    measurement = health_thermometer.decode_measurement(payload)
    assert measurement.temperature_cel == 36.7
    assert measurement.site == health_thermometer.Site.EAR
    assert heard.peripheral.clock_set  # type: ignore[attr-defined]


@in_virtual_time
async def test_a_ring_gives_the_bodys_pulse_for_longer_than_it_measures_by_itself() -> None:
    heard = await listen("colmi_ring", 110.0)
    assert LinkState.LOST not in heard.states
    packets = [colmi_ring.decode_packet(payload) for payload in heard.payloads(colmi_ring.NOTIFY)]
    values = [
        colmi_ring.decode_real_time(one.content).value
        for one in packets
        if one.opcode is colmi_ring.Opcode.START
    ]
    assert len(values) >= 95
    assert all(value is not None and 60 <= value <= 115 for value in values)


@pytest.mark.parametrize("family", MACHINES)
@in_virtual_time
async def test_a_machine_gives_its_pace_once_a_second(family: str) -> None:
    heard = await listen(family, 30.0)
    assert LinkState.LIVE in heard.states
    assert LinkState.LOST not in heard.states
    uuid, speed = MACHINES[family]
    speeds = [speed(payload) for payload in heard.payloads(uuid)]
    assert 22 <= len(speeds) <= 31
    assert speeds[-1] == pytest.approx(machine.PACE_KM_H, abs=0.1)


@pytest.mark.parametrize("family", COUNTERS)
@in_virtual_time
async def test_a_crank_counts_its_turns(family: str) -> None:
    """The counters go over their ends meanwhile."""
    heard = await listen(family, 30.0)
    uuid, crank = COUNTERS[family]
    counts, ticks = zip(*[crank(payload) for payload in heard.payloads(uuid)], strict=True)
    assert max(counts) > 65_500
    assert min(counts) < 100
    turns = (counts[-1] - counts[-11]) % 65_536
    seconds = (ticks[-1] - ticks[-11]) % 65_536 / 1024
    assert 60.0 * turns / seconds == pytest.approx(machine.CADENCE_PER_MIN, abs=1.0)


def _crank(measurement: Any) -> tuple[int, int]:
    return measurement.crank_revolutions, measurement.crank_event_ticks


@in_virtual_time
async def test_a_strap_gives_the_hearts_rate_and_intervals() -> None:
    heard = await listen("heart_rate", 25.0)
    values = [heart_rate.decode_measurement(one) for one in heard.payloads(heart_rate.MEASUREMENT)]
    assert len(values) >= 20
    rates = [one.heart_rate_per_min for one in values]
    assert 65 <= min(rates) <= max(rates) <= 110
    intervals = [rr for one in values for rr in one.rr_intervals_s]
    expected = heard.body.beats.between(2.0, 24.0)
    assert len(intervals) >= len(expected)
    assert set(np.round(expected * 1024).astype(int)) <= {round(rr * 1024) for rr in intervals}


@pytest.mark.parametrize(
    "family", ["pulse_oximeter", "nonin", "berrymed", "jumper", "jks50f", "yuwell", "heart_rate"]
)
@in_virtual_time
async def test_what_goes_on_air_is_what_the_source_says(family: str) -> None:
    heard = await listen(family, 12.0, waveform=family == "nonin")
    said = set()
    for one in heard.device.source.emissions(0.0):
        if one.at_s > 13.0:
            break
        said.add((one.characteristic, one.payload))
    streamed = {uuid for uuid, _ in said}
    on_air = [(f.characteristic, f.payload) for f in heard.frames if f.characteristic in streamed]
    assert on_air
    assert set(on_air) <= said


@pytest.mark.parametrize("family", ["berrymed", "witmotion", "omron"])
def test_two_runs_are_the_same_to_the_bit(family: str) -> None:
    runs: list[list[tuple[str, int, bytes]]] = []

    @in_virtual_time
    async def once() -> None:
        heard = await listen(family, 60.0 if family == "omron" else 8.0)
        runs.append([(f.characteristic, f.received_ns, f.payload) for f in heard.frames])

    once()
    once()
    assert runs[0]
    assert runs[0] == runs[1]
