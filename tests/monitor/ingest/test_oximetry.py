"""What each oximeter's own words make of its values: no finger, searching, weak, empty."""

from dataclasses import replace

import pytest

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.ingest.oximetry import OncePerSecond
from monitor.ingest.reader import Measured
from monitor.samples import Code, DecodeFailure, PpgBlock, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import (
    berrymed,
    cms50d_bt,
    jks50f,
    jumper,
    mightysat,
    nonin,
    pc60fw,
    viatom_o2,
    viatom_oxyii,
    yuwell,
)
from protocols.ble.nonin import OximetryStatus

BCI = berrymed.BciFrame(
    signal_strength=5,
    no_signal=False,
    probe_unplugged=False,
    pulse_beep=False,
    pleth=40,
    bar_graph=3,
    no_finger=False,
    searching=False,
    pulse_rate_per_min=72,
    spo2_percent=97,
)
BERRY = berrymed.BerryFrame(
    spo2_percent=97,
    pulse_rate_per_min=72,
    rr_interval_5_ms=160,
    perfusion_index_percent=2.5,
    pleth=40,
    packet_rate=1,
)
NONIN = nonin.ContinuousOximetry(
    status=OximetryStatus.SENSOR_ON_FINGER,
    battery_v=2.8,
    pulse_amplitude_index_percent=2.5,
    counter_s=1,
    spo2_percent=97,
    pulse_rate_per_min=72,
)
MIGHTYSAT = mightysat.Parameters(
    system_exceptions=0,
    spo2_status=0,
    spo2_percent=97,
    pulse_rate_status=0,
    pulse_rate_per_min=72,
    pleth_variability_status=0,
    pleth_variability_percent=None,
    perfusion_index_status=0,
    perfusion_index_percent=2.5,
    respiration_rate_status=0,
    respiration_rate_per_min=None,
)
PC60FW = pc60fw.Values(spo2_percent=97, pulse_rate_per_min=72, perfusion_index_percent=2.5)
O2 = viatom_o2.RealtimeValues(
    spo2_percent=97,
    pulse_rate_per_min=72,
    steps=0,
    battery_percent=80,
    charging=0,
    motion=0,
    perfusion_index_percent=2.5,
    worn=viatom_o2.Worn.FINGER,
    alarm_bits=0,
)
WAVEFORM = viatom_o2.Waveform(
    spo2_percent=97,
    pulse_rate_per_min=72,
    battery_percent=80,
    charging=0,
    perfusion_index_percent=2.5,
    state=1,
    samples=tuple(range(100, 120)),
)
OXYII = viatom_oxyii.LiveValues(
    state=3, spo2_percent=97, motion=0, pulse_rate_per_min=72, battery_percent=80, ppg=(1, 2, 3)
)


def o2_reply(content: bytes) -> bytes:
    return viatom_o2.encode_reply(viatom_o2.Reply(status=0, content=content))


def oxyii_reply(opcode: viatom_oxyii.Opcode, content: bytes) -> bytes:
    return viatom_oxyii.encode_reply(viatom_oxyii.Reply(opcode=opcode, content=content))


def feed(family: str, characteristic: str, *payloads: bytes) -> list[Measured]:
    ingest = Ingest([SensorConfig(device="it", family=family, role=SensorRole.OXIMETER)])
    ingest.connected("it")
    found: list[Measured] = []
    for second, payload in enumerate(payloads, start=1):
        frame = Frame(
            device="it", characteristic=characteristic, received_ns=second * 1_000_000_000, payload=payload
        )
        found += ingest.feed(frame)
    return found


def one(found: list[Measured], code: Code) -> Sample:
    (sample,) = [each for each in found if isinstance(each, Sample) and each.code is code]
    return sample


CASES = [
    ("berrymed", berrymed.NOTIFY, berrymed.encode_bci(BCI), Quality.GOOD, set()),
    (
        "berrymed",
        berrymed.NOTIFY,
        berrymed.encode_bci(replace(BCI, no_finger=True)),
        Quality.POOR,
        {"sensor_off"},
    ),
    (
        "berrymed",
        berrymed.NOTIFY,
        berrymed.encode_bci(replace(BCI, searching=True)),
        Quality.POOR,
        {"searching"},
    ),
    (
        "berrymed",
        berrymed.NOTIFY,
        berrymed.encode_bci(replace(BCI, no_signal=True)),
        Quality.POOR,
        {"inadequate_signal"},
    ),
    (
        "berrymed",
        berrymed.NOTIFY,
        berrymed.encode_bci(replace(BCI, probe_unplugged=True, spo2_percent=None)),
        Quality.MISSING,
        {"sensor_off"},
    ),
    ("berrymed", berrymed.NOTIFY, berrymed.encode_berry(BERRY), Quality.GOOD, set()),
    (
        "cms50d_bt",
        cms50d_bt.NOTIFY,
        cms50d_bt.encode_frame(cms50d_bt.Values(status=6, pulse_rate_per_min=72, spo2_percent=97)),
        Quality.GOOD,
        set(),
    ),
    (
        "cms50d_bt",
        cms50d_bt.NOTIFY,
        cms50d_bt.encode_frame(cms50d_bt.Values(status=4, pulse_rate_per_min=72, spo2_percent=97)),
        Quality.QUESTIONABLE,
        {"finger_unsure"},
    ),
    (
        "jumper",
        jumper.NOTIFY,
        jumper.encode_notification(
            jumper.Values(pulse_rate_per_min=None, spo2_percent=None, perfusion_index_percent=0)
        ),
        Quality.MISSING,
        {"sensor_off"},
    ),
    (
        "jks50f",
        jks50f.NOTIFY,
        jks50f.encode_frame(
            jks50f.Values(finger_flag=0, spo2_percent=97, pulse_rate_per_min=72, perfusion_index_percent=4.2)
        ),
        Quality.GOOD,
        set(),
    ),
    (
        "jks50f",
        jks50f.NOTIFY,
        jks50f.encode_frame(
            jks50f.Values(
                finger_flag=1, spo2_percent=None, pulse_rate_per_min=None, perfusion_index_percent=None
            )
        ),
        Quality.MISSING,
        {"sensor_off"},
    ),
    (
        "yuwell",
        yuwell.NOTIFY,
        yuwell.encode_values(yuwell.Values(pulse_rate_per_min=72, spo2_percent=97)),
        Quality.GOOD,
        set(),
    ),
    (
        "yuwell",
        yuwell.NOTIFY,
        yuwell.encode_values(yuwell.Values(pulse_rate_per_min=0, spo2_percent=0)),
        Quality.MISSING,
        set(),
    ),
    ("mightysat", mightysat.NOTIFY, mightysat.encode_report(MIGHTYSAT), Quality.GOOD, set()),
    (
        "mightysat",
        mightysat.NOTIFY,
        mightysat.encode_report(replace(MIGHTYSAT, spo2_status=0x20)),
        Quality.QUESTIONABLE,
        {"status_unknown"},
    ),
    (
        "mightysat",
        mightysat.NOTIFY,
        mightysat.encode_report(replace(MIGHTYSAT, spo2_status=0x04, spo2_percent=None)),
        Quality.MISSING,
        {"sensor_off", "status_unknown"},
    ),
    ("nonin", nonin.CONTINUOUS, nonin.encode_continuous(NONIN), Quality.GOOD, set()),
    (
        "nonin",
        nonin.CONTINUOUS,
        nonin.encode_continuous(
            replace(NONIN, status=OximetryStatus.WEAK_SIGNAL | OximetryStatus.SENSOR_ON_FINGER)
        ),
        Quality.POOR,
        {"weak_signal"},
    ),
    (
        "nonin",
        nonin.CONTINUOUS,
        nonin.encode_continuous(replace(NONIN, status=OximetryStatus.SEARCHING, spo2_percent=None)),
        Quality.MISSING,
        {"searching", "sensor_off"},
    ),
    ("pc60fw", pc60fw.NOTIFY, pc60fw.encode_frame(PC60FW), Quality.GOOD, set()),
    (
        "pc60fw",
        pc60fw.NOTIFY,
        pc60fw.encode_frame(replace(PC60FW, flags=pc60fw.ValueFlags.SEARCHING)),
        Quality.POOR,
        {"searching"},
    ),
    (
        "pc60fw",
        pc60fw.NOTIFY,
        pc60fw.encode_frame(replace(PC60FW, spo2_percent=0, flags=pc60fw.ValueFlags.PROBE_OFF)),
        Quality.MISSING,
        {"sensor_off"},
    ),
    ("viatom_o2", viatom_o2.NOTIFY, o2_reply(viatom_o2.encode_realtime(O2)), Quality.GOOD, set()),
    (
        "viatom_o2",
        viatom_o2.NOTIFY,
        o2_reply(viatom_o2.encode_realtime(replace(O2, spo2_percent=0, pulse_rate_per_min=0))),
        Quality.MISSING,
        {"searching"},
    ),
    (
        "viatom_o2",
        viatom_o2.NOTIFY,
        o2_reply(
            viatom_o2.encode_realtime(
                replace(O2, spo2_percent=None, pulse_rate_per_min=None, worn=viatom_o2.Worn(0))
            )
        ),
        Quality.MISSING,
        {"sensor_off"},
    ),
    ("viatom_o2", viatom_o2.NOTIFY, o2_reply(viatom_o2.encode_waveform(WAVEFORM)), Quality.GOOD, set()),
    (
        "viatom_o2",
        viatom_o2.NOTIFY,
        o2_reply(viatom_o2.encode_waveform(replace(WAVEFORM, state=0))),
        Quality.POOR,
        {"sensor_off"},
    ),
    (
        "viatom_oxyii",
        viatom_oxyii.NOTIFY,
        oxyii_reply(viatom_oxyii.Opcode.LIVE, viatom_oxyii.encode_live(OXYII)),
        Quality.GOOD,
        set(),
    ),
    (
        "viatom_oxyii",
        viatom_oxyii.NOTIFY,
        oxyii_reply(viatom_oxyii.Opcode.LIVE, viatom_oxyii.encode_live(replace(OXYII, spo2_percent=0))),
        Quality.MISSING,
        {"sensor_off"},
    ),
]


@pytest.mark.parametrize(("family", "characteristic", "payload", "quality", "flags"), CASES)
def test_the_devices_own_words(
    family: str, characteristic: str, payload: bytes, quality: Quality, flags: set[str]
) -> None:
    spo2 = one(feed(family, characteristic, payload), Code.SPO2_PERCENT)
    assert (spo2.quality, spo2.flags) == (quality, frozenset(flags))
    assert spo2.value == (None if quality is Quality.MISSING else 97.0)


def test_a_perfusion_index_is_told_where_the_device_has_one() -> None:
    for family, characteristic, payload in (
        ("berrymed", berrymed.NOTIFY, berrymed.encode_berry(BERRY)),
        ("nonin", nonin.CONTINUOUS, nonin.encode_continuous(NONIN)),
        ("pc60fw", pc60fw.NOTIFY, pc60fw.encode_frame(PC60FW)),
    ):
        assert one(feed(family, characteristic, payload), Code.PERFUSION_INDEX_PERCENT).value == 2.5


def test_batteries() -> None:
    low = replace(NONIN, status=NONIN.status | OximetryStatus.LOW_BATTERY)
    assert (
        one(feed("nonin", nonin.CONTINUOUS, nonin.encode_continuous(low)), Code.BATTERY_PERCENT).value == 15
    )
    status = nonin.encode_status(
        nonin.DeviceStatus(sensor_type=1, error=0, battery_v=2.7, battery_percent=60, transmissions=1)
    )
    assert one(feed("nonin", nonin.STATUS, status), Code.BATTERY_PERCENT).value == 60
    for level, percent in ((0, 5.0), (3, 95.0), (9, 95.0)):
        bars = pc60fw.encode_frame(pc60fw.Battery(level=level))
        assert one(feed("pc60fw", pc60fw.NOTIFY, bars), Code.BATTERY_PERCENT).value == percent


def test_pleth_where_its_rate_is_known() -> None:
    wave = cms50d_bt.encode_frame(cms50d_bt.Wave(status=6, pleth=50, bar=3))
    (block,) = feed("cms50d_bt", cms50d_bt.NOTIFY, wave + wave)
    assert isinstance(block, PpgBlock)
    assert block.ppg.tolist() == [50.0, 50.0]
    ppg = nonin.encode_ppg(nonin.Ppg(samples=tuple(range(25)), counter=1))
    (block,) = feed("nonin", nonin.PPG, ppg)
    assert isinstance(block, PpgBlock)
    assert len(block.t_ns) == 25


def test_a_pleth_without_a_known_rate_is_left_alone() -> None:
    assert feed("jumper", jumper.NOTIFY, jumper.encode_notification(jumper.Pleth(samples=(1, 2)))) == []
    assert feed("pc60fw", pc60fw.NOTIFY, pc60fw.encode_frame(pc60fw.Wave(samples=(1, 2, 3, 4, 5)))) == []


def test_replies_to_other_questions_say_nothing() -> None:
    info = o2_reply(viatom_o2.encode_info({"Model": "1600", "SerialNo": "1"}))
    assert feed("viatom_o2", viatom_o2.NOTIFY, info, o2_reply(b"")) == []
    assert feed("viatom_oxyii", viatom_oxyii.NOTIFY, oxyii_reply(viatom_oxyii.Opcode.SETUP, b"")) == []


def test_one_report_a_second_is_enough() -> None:
    second = OncePerSecond()

    def due(at_s: float) -> bool:
        return second.is_due(
            Frame(device="it", characteristic="x", received_ns=round(at_s * 1e9), payload=b"")
        )

    assert [due(at_s) for at_s in (0.0, 0.04, 0.96, 1.0, 1.5, 2.1)] == [True, False, False, True, False, True]


@pytest.mark.parametrize(
    "family", ["berrymed", "cms50d_bt", "jks50f", "jumper", "mightysat", "nonin", "pc60fw", "yuwell"]
)
def test_other_characteristics_say_nothing(family: str) -> None:
    assert feed(family, "0000dead-0000-1000-8000-00805f9b34fb", b"\x00") == []


def test_a_frame_in_pieces_is_one_reading_and_damage_is_said() -> None:
    values = jks50f.Values(
        finger_flag=0, spo2_percent=97, pulse_rate_per_min=72, perfusion_index_percent=None
    )
    whole = jks50f.encode_frame(values)
    pieces = [whole[at : at + 20] for at in range(0, len(whole), 20)]
    assert len(feed("jks50f", jks50f.NOTIFY, *pieces)) == 2
    damaged = bytearray(whole)
    damaged[30] ^= 1
    (failure,) = feed("jks50f", jks50f.NOTIFY, bytes(damaged))
    assert isinstance(failure, DecodeFailure)
