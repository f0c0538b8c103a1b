"""Movella (Xsens) DOT: payloads of all modes.

Source: Movella DOT BLE Services Specification XD0506P rev. C (July 2023), whose tables are named below.
Little-endian; 32-bit floats. Enable the notification that carries the mode, then write the control; a payload
does not say which mode it is. The timestamp wraps after 71.6 min. Control, settings and battery are in
`movella_dot_device`, synchronisation in `movella_dot_message`.
"""

from enum import IntEnum, IntFlag
from functools import partial
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
)
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("Movella DOT", "Xsens DOT")
COMPANY: Final = assigned_numbers.COMPANY_MOVELLA
ADDRESS_PREFIX: Final = "D4:22:CD"


def _uuid(number: int) -> str:
    return f"1517{number:04x}-4947-11e9-8646-d663bd873d93"


SERVICE: Final = _uuid(0x2000)
LONG_PAYLOAD: Final = _uuid(0x2002)
MEDIUM_PAYLOAD: Final = _uuid(0x2003)
SHORT_PAYLOAD: Final = _uuid(0x2004)


class PayloadMode(IntEnum):
    """Table 13."""

    HIGH_FIDELITY_WITH_MAG = 1
    EXTENDED_QUATERNION = 2
    COMPLETE_QUATERNION = 3
    ORIENTATION_EULER = 4
    ORIENTATION_QUATERNION = 5
    FREE_ACCELERATION = 6
    EXTENDED_EULER = 7
    COMPLETE_EULER = 16
    HIGH_FIDELITY = 17
    DELTA_WITH_MAG = 18
    DELTA = 19
    RATE_WITH_MAG = 20
    RATE = 21
    CUSTOM_1 = 22
    CUSTOM_2 = 23
    CUSTOM_3 = 24
    CUSTOM_4 = 25
    CUSTOM_5 = 26


class DotStatus(IntFlag):
    """Section 3.5.1."""

    ACC_X_CLIPPED = 0x0001
    ACC_Y_CLIPPED = 0x0002
    ACC_Z_CLIPPED = 0x0004
    GYR_X_CLIPPED = 0x0008
    GYR_Y_CLIPPED = 0x0010
    GYR_Z_CLIPPED = 0x0020
    MAG_X_CLIPPED = 0x0040
    MAG_Y_CLIPPED = 0x0080
    MAG_Z_CLIPPED = 0x0100
    MAG_IS_NEW = 0x0200


Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@value
class DotSample:
    """One sample; what the mode does not carry is None. Quaternions are w x y z.

    `high_fidelity` is the part of the modes 1, 17 and 25 that only the vendor's SDK can read; `padding` is
    what follows up to the length of the characteristic, zeros by the specification.
    """

    timestamp_us: int
    quaternion_wxyz: Quaternion | None = None
    euler_deg: Vector | None = None
    free_acc_m_s2: Vector | None = None
    delta_q_wxyz: Quaternion | None = None
    delta_v_m_s: Vector | None = None
    acc_m_s2: Vector | None = None
    gyr_deg_s: Vector | None = None
    mag_raw: tuple[int, int, int] | None = None
    status: DotStatus | None = None
    acc_clippings: int | None = None
    gyr_clippings: int | None = None
    high_fidelity: bytes | None = None
    padding: bytes = b""


# Table 17: the struct format of each quantity.
_FORMATS: Final = {
    "quaternion_wxyz": "4f",
    "euler_deg": "3f",
    "free_acc_m_s2": "3f",
    "delta_q_wxyz": "4f",
    "delta_v_m_s": "3f",
    "acc_m_s2": "3f",
    "gyr_deg_s": "3f",
    "mag_raw": "3h",
    "status": "H",
    "acc_clippings": "B",
    "gyr_clippings": "B",
}
_EXTENDED = ("free_acc_m_s2", "status", "acc_clippings", "gyr_clippings")
# Tables 14 to 16: what follows the timestamp.
_QUANTITIES: Final[dict[PayloadMode, tuple[str, ...]]] = {
    PayloadMode.EXTENDED_QUATERNION: ("quaternion_wxyz", *_EXTENDED),
    PayloadMode.COMPLETE_QUATERNION: ("quaternion_wxyz", "free_acc_m_s2"),
    PayloadMode.ORIENTATION_EULER: ("euler_deg",),
    PayloadMode.ORIENTATION_QUATERNION: ("quaternion_wxyz",),
    PayloadMode.FREE_ACCELERATION: ("free_acc_m_s2",),
    PayloadMode.EXTENDED_EULER: ("euler_deg", *_EXTENDED),
    PayloadMode.COMPLETE_EULER: ("euler_deg", "free_acc_m_s2"),
    PayloadMode.DELTA_WITH_MAG: ("delta_q_wxyz", "delta_v_m_s", "mag_raw"),
    PayloadMode.DELTA: ("delta_q_wxyz", "delta_v_m_s"),
    PayloadMode.RATE_WITH_MAG: ("acc_m_s2", "gyr_deg_s", "mag_raw"),
    PayloadMode.RATE: ("acc_m_s2", "gyr_deg_s"),
    PayloadMode.CUSTOM_1: ("euler_deg", "free_acc_m_s2", "gyr_deg_s"),
    PayloadMode.CUSTOM_2: ("euler_deg", "free_acc_m_s2", "mag_raw"),
    PayloadMode.CUSTOM_3: ("quaternion_wxyz", "gyr_deg_s"),
    PayloadMode.CUSTOM_5: ("quaternion_wxyz", "acc_m_s2", "gyr_deg_s"),
}
_HIGH_FIDELITY_SIZES: Final = {
    PayloadMode.HIGH_FIDELITY_WITH_MAG: 35,
    PayloadMode.HIGH_FIDELITY: 29,
    PayloadMode.CUSTOM_4: 51,
}
_TIMESTAMP = Struct("<I")
_STRUCTS: Final = {
    mode: Struct("<I" + "".join(_FORMATS[name] for name in names)) for mode, names in _QUANTITIES.items()
}


def payload_size(mode: PayloadMode) -> int:
    """Bytes of a payload without padding."""
    return _HIGH_FIDELITY_SIZES[mode] if mode in _HIGH_FIDELITY_SIZES else _STRUCTS[mode].size


def payload_characteristic(mode: PayloadMode) -> str:
    """Which notification carries the mode; sections 3.2 to 3.4."""
    size = payload_size(mode)
    return SHORT_PAYLOAD if size <= 20 else MEDIUM_PAYLOAD if size <= 40 else LONG_PAYLOAD


def _notification_size(mode: PayloadMode) -> int:
    size = payload_size(mode)
    return 20 if size <= 20 else 40 if size <= 40 else 63


def _name(mode: PayloadMode) -> str:
    return f"movella_dot.{mode.name.lower()}"


def decode_payload(mode: PayloadMode, data: bytes) -> DotSample:
    """A payload of `mode`, with or without padding up to the characteristic's length.

    Raises:
        DecodeError: when it is shorter than the mode or longer than the characteristic.
    """
    size = payload_size(mode)
    check_length(_name(mode), data, size, _notification_size(mode))
    padding = data[size:]
    if mode in _HIGH_FIDELITY_SIZES:
        (timestamp,) = _TIMESTAMP.unpack_from(data)
        return DotSample(timestamp_us=timestamp, high_fidelity=data[4:size], padding=padding)
    timestamp, *values = _STRUCTS[mode].unpack_from(data)
    quantities: dict[str, object] = {}
    at = 0
    for name in _QUANTITIES[mode]:
        layout = _FORMATS[name]
        if len(layout) == 1:
            quantities[name] = DotStatus(values[at]) if name == "status" else values[at]
            at += 1
        else:
            quantities[name] = tuple(values[at : at + int(layout[0])])
            at += int(layout[0])
    return DotSample(timestamp_us=timestamp, padding=padding, **quantities)  # type: ignore[arg-type]


def encode_payload(mode: PayloadMode, sample: DotSample) -> bytes:
    """A payload of `mode`.

    Raises:
        EncodeError: when the sample does not carry exactly what the mode does, or a value does not fit.
    """
    name = _name(mode)
    present = {field for field in _FORMATS if getattr(sample, field) is not None}
    if present != set(_QUANTITIES.get(mode, ())) or (sample.high_fidelity is None) != (mode in _QUANTITIES):
        raise EncodeError(name, field="sample", expected=", ".join(_QUANTITIES.get(mode, ("high_fidelity",))))
    with Fitting(name, field="value", expected="values that fit their bytes"):
        if sample.high_fidelity is not None:
            data = _TIMESTAMP.pack(sample.timestamp_us) + sample.high_fidelity
            if len(data) != payload_size(mode):
                raise ValueError(len(data))
        else:
            values: list[float] = []
            for field in _QUANTITIES[mode]:
                value = getattr(sample, field)
                values += value if isinstance(value, tuple) else (value,)
            data = _STRUCTS[mode].pack(sample.timestamp_us, *values)
    if len(data) + len(sample.padding) > _notification_size(mode):
        raise EncodeError(
            name, field="padding", expected=f"at most {_notification_size(mode) - len(data)} bytes"
        )
    return data + sample.padding


decode_high_fidelity_with_mag = partial(decode_payload, PayloadMode.HIGH_FIDELITY_WITH_MAG)
encode_high_fidelity_with_mag = partial(encode_payload, PayloadMode.HIGH_FIDELITY_WITH_MAG)
decode_extended_quaternion = partial(decode_payload, PayloadMode.EXTENDED_QUATERNION)
encode_extended_quaternion = partial(encode_payload, PayloadMode.EXTENDED_QUATERNION)
decode_complete_quaternion = partial(decode_payload, PayloadMode.COMPLETE_QUATERNION)
encode_complete_quaternion = partial(encode_payload, PayloadMode.COMPLETE_QUATERNION)
decode_orientation_euler = partial(decode_payload, PayloadMode.ORIENTATION_EULER)
encode_orientation_euler = partial(encode_payload, PayloadMode.ORIENTATION_EULER)
decode_orientation_quaternion = partial(decode_payload, PayloadMode.ORIENTATION_QUATERNION)
encode_orientation_quaternion = partial(encode_payload, PayloadMode.ORIENTATION_QUATERNION)
decode_free_acceleration = partial(decode_payload, PayloadMode.FREE_ACCELERATION)
encode_free_acceleration = partial(encode_payload, PayloadMode.FREE_ACCELERATION)
decode_extended_euler = partial(decode_payload, PayloadMode.EXTENDED_EULER)
encode_extended_euler = partial(encode_payload, PayloadMode.EXTENDED_EULER)
decode_complete_euler = partial(decode_payload, PayloadMode.COMPLETE_EULER)
encode_complete_euler = partial(encode_payload, PayloadMode.COMPLETE_EULER)
decode_high_fidelity = partial(decode_payload, PayloadMode.HIGH_FIDELITY)
encode_high_fidelity = partial(encode_payload, PayloadMode.HIGH_FIDELITY)
decode_delta_with_mag = partial(decode_payload, PayloadMode.DELTA_WITH_MAG)
encode_delta_with_mag = partial(encode_payload, PayloadMode.DELTA_WITH_MAG)
decode_delta = partial(decode_payload, PayloadMode.DELTA)
encode_delta = partial(encode_payload, PayloadMode.DELTA)
decode_rate_with_mag = partial(decode_payload, PayloadMode.RATE_WITH_MAG)
encode_rate_with_mag = partial(encode_payload, PayloadMode.RATE_WITH_MAG)
decode_rate = partial(decode_payload, PayloadMode.RATE)
encode_rate = partial(encode_payload, PayloadMode.RATE)
decode_custom_1 = partial(decode_payload, PayloadMode.CUSTOM_1)
encode_custom_1 = partial(encode_payload, PayloadMode.CUSTOM_1)
decode_custom_2 = partial(decode_payload, PayloadMode.CUSTOM_2)
encode_custom_2 = partial(encode_payload, PayloadMode.CUSTOM_2)
decode_custom_3 = partial(decode_payload, PayloadMode.CUSTOM_3)
encode_custom_3 = partial(encode_payload, PayloadMode.CUSTOM_3)
decode_custom_4 = partial(decode_payload, PayloadMode.CUSTOM_4)
encode_custom_4 = partial(encode_payload, PayloadMode.CUSTOM_4)
decode_custom_5 = partial(decode_payload, PayloadMode.CUSTOM_5)
encode_custom_5 = partial(encode_payload, PayloadMode.CUSTOM_5)
