"""Polar Measurement Data (PMD) of H10, OH1 and Verity Sense: the streams.

ECG, PPG, acceleration, rate of turn, magnetic field, PP intervals, pressure, temperatures. Sources:
`polarofficial/polar-ble-sdk` technical documentation and unit tests; `fsmeraldi/bleakheart`. Little-endian.
Streams are started on the control point (`polar_pmd_control`); compressed ones are packed as in
`polar_delta`.
"""

import struct
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    too_short,
    unknown_code,
)
from protocols.ble.codec.polar_delta import DeltaBlock, pack, unpack
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("Polar ",)
COMPANY: Final = assigned_numbers.COMPANY_POLAR
SERVICE: Final = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL_POINT: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"

# The longest attribute value (Core 5.4, Vol 3, Part F, 3.2.9).
_LONGEST = 512
_HEAD = struct.Struct("<BQB")
_COMPRESSED = 0x80
_PPI = struct.Struct("<BHHB")


class Measurement(IntEnum):
    """What is measured."""

    ECG = 0
    PPG = 1
    ACC = 2
    PPI = 3
    GYR = 5
    MAG = 6
    SKIN_TEMPERATURE = 7
    SDK_MODE = 9
    PRESSURE = 11
    TEMPERATURE = 12


@value
class PmdFrame:
    """Samples as sent, one tuple of channels each; the unit depends on the stream and its `factor` setting.

    ECG: uV (type 0); others see `ecg_uv`. Acceleration: mg (raw, compressed type 1) or units of the factor in
    g (compressed type 0). Rate of turn: units of the factor in deg/s (type 0), the bits of 32-bit floats
    (type 1). PPG type 0: three channels and ambient light; types 7, 8 and 10: 16, 24 and 20 channels (type
    10: 8 green, 6 red, 6 infrared) and a status; types 4 and 9: 12 integration counts and 12 pairs of gains;
    type 5: operation mode; type 6: sport. Field: type 0 three channels, type 1 three (milligauss) and a
    calibration status. Pressure (mbar) and temperatures (degrees Celsius): the bits of a 32-bit float.

    `timestamp_ns` is that of the last sample, since the beginning of 2000. `blocks` is None in a raw frame.
    """

    measurement: Measurement
    timestamp_ns: int
    frame_type: int
    samples: tuple[tuple[int, ...], ...]
    blocks: tuple[DeltaBlock, ...] | None = None

    @property
    def float_samples(self) -> tuple[tuple[float, ...], ...]:
        """The samples of a stream that sends 32-bit floats; empty for the others."""
        if (self.measurement, self.frame_type) not in _FLOATS:
            return ()
        return tuple(
            tuple(struct.unpack("<f", struct.pack("<I", value & 0xFFFF_FFFF))[0] for value in sample)
            for sample in self.samples
        )

    @property
    def ecg_uv(self) -> tuple[int, ...]:
        """The ECG in microvolts; empty for other streams. Types 1 and 2 keep status bits above 14 and 18."""
        if self.measurement is not Measurement.ECG:
            return ()
        mask = {1: (1 << 14) - 1, 2: (1 << 18) - 1}.get(self.frame_type, -1)
        return tuple(sample[0] & mask for sample in self.samples)

    @property
    def ppg_status(self) -> tuple[int, ...]:
        """The 24-bit status word of each sample of PPG types 7, 8 and 10; empty for other streams."""
        if self.measurement is not Measurement.PPG or self.frame_type not in (7, 8, 10):
            return ()
        return tuple(sample[-1] & 0xFF_FFFF for sample in self.samples)


class PpiFlags(IntFlag):
    """What is known of one PP interval."""

    BLOCKED = 0x01
    SKIN_CONTACT = 0x02
    SKIN_CONTACT_SUPPORTED = 0x04


@value
class PpiSample:
    """One PP interval. A rate of 0 means that there is none yet."""

    heart_rate_per_min: int
    interval_ms: int
    error_estimate_ms: int
    flags: PpiFlags


@value
class PpiFrame:
    """PP intervals, oldest first."""

    timestamp_ns: int
    samples: tuple[PpiSample, ...]


@value(kw_only=False)
class _Layout:
    """One full sample: the bytes of each channel, negative where it has no sign."""

    widths: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of a full sample."""
        return sum(map(abs, self.widths))


# What both kinds of gain frame are: 12 integration counts and 24 gains, a byte each.
_GAINS = _Layout((-1,) * 36)
_ONE_FLOAT = _Layout((4,))
# (measurement, compressed, frame type)
_LAYOUTS: Final = {
    (Measurement.ECG, False, 0): _Layout((3,)),
    (Measurement.ECG, False, 1): _Layout((-2, -1)),
    (Measurement.ECG, False, 2): _Layout((-3,)),
    (Measurement.ECG, False, 3): _Layout((3, 3, -1)),
    (Measurement.PPG, False, 0): _Layout((3,) * 4),
    (Measurement.PPG, True, 0): _Layout((3,) * 4),
    (Measurement.PPG, False, 4): _GAINS,
    (Measurement.PPG, False, 5): _Layout((-4,)),
    (Measurement.PPG, False, 6): _Layout((-8,)),
    (Measurement.PPG, True, 7): _Layout((3,) * 17),
    (Measurement.PPG, True, 8): _Layout((3,) * 25),
    (Measurement.PPG, False, 9): _GAINS,
    (Measurement.PPG, True, 10): _Layout((3,) * 21),
    (Measurement.ACC, False, 0): _Layout((1,) * 3),
    (Measurement.ACC, False, 1): _Layout((2,) * 3),
    (Measurement.ACC, False, 2): _Layout((3,) * 3),
    (Measurement.ACC, True, 0): _Layout((2,) * 3),
    (Measurement.ACC, True, 1): _Layout((2,) * 3),
    (Measurement.GYR, True, 0): _Layout((2,) * 3),
    (Measurement.GYR, True, 1): _Layout((4,) * 3),
    (Measurement.MAG, True, 0): _Layout((2,) * 3),
    (Measurement.MAG, True, 1): _Layout((2,) * 4),
    (Measurement.SKIN_TEMPERATURE, False, 0): _ONE_FLOAT,
    (Measurement.SKIN_TEMPERATURE, True, 0): _ONE_FLOAT,
    (Measurement.PRESSURE, False, 0): _ONE_FLOAT,
    (Measurement.PRESSURE, True, 0): _ONE_FLOAT,
    (Measurement.TEMPERATURE, False, 0): _ONE_FLOAT,
    (Measurement.TEMPERATURE, True, 0): _ONE_FLOAT,
}
_STREAMED: Final = frozenset({Measurement.PPI, *(measurement for measurement, _, _ in _LAYOUTS)})
_FLOATS: Final = frozenset(
    (measurement, frame_type) for (measurement, _, frame_type), row in _LAYOUTS.items() if 4 in row.widths
)


def to_datetime(timestamp_ns: int) -> datetime:
    """The naive time of a timestamp, in whatever zone the sensor's clock was set to; to the microsecond."""
    return datetime(2000, 1, 1) + timedelta(microseconds=timestamp_ns // 1000)  # noqa: DTZ001  # no zone is sent


def decode_data(data: bytes) -> PmdFrame | PpiFrame:
    """A data notification, 10 to 512 bytes.

    Raises:
        DecodeError: for unknown streams and frame types, and when it is cut inside a sample or a block.
    """
    name = "polar_pmd.data"
    check_length(name, data, _HEAD.size, _LONGEST)
    kind, timestamp, frame_type = _HEAD.unpack_from(data)
    content = data[_HEAD.size :]
    if kind == Measurement.PPI and frame_type == 0:
        return PpiFrame(timestamp_ns=timestamp, samples=_ppi_samples(name, data, content))
    compressed = bool(frame_type & _COMPRESSED)
    frame_type &= ~_COMPRESSED
    if kind not in _STREAMED:
        raise unknown_code(name, data, 0, "measurement", "a stream that is supported")
    measurement = Measurement(kind)
    layout = _LAYOUTS.get((measurement, compressed, frame_type))
    if layout is None:
        raise unknown_code(name, data, _HEAD.size - 1, "frame type", f"one that {measurement.name} has")
    size = layout.size
    if not compressed:
        if len(content) % size:
            raise too_short(name, data, "sample", len(data) - len(content) % size, size)
        samples = tuple(_sample(content[at : at + size], layout) for at in range(0, len(content), size))
        return PmdFrame(
            measurement=measurement, timestamp_ns=timestamp, frame_type=frame_type, samples=samples
        )
    if len(content) < size:
        raise too_short(name, data, "reference sample", _HEAD.size, size)
    reference = _sample(content[:size], layout)
    samples, blocks = unpack(name, data, _HEAD.size + size, reference, wrap_bits=_wrap_bits(layout))
    return PmdFrame(
        measurement=measurement,
        timestamp_ns=timestamp,
        frame_type=frame_type,
        samples=samples,
        blocks=blocks,
    )


def encode_data(frame: PmdFrame | PpiFrame) -> bytes:
    """A data notification. A compressed frame is packed as its `blocks` say; `delta_blocks` finds some.

    Raises:
        EncodeError: when a value does not fit.
    """
    name = "polar_pmd.data"
    with Fitting(name, field="samples", expected="values that fit their bytes and blocks"):
        if isinstance(frame, PpiFrame):
            data = _HEAD.pack(Measurement.PPI, frame.timestamp_ns, 0) + b"".join(
                _PPI.pack(s.heart_rate_per_min, s.interval_ms, s.error_estimate_ms, s.flags)
                for s in frame.samples
            )
        else:
            layout = _LAYOUTS.get((frame.measurement, frame.blocks is not None, frame.frame_type))
            if layout is None or any(len(sample) != len(layout.widths) for sample in frame.samples):
                raise EncodeError(name, field="frame_type", expected="a stream that is supported")
            marked = frame.frame_type | (0 if frame.blocks is None else _COMPRESSED)
            data = _HEAD.pack(frame.measurement, frame.timestamp_ns, marked)
            if frame.blocks is None:
                data += _bytes(frame.samples, layout)
            else:
                wrap_bits = _wrap_bits(layout)
                data += _bytes(frame.samples[:1], layout)
                data += pack(name, frame.samples, frame.blocks, wrap_bits=wrap_bits)
    if len(data) > _LONGEST:
        raise EncodeError(name, field="samples", expected=f"at most {_LONGEST} bytes in all")
    return data


def _ppi_samples(name: str, data: bytes, content: bytes) -> tuple[PpiSample, ...]:
    rest = len(content) % _PPI.size
    if rest:
        raise too_short(name, data, "sample", len(data) - rest, _PPI.size)
    return tuple(
        PpiSample(
            heart_rate_per_min=rate, interval_ms=interval, error_estimate_ms=error, flags=PpiFlags(flags)
        )
        for rate, interval, error, flags in _PPI.iter_unpack(content)
    )


def _sample(content: bytes, layout: _Layout) -> tuple[int, ...]:
    values = []
    at = 0
    for width in layout.widths:
        end = at + abs(width)
        values.append(int.from_bytes(content[at:end], "little", signed=width > 0))
        at = end
    return tuple(values)


def _bytes(samples: tuple[tuple[int, ...], ...], layout: _Layout) -> bytes:
    return b"".join(
        value.to_bytes(abs(width), "little", signed=width > 0)
        for sample in samples
        for value, width in zip(sample, layout.widths, strict=True)
    )


def _wrap_bits(layout: _Layout) -> int | None:
    """Streams of floats count modulo 2**32."""
    return 32 if 4 in layout.widths else None
