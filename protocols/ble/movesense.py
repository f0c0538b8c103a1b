"""Movesense GATT SensorData Protocol (GSP): subscriptions, and the IMU and heart rate that come of them.

Source: Movesense's GATT SensorData Protocol page; public readers. Little-endian. A subscription has a
reference number of the host's choosing, by which data are told apart. Data that do not fit into one
notification go on in a second one (03).
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    unknown_code,
)
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("Movesense",)
SERVICE: Final = "34802252-7185-4d5d-b431-630e7050e8f0"
WRITE: Final = "34800001-7185-4d5d-b431-630e7050e8f0"
NOTIFY: Final = "34800002-7185-4d5d-b431-630e7050e8f0"

IMU_RATES_HZ: Final = (13, 26, 52, 104, 208, 416, 833)

# The longest attribute value (Core 5.4, Vol 3, Part F, 3.2.9).
_LONGEST = 512
_RESPONSE = Struct("<BBH")
_TIMESTAMP = Struct("<I")
_VECTOR = Struct("<3f")
_RATE = Struct("<f")
_INTERVAL = Struct("<H")

Vector = tuple[float, float, float]


class Opcode(IntEnum):
    """First byte of a command."""

    HELLO = 0
    SUBSCRIBE = 1
    UNSUBSCRIBE = 2


class Kind(IntEnum):
    """First byte of a notification."""

    RESPONSE = 1
    DATA = 2
    DATA_CONTINUED = 3


@value
class Command:
    """To the sensor; `resource` such as `/Meas/IMU9/52` for SUBSCRIBE only.

    HELLO may go without reference.
    """

    opcode: Opcode
    reference: int | None = None
    resource: str = ""


@value
class Response:
    """From the sensor: `status` is an HTTP status, 200 is good. `content` follows it."""

    reference: int
    status: int
    content: bytes = b""


@value
class Data:
    """From the sensor: data of a subscription, or the second part of them."""

    reference: int
    content: bytes
    continued: bool = False


@value
class Imu9:
    """Content of /Meas/IMU9: samples of each sensor, the last one at `timestamp_ms`."""

    timestamp_ms: int
    acc_m_s2: tuple[Vector, ...]
    gyr_deg_s: tuple[Vector, ...]
    mag_ut: tuple[Vector, ...]


@value
class Imu6:
    """Content of /Meas/IMU6."""

    timestamp_ms: int
    acc_m_s2: tuple[Vector, ...]
    gyr_deg_s: tuple[Vector, ...]


@value
class HeartRate:
    """Content of /Meas/HR: no timestamp."""

    average_per_min: float
    rr_intervals_ms: tuple[int, ...]


def decode_command(data: bytes) -> Command:
    """A command. Raises DecodeError for other opcodes and resources that are not ASCII."""
    name = "movesense.command"
    check_length(name, data, 1, _LONGEST)
    if data[0] > Opcode.UNSUBSCRIBE:
        raise unknown_code(name, data, 0, "opcode", "00, 01 or 02")
    opcode = Opcode(data[0])
    if opcode is Opcode.HELLO:
        check_length(name, data, 1, 2)
        return Command(opcode=opcode, reference=data[1] if len(data) == 2 else None)
    if opcode is Opcode.UNSUBSCRIBE:
        check_length(name, data, 2)
        return Command(opcode=opcode, reference=data[1])
    check_length(name, data, 3, _LONGEST)
    if not data[2:].isascii():
        raise impossible_value(name, data, 2, "resource", "ASCII")
    return Command(opcode=opcode, reference=data[1], resource=data[2:].decode("ascii"))


def encode_command(command: Command) -> bytes:
    """A command. Raises EncodeError when the resource is missing, too many, too long or not ASCII."""
    name = "movesense.command"
    if bool(command.resource) != (command.opcode is Opcode.SUBSCRIBE):
        raise EncodeError(name, field="resource", expected="one with SUBSCRIBE, none without")
    if command.reference is None:
        if command.opcode is not Opcode.HELLO:
            raise EncodeError(name, field="reference", expected="one with SUBSCRIBE and UNSUBSCRIBE")
        return bytes((Opcode.HELLO,))
    with Fitting(name, field="reference or resource", expected="0 to 255, ASCII"):
        data = bytes((command.opcode, command.reference)) + command.resource.encode("ascii")
    if len(data) > _LONGEST:
        raise EncodeError(name, field="resource", expected="at most 510 characters")
    return data


def decode_notification(data: bytes) -> Response | Data:
    """A notification. Raises DecodeError for other kinds and too short ones."""
    name = "movesense.notification"
    check_length(name, data, 2, _LONGEST)
    if data[0] == Kind.RESPONSE:
        check_length(name, data, _RESPONSE.size, _LONGEST)
        _, reference, status = _RESPONSE.unpack_from(data)
        return Response(reference=reference, status=status, content=data[_RESPONSE.size :])
    if data[0] in (Kind.DATA, Kind.DATA_CONTINUED):
        return Data(reference=data[1], content=data[2:], continued=data[0] == Kind.DATA_CONTINUED)
    raise unknown_code(name, data, 0, "kind", "01, 02 or 03")


def encode_notification(value: Response | Data) -> bytes:
    """A notification. Raises EncodeError when a value does not fit."""
    name = "movesense.notification"
    with Fitting(name, field="reference or status", expected="8 and 16 bits"):
        if isinstance(value, Response):
            data = _RESPONSE.pack(Kind.RESPONSE, value.reference, value.status) + value.content
        else:
            kind = Kind.DATA_CONTINUED if value.continued else Kind.DATA
            data = bytes((kind, value.reference)) + value.content
    if len(data) > _LONGEST:
        raise EncodeError(name, field="content", expected=f"at most {_LONGEST} bytes in all")
    return data


def decode_imu9(data: bytes) -> Imu9:
    """Content of /Meas/IMU9, both parts joined.

    Raises DecodeError unless it has whole samples of each sensor.
    """
    timestamp, groups = _vectors("movesense.imu9", data, 3)
    return Imu9(timestamp_ms=timestamp, acc_m_s2=groups[0], gyr_deg_s=groups[1], mag_ut=groups[2])


def encode_imu9(value: Imu9) -> bytes:
    """Content of /Meas/IMU9. Raises EncodeError unless there are equally many samples of each sensor."""
    return _joined("movesense.imu9", value.timestamp_ms, (value.acc_m_s2, value.gyr_deg_s, value.mag_ut))


def decode_imu6(data: bytes) -> Imu6:
    """Content of /Meas/IMU6, both parts joined.

    Raises DecodeError unless it has whole samples of each sensor.
    """
    timestamp, groups = _vectors("movesense.imu6", data, 2)
    return Imu6(timestamp_ms=timestamp, acc_m_s2=groups[0], gyr_deg_s=groups[1])


def encode_imu6(value: Imu6) -> bytes:
    """Content of /Meas/IMU6. Raises EncodeError unless there are equally many samples of each sensor."""
    return _joined("movesense.imu6", value.timestamp_ms, (value.acc_m_s2, value.gyr_deg_s))


def decode_heart_rate(data: bytes) -> HeartRate:
    """Content of /Meas/HR. Raises DecodeError unless it has a float and whole intervals."""
    name = "movesense.heart_rate"
    check_length(name, data, _RATE.size, _LONGEST)
    if (len(data) - _RATE.size) % _INTERVAL.size:
        raise impossible_value(name, data, len(data), "rr_intervals", "2 bytes for each")
    return HeartRate(
        average_per_min=_RATE.unpack_from(data)[0],
        rr_intervals_ms=tuple(interval for (interval,) in _INTERVAL.iter_unpack(data[_RATE.size :])),
    )


def encode_heart_rate(value: HeartRate) -> bytes:
    """Content of /Meas/HR. Raises EncodeError when a value does not fit."""
    with Fitting("movesense.heart_rate", field="value", expected="a float and 16-bit intervals, 254 at most"):
        if len(value.rr_intervals_ms) > (_LONGEST - _RATE.size) // _INTERVAL.size:
            raise ValueError(len(value.rr_intervals_ms))
        return _RATE.pack(value.average_per_min) + b"".join(map(_INTERVAL.pack, value.rr_intervals_ms))


def _vectors(name: str, data: bytes, sensors: int) -> tuple[int, list[tuple[Vector, ...]]]:
    sample = _VECTOR.size * sensors
    check_length(name, data, _TIMESTAMP.size + sample, 2 * _LONGEST)
    if (len(data) - _TIMESTAMP.size) % sample:
        raise impossible_value(name, data, len(data), "samples", f"{sample} bytes for each")
    vectors = tuple(_VECTOR.iter_unpack(data[_TIMESTAMP.size :]))
    count = len(vectors) // sensors
    groups = [vectors[count * sensor : count * (sensor + 1)] for sensor in range(sensors)]
    return int(_TIMESTAMP.unpack_from(data)[0]), groups


def _joined(name: str, timestamp_ms: int, groups: tuple[tuple[Vector, ...], ...]) -> bytes:
    count = len(groups[0])
    if not count or any(len(group) != count for group in groups):
        raise EncodeError(name, field="samples", expected="equally many of each sensor, at least one")
    with Fitting(name, field="timestamp or samples", expected="32 bits, triples of floats"):
        data = _TIMESTAMP.pack(timestamp_ms) + b"".join(_VECTOR.pack(*v) for group in groups for v in group)
    if len(data) > 2 * _LONGEST:
        raise EncodeError(name, field="samples", expected=f"at most {2 * _LONGEST} bytes in all")
    return data
