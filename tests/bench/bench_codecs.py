"""Decoding and encoding beside the PyPI package `bluetooth-sig`, on the same frames in the same run.

Continuous oximetry (2A5F), blood pressure (2A35) and heart rate (2A37), each with frames from the shortest to
one with every optional field. Rounds alternate between the two and the best of each counts, so that a busy
machine disturbs both alike. Both use their public calls with default arguments. `plain` encodes measurements
made of plain numbers, as a simulator has them, without the wire words that a decoded one remembers; the
slower of the two ways to encode is the one that is judged. The peer is one of speed only: version 0.6.0 reads
an SFLOAT of 98 as 9.8e-07.

Run: `python -m tests.bench.bench_codecs`; prints a table to stderr and JSON to stdout; exit 1 when any rate
is less than 5 times that of the peer.
"""

import json
import sys
import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from importlib.metadata import version
from typing import Any

from bluetooth_sig.gatt.characteristics.blood_pressure_measurement import (
    BloodPressureMeasurementCharacteristic,
)
from bluetooth_sig.gatt.characteristics.heart_rate_measurement import HeartRateMeasurementCharacteristic
from bluetooth_sig.gatt.characteristics.plx_continuous_measurement import (
    PLXContinuousMeasurementCharacteristic,
)

from protocols.ble import blood_pressure, heart_rate, pulse_oximeter
from protocols.ble.ieee11073 import SFloat

REQUIRED_RATIO = 5.0
ROUNDS = 15
# Long enough for the clock, short enough that a round of ours and one of the peer's meet the same machine.
CALLS = 2000

FRAMES: Mapping[str, Sequence[str]] = {
    "pulse_oximeter.continuous": (
        "0062004800",
        "0c620048001000100000",
        "1f62004800610047006300490060010010000a00",
    ),
    "blood_pressure.measurement": (
        "00780050005d00",
        "167c0056006100e807060f11111b33000000",
        "1e7a0051005e00e807060f111e004800010100",
    ),
    "heart_rate.measurement": ("0048", "144a0d03", "1e4810000d03f202"),
}
OURS: Mapping[str, tuple[Callable[[bytes], Any], Callable[[Any], bytes]]] = {
    "pulse_oximeter.continuous": (pulse_oximeter.decode_continuous, pulse_oximeter.encode_continuous),
    "blood_pressure.measurement": (blood_pressure.decode_measurement, blood_pressure.encode_measurement),
    "heart_rate.measurement": (heart_rate.decode_measurement, heart_rate.encode_measurement),
}
PEERS: Mapping[str, type] = {
    "pulse_oximeter.continuous": PLXContinuousMeasurementCharacteristic,
    "blood_pressure.measurement": BloodPressureMeasurementCharacteristic,
    "heart_rate.measurement": HeartRateMeasurementCharacteristic,
}


def main() -> int:
    """Measure and print; 1 when a rate falls short."""
    peer_version = version("bluetooth-sig")
    figures = [figure for name in FRAMES for figure in measure(name)]
    sys.stderr.write(
        f"{'message':28} {'':6} {'ours/s':>11} {'bluetooth-sig ' + peer_version + '/s':>22} {'':>7}\n"
    )
    for figure in figures:
        sys.stderr.write(
            f"{figure['message']:28} {figure['way']:6} {figure['per_s']:>11,} {figure['peer_per_s']:>22,} "
            f"{figure['ratio']:>6.1f}x\n"
        )
    slow = [figure for figure in figures if figure["ratio"] < REQUIRED_RATIO]
    report = {
        "peer": f"bluetooth-sig {peer_version}",
        "required_ratio": REQUIRED_RATIO,
        "passed": not slow,
        "figures": figures,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 1 if slow else 0


def measure(name: str) -> list[dict[str, Any]]:
    """The rates of one message over all its frames."""
    decode, encode = OURS[name]
    peer = PEERS[name]()
    frames = [bytes.fromhex(frame) for frame in FRAMES[name]]
    measurements = [decode(frame) for frame in frames]
    plain = [in_plain_numbers(measurement) for measurement in measurements]
    if [encode(measurement) for measurement in measurements] != frames:
        raise RuntimeError(f"{name}: encoding what was decoded gives other bytes")
    peer_measurements = [peer.parse_value(frame) for frame in frames]
    decoding, peer_decoding = alternating(over(decode, frames), over(peer.parse_value, frames))
    encoding, peer_encoding = alternating(
        over(encode, measurements), over(peer.build_value, peer_measurements)
    )
    encoding_plain, again = alternating(over(encode, plain), over(peer.build_value, peer_measurements))
    peer_encoding = max(peer_encoding, again)
    return [
        _figure(name, "decode", decoding, peer_decoding),
        _figure(name, "encode", encoding, peer_encoding),
        _figure(name, "plain", encoding_plain, peer_encoding),
    ]


def in_plain_numbers(measurement: Any) -> Any:
    """The measurement with a float in place of every number that remembers its wire word."""
    changes: dict[str, Any] = {}
    for field in fields(measurement):
        value = getattr(measurement, field.name)
        if isinstance(value, SFloat):
            changes[field.name] = float(value)
        elif isinstance(value, pulse_oximeter.SpO2PulseRate):
            changes[field.name] = in_plain_numbers(value)
    return replace(measurement, **changes)


def over(function: Callable[[Any], Any], arguments: Sequence[Any]) -> Callable[[], float]:
    """Calls a second of `function`, over all `arguments` in turn, in one round."""

    def once() -> None:
        for argument in arguments:
            function(argument)

    repeats = CALLS // len(arguments)
    return lambda: repeats * len(arguments) / timeit.timeit(once, number=repeats)


def alternating(ours: Callable[[], float], peer: Callable[[], float]) -> tuple[float, float]:
    """The best round of each."""
    rounds = [(ours(), peer()) for _ in range(ROUNDS)]
    return max(our for our, _ in rounds), max(theirs for _, theirs in rounds)


def _figure(name: str, way: str, per_s: float, peer_per_s: float) -> dict[str, Any]:
    return {
        "message": name,
        "way": way,
        "per_s": round(per_s),
        "peer_per_s": round(peer_per_s),
        "ratio": round(per_s / peer_per_s, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
