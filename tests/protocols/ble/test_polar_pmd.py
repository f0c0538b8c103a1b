"""Polar's streams: time of the last sample, floats, PP intervals, and each damage."""

import math
import struct
from dataclasses import replace
from datetime import datetime

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.codec.polar_delta import delta_blocks
from protocols.ble.polar_pmd import (
    Measurement,
    PmdFrame,
    PpiFlags,
    PpiFrame,
    PpiSample,
    decode_data,
    encode_data,
    to_datetime,
)
from tests.support.refusals import does_not_fit, refused
from tests.support.vectors import all_vectors

HEAD = "00" * 8
ECG = PmdFrame(measurement=Measurement.ECG, timestamp_ns=0, frame_type=0, samples=((-5,), (7,)))


def test_time_counts_from_2000() -> None:
    assert to_datetime(0) == datetime(2000, 1, 1)  # noqa: DTZ001  # the sensor's clock has no zone
    assert to_datetime(86_400_000_001_999) == datetime(2000, 1, 2, 0, 0, 0, 1)  # noqa: DTZ001  # as above


def test_microvolts_are_signed_24_bits() -> None:
    assert decode_data(bytes.fromhex("00" + HEAD + "00" + "fbffff070000")) == ECG


def test_a_stream_of_floats() -> None:
    floats = ((1.0, -2.5, 0.0), (1.25, -2.5, 100.0))
    samples = tuple(struct.unpack("<3i", struct.pack("<3f", *sample)) for sample in floats)
    frame = PmdFrame(
        measurement=Measurement.GYR,
        timestamp_ns=1,
        frame_type=1,
        samples=samples,
        blocks=delta_blocks(samples, wrap_bits=32),
    )
    decoded = decode_data(encode_data(frame))
    assert isinstance(decoded, PmdFrame)
    assert decoded.float_samples == floats


@pytest.mark.parametrize(
    ("id_", "count", "one_g"),
    [("field-12", 28, 4096), ("field-13", 99, 1000)],
)
def test_a_sensor_lying_still_feels_one_g_in_every_sample_of_a_compressed_frame(
    id_: str, count: int, one_g: int
) -> None:
    (vector,) = (v for v in all_vectors() if (v.family, v.id) == ("polar_pmd", id_))
    frame = decode_data(vector.frame)
    assert isinstance(frame, PmdFrame)
    lengths = [math.hypot(*sample) / one_g for sample in frame.samples]
    assert len(lengths) == count
    assert all(0.98 < length < 1.03 for length in lengths)


def test_pp_intervals() -> None:
    frame = decode_data(bytes.fromhex("03" + HEAD + "00" + "00e803050006"))
    sample = PpiSample(
        heart_rate_per_min=0,
        interval_ms=1000,
        error_estimate_ms=5,
        flags=PpiFlags.SKIN_CONTACT | PpiFlags.SKIN_CONTACT_SUPPORTED,
    )
    assert frame == PpiFrame(timestamp_ns=0, samples=(sample,))


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("00" + HEAD, (Damage.TOO_SHORT, 9)),
        ("00" * 513, (Damage.TOO_LONG, 512)),
        ("04" + HEAD + "00", (Damage.UNKNOWN_CODE, 0)),
        ("00" + HEAD + "04", (Damage.UNKNOWN_CODE, 9)),
        ("00" + HEAD + "80", (Damage.UNKNOWN_CODE, 9)),
        ("03" + HEAD + "80" + "3ce8030a0000", (Damage.UNKNOWN_CODE, 9)),
        ("00" + HEAD + "00" + "fbffff07", (Damage.TOO_SHORT, 14)),
        ("02" + HEAD + "81" + "0000000000", (Damage.TOO_SHORT, 15)),
        ("02" + HEAD + "81" + "00000000000008", (Damage.TOO_SHORT, 17)),
        ("03" + HEAD + "00" + "00e8030500", (Damage.TOO_SHORT, 15)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("polar_pmd.data", frame) == refusal


@pytest.mark.parametrize(
    "change",
    [
        {"frame_type": 4},
        {"blocks": ()},
        {"samples": ((1, 2),)},
        {"samples": ((1 << 23,),)},
        {"samples": ((0,),) * 168},
        {"timestamp_ns": -1},
    ],
)
def test_values_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("polar_pmd.data", replace(ECG, **change))  # type: ignore[arg-type]
