"""No contact, no value: what every oximeter, strap and band sends unworn, and that nobody uses it."""

import re
from pathlib import Path

import pytest

from devices.frames import Frame
from monitor.ingest.ingest import READERS, Ingest
from monitor.samples import CONTACT_UNKNOWN, Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import (
    berrymed,
    cms50d_bt,
    colmi_ring,
    heart_rate,
    jks50f,
    jumper,
    mightysat,
    nonin,
    pc60fw,
    pulse_oximeter,
    viatom_o2,
    viatom_oxyii,
    yuwell,
)
from protocols.ble.berrymed import BciFrame, BerryFrame, BerryStatus
from protocols.ble.heart_rate import HeartRateMeasurement, SensorContact
from protocols.ble.nonin import OximetryStatus
from protocols.ble.pulse_oximeter import DeviceAndSensorStatus, PlxContinuousMeasurement
from protocols.families import registration

PAGE = (Path(__file__).parents[2] / "docs" / "wire-formats.md").read_text(encoding="utf-8")
VALUES = frozenset({Code.SPO2_PERCENT, Code.PULSE_RATE_PER_MIN, Code.HEART_RATE_PER_MIN})
WORN = frozenset({SensorRole.OXIMETER, SensorRole.HEART_RATE_STRAP})
# Those that measure through a finger, an arm or a chest, and the motion sensor that sends the rate beside.
FAMILIES = sorted(
    {family for family in READERS if SensorRole(registration(family).kind) in WORN} | {"polar_pmd"}
)


def plx(status: DeviceAndSensorStatus | None = None, spo2: float = 97, pulse: float = 72) -> bytes:
    return pulse_oximeter.encode_continuous(PlxContinuousMeasurement(spo2, pulse, sensor_status=status))


def berry(status: BerryStatus) -> bytes:
    return berrymed.encode_berry(
        BerryFrame(
            spo2_percent=97,
            pulse_rate_per_min=72,
            rr_interval_5_ms=166,
            perfusion_index_percent=4.0,
            pleth=40,
            packet_rate=50,
            status=status,
        )
    )


def bci(**unworn: bool | int | None) -> bytes:
    worn: dict[str, bool | int | None] = {
        "signal_strength": 8,
        "no_signal": False,
        "probe_unplugged": False,
        "pulse_beep": False,
        "pleth": 50,
        "bar_graph": 7,
        "no_finger": False,
        "searching": False,
        "pulse_rate_per_min": 72,
        "spo2_percent": 97,
    }
    return berrymed.encode_bci(BciFrame(**{**worn, **unworn}))  # type: ignore[arg-type]


def o2(content: bytes) -> bytes:
    return viatom_o2.encode_reply(viatom_o2.Reply(status=0, content=content))


def rate(contact: SensorContact, per_min: int = 77) -> bytes:
    return heart_rate.encode_measurement(HeartRateMeasurement(per_min, contact))


NONIN_OFF = nonin.ContinuousOximetry(
    status=OximetryStatus(0),
    battery_v=2.5,
    pulse_amplitude_index_percent=4.0,
    counter_s=1,
    spo2_percent=97,
    pulse_rate_per_min=72,
)
O2_OFF = viatom_o2.RealtimeValues(
    spo2_percent=97,
    pulse_rate_per_min=72,
    steps=0,
    battery_percent=80,
    charging=0,
    motion=0,
    perfusion_index_percent=2.5,
    worn=viatom_o2.Worn(0),
    alarm_bits=0,
)
O2_PLETH_OFF = viatom_o2.Waveform(
    spo2_percent=97,
    pulse_rate_per_min=72,
    battery_percent=80,
    charging=0,
    perfusion_index_percent=2.5,
    state=0,
    samples=(100, 101),
)
OXYII_OFF = viatom_oxyii.LiveValues(
    state=3, spo2_percent=0, motion=0, pulse_rate_per_min=72, battery_percent=80
)
RATES = [
    (heart_rate.MEASUREMENT, rate(SensorContact.NOT_DETECTED)),
    (heart_rate.MEASUREMENT, rate(SensorContact.DETECTED, 0)),
    (heart_rate.MEASUREMENT, rate(SensorContact.UNSUPPORTED, 255)),
]
# family -> frames of an unworn device; the values of the moment before stand on where the format lets them.
UNWORN: dict[str, list[tuple[str, bytes]]] = {
    "pulse_oximeter": [
        *(
            (pulse_oximeter.CONTINUOUS, plx(bit))
            for bit in (
                DeviceAndSensorStatus.SENSOR_UNCONNECTED_TO_USER,
                DeviceAndSensorStatus.SENSOR_DISCONNECTED,
                DeviceAndSensorStatus.SENSOR_DISPLACED,
                DeviceAndSensorStatus.SIGNAL_ANALYSIS_ONGOING,
            )
        ),
        *(
            (pulse_oximeter.CONTINUOUS, bytes.fromhex(captured))
            for captured in ("007f00ff00", "007f00ff01", "00ff07ff00", "007f007f00")
        ),
    ],
    "berrymed": [
        *((berrymed.NOTIFY, berry(bit)) for bit in (BerryStatus.SENSOR_OFF, BerryStatus.NO_FINGER)),
        (berrymed.NOTIFY, berry(BerryStatus.NO_PULSE)),
        (berrymed.NOTIFY, bci(no_finger=True)),
        (berrymed.NOTIFY, bci(probe_unplugged=True)),
        (berrymed.NOTIFY, bci(no_signal=True)),
        (berrymed.NOTIFY, bci(searching=True)),
        (berrymed.NOTIFY, bci(signal_strength=15)),
        (berrymed.NOTIFY, bytes([207, 61, 73, 127, 127])),
    ],
    "cms50d_bt": [
        (
            cms50d_bt.NOTIFY,
            cms50d_bt.encode_frame(cms50d_bt.Values(status=4, pulse_rate_per_min=255, spo2_percent=127)),
        )
    ],
    "jumper": [
        (
            jumper.NOTIFY,
            jumper.encode_notification(
                jumper.Values(pulse_rate_per_min=None, spo2_percent=None, perfusion_index_percent=0)
            ),
        )
    ],
    "jks50f": [
        (
            jks50f.NOTIFY,
            jks50f.encode_frame(
                jks50f.Values(
                    finger_flag=1, spo2_percent=97, pulse_rate_per_min=72, perfusion_index_percent=4.2
                )
            ),
        )
    ],
    "mightysat": [
        (
            mightysat.NOTIFY,
            mightysat.encode_report(
                mightysat.Parameters(
                    system_exceptions=0,
                    spo2_status=0x04,
                    spo2_percent=None,
                    pulse_rate_status=0,
                    pulse_rate_per_min=72,
                    pleth_variability_status=0,
                    pleth_variability_percent=None,
                    perfusion_index_status=0,
                    perfusion_index_percent=2.5,
                    respiration_rate_status=0,
                    respiration_rate_per_min=None,
                )
            ),
        )
    ],
    "nonin": [
        (nonin.CONTINUOUS, nonin.encode_continuous(NONIN_OFF)),
    ],
    "pc60fw": [
        (
            pc60fw.NOTIFY,
            pc60fw.encode_frame(
                pc60fw.Values(
                    spo2_percent=97, pulse_rate_per_min=72, perfusion_index_percent=4.0, flags=flags
                )
            ),
        )
        for flags in (pc60fw.ValueFlags.PROBE_OFF, pc60fw.ValueFlags.SEARCHING)
    ],
    "viatom_o2": [
        (viatom_o2.NOTIFY, o2(viatom_o2.encode_realtime(O2_OFF))),
        (viatom_o2.NOTIFY, o2(viatom_o2.encode_waveform(O2_PLETH_OFF))),
    ],
    "viatom_oxyii": [
        (
            viatom_oxyii.NOTIFY,
            viatom_oxyii.encode_reply(
                viatom_oxyii.Reply(
                    opcode=viatom_oxyii.Opcode.LIVE, content=viatom_oxyii.encode_live(OXYII_OFF)
                )
            ),
        )
    ],
    "yuwell": [
        (yuwell.NOTIFY, yuwell.encode_values(yuwell.Values(pulse_rate_per_min=pulse, spo2_percent=spo2)))
        for spo2, pulse in ((0, 0), (127, 255), (0, 72))
    ],
    "heart_rate": RATES,
    "polar_pmd": RATES,
    # Published frame: not worn; and one that searches.
    "colmi_ring": [
        (colmi_ring.NOTIFY, bytes.fromhex("6901010000000000000000000000006b")),
        (colmi_ring.NOTIFY, bytes.fromhex("6901000000000000000000000000006a")),
    ],
}


def test_every_family_is_in_the_table_and_in_the_test() -> None:
    section = PAGE.split("## No contact, no value")[1].split("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(told) == FAMILIES
    assert sorted(UNWORN) == FAMILIES


CASES = [(family, *frame) for family, frames in UNWORN.items() for frame in frames]


@pytest.mark.parametrize(("family", "characteristic", "payload"), CASES)
def test_what_an_unworn_sensor_sends_is_used_by_nobody(
    family: str, characteristic: str, payload: bytes
) -> None:
    found = samples(family, characteristic, payload)
    assert found
    assert all(one.quality in (Quality.POOR, Quality.MISSING) for one in found)


@pytest.mark.parametrize("family", ["heart_rate", "polar_pmd"])
@pytest.mark.parametrize("contact", [SensorContact.UNSUPPORTED, SensorContact.UNSUPPORTED_BUT_SET])
def test_a_rate_without_contact_bits_says_so(family: str, contact: SensorContact) -> None:
    (one,) = samples(family, heart_rate.MEASUREMENT, rate(contact))
    assert (one.quality, set(one.flags)) == (Quality.GOOD, {CONTACT_UNKNOWN})


def samples(family: str, characteristic: str, payload: bytes) -> list[Sample]:
    ingest = Ingest([SensorConfig(device="it", family=family, role=SensorRole.OXIMETER)])
    frame = Frame(device="it", characteristic=characteristic, received_ns=10**12, payload=payload)
    return [one for one in ingest.feed(frame) if isinstance(one, Sample) and one.code in VALUES]
