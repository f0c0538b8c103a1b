from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.nonin import (
    ControlResponse,
    OximetryStatus,
    Ppg,
    Pulse,
    decode_continuous,
    decode_pulse_intervals,
    encode_pulse_intervals,
)
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import EXTRA

(INTERVALS,) = EXTRA["nonin.pulse_intervals"]
(STATUS,) = EXTRA["nonin.status"]


def test_it_is_big_endian_and_127_and_511_mean_missing() -> None:
    frame = decode_continuous(bytes.fromhex("0a081e000001007f01ff"))
    assert frame.counter_s == 256
    assert frame.status is OximetryStatus.SEARCHING
    assert (frame.spo2_percent, frame.pulse_rate_per_min) == (None, None)
    assert decode_continuous(bytes.fromhex("0a141e00000100640101")).pulse_rate_per_min == 257


def test_a_pulse_has_12_bits_of_amplitude_and_a_bad_mark() -> None:
    assert encode_pulse_intervals(INTERVALS).hex() == "0c000902" + "01321f40" + "8fff0001"
    assert decode_pulse_intervals(bytes.fromhex("0800090281321f40")).pulses[0] == Pulse(
        amplitude_index_0_01_percent=306, interval_0_1_ms=8000, bad=True
    )


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("continuous", "0a151e0132000562", (Damage.TOO_SHORT, 8)),
        ("continuous", "0b151e01320005620048", (Damage.LENGTH_FIELD, 0)),
        ("pulse_intervals", "050009" + "0200", (Damage.VALUE, 5)),
        ("pulse_intervals", "050009" + "02", (Damage.LENGTH_FIELD, 0)),
        ("pulse_intervals", "00" * 29, (Damage.TOO_LONG, 28)),
        ("ppg", "34" + "00" * 52, (Damage.LENGTH_FIELD, 0)),
        ("status", "08" + "00" * 6, (Damage.LENGTH_FIELD, 0)),
        ("control_response", "e100", (Damage.TOO_SHORT, 2)),
        ("control_response", "e10000", (Damage.UNKNOWN_CODE, 0)),
        ("control_response", "e00001", (Damage.LENGTH_FIELD, 2)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"nonin.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    frame = decode_continuous(bytes.fromhex("0a151e01320005620048"))
    does_not_fit("nonin.continuous", replace(frame, spo2_percent=127))
    does_not_fit("nonin.continuous", replace(frame, pulse_rate_per_min=511))
    does_not_fit("nonin.continuous", replace(frame, counter_s=65536))
    pulse = INTERVALS.pulses[0]
    does_not_fit("nonin.pulse_intervals", replace(INTERVALS, pulses=(pulse,) * 7))
    wide = replace(pulse, amplitude_index_0_01_percent=4096)
    does_not_fit("nonin.pulse_intervals", replace(INTERVALS, pulses=(wide,)))
    does_not_fit("nonin.ppg", Ppg(samples=(1,), counter=0))
    does_not_fit("nonin.status", replace(STATUS, battery_v=30.0))
    does_not_fit("nonin.control_response", ControlResponse(result=0, payload=bytes(18)))
    does_not_fit("nonin.control_response", ControlResponse(result=256))
