"""Polar Measurement Data (PMD): the control point, which starts and stops the streams of `polar_pmd`.

Sources as there. Needs a bond; enable indications (not only notifications on the data) before writing. Stop
the stream at the end, or an H10 stays on. A Verity Sense advertises PPG at 135 Hz and sends 55.
"""

import struct
from enum import IntEnum
from typing import Final

from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    too_short,
    unknown_code,
    wrong_header,
)
from protocols.ble.codec.value import value
from protocols.ble.polar_pmd import Measurement

CONTROL_POINT: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"

# The longest attribute value (Core 5.4, Vol 3, Part F, 3.2.9).
_LONGEST = 512
_RESPONSE = 0xF0
_FEATURES = 0x0F


class Opcode(IntEnum):
    """What the control point is asked."""

    GET_SETTINGS = 1
    START = 2
    STOP = 3


class SettingKind(IntEnum):
    """What a setting sets."""

    RATE_HZ = 0
    RESOLUTION_BITS = 1
    RANGE = 2
    RANGE_MILLIUNITS = 3
    CHANNELS = 4
    FACTOR = 5


_SETTING_FORMATS: Final = {
    SettingKind.RATE_HZ: "H",
    SettingKind.RESOLUTION_BITS: "H",
    SettingKind.RANGE: "H",
    SettingKind.RANGE_MILLIUNITS: "I",
    SettingKind.CHANNELS: "B",
    SettingKind.FACTOR: "f",
}


@value
class Setting:
    """A setting and its value, or the values to choose from."""

    kind: SettingKind
    values: tuple[float, ...]


class ErrorCode(IntEnum):
    """How the control point answers; other numbers are kept as plain numbers."""

    SUCCESS = 0
    INVALID_OPCODE = 1
    INVALID_MEASUREMENT = 2
    NOT_SUPPORTED = 3
    INVALID_LENGTH = 4
    INVALID_PARAMETER = 5
    INVALID_STATE = 6
    INVALID_RESOLUTION = 7
    INVALID_RATE = 8
    INVALID_RANGE = 9
    INVALID_MTU = 10
    INVALID_CHANNELS = 11
    INVALID_STATE_2 = 12
    IN_CHARGER = 13


@value
class Request:
    """To the control point; `settings` with START only."""

    opcode: Opcode
    measurement: Measurement
    settings: tuple[Setting, ...] = ()


@value
class Response:
    """From the control point. `more`: another response with the rest of the parameters follows."""

    opcode: int
    measurement: int
    error: int
    more: bool | None = None
    parameters: bytes = b""


@value
class Features:
    """What the control point says when it is read; as many bytes as it likes."""

    bits: int
    size: int = 2

    def supports(self, measurement: Measurement) -> bool:
        """Whether the sensor can stream this."""
        return bool(self.bits >> measurement & 1)


START_ECG: Final = Request(
    opcode=Opcode.START,
    measurement=Measurement.ECG,
    settings=(
        Setting(kind=SettingKind.RATE_HZ, values=(130,)),
        Setting(kind=SettingKind.RESOLUTION_BITS, values=(14,)),
    ),
)
START_ACC_200_HZ_8_G: Final = Request(
    opcode=Opcode.START,
    measurement=Measurement.ACC,
    settings=(
        Setting(kind=SettingKind.RANGE, values=(8,)),
        Setting(kind=SettingKind.RATE_HZ, values=(200,)),
        Setting(kind=SettingKind.RESOLUTION_BITS, values=(16,)),
    ),
)


def decode_settings(data: bytes) -> tuple[Setting, ...]:
    """Settings, one after the other: kind, number of values, values. Raises DecodeError when one is cut."""
    check_length("polar_pmd_control.settings", data, 0, _LONGEST)
    return _settings("polar_pmd_control.settings", data, 0)


def encode_settings(settings: tuple[Setting, ...]) -> bytes:
    """Settings, one after the other. Raises EncodeError when a value does not fit."""
    data = b""
    with Fitting("polar_pmd_control.settings", field="values", expected="values that fit their bytes"):
        for setting in settings:
            layout = f"<{len(setting.values)}{_SETTING_FORMATS[setting.kind]}"
            data += bytes((setting.kind, len(setting.values))) + struct.pack(layout, *setting.values)
    if len(data) > _LONGEST:
        raise EncodeError(
            "polar_pmd_control.settings", field="settings", expected=f"at most {_LONGEST} bytes"
        )
    return data


def decode_request(data: bytes) -> Request:
    """To the control point. Raises DecodeError for other opcodes and measurements, and cut settings."""
    name = "polar_pmd_control.request"
    check_length(name, data, 2, _LONGEST)
    try:
        opcode, measurement = Opcode(data[0]), Measurement(data[1])
    except ValueError:
        raise unknown_code(
            name, data, 0, "opcode and measurement", "1 to 3; 0 to 3, 5 to 7, 9, 11 or 12"
        ) from None
    if opcode is not Opcode.START:
        check_length(name, data, 2)
    return Request(opcode=opcode, measurement=measurement, settings=_settings(name, data, 2))


def encode_request(request: Request) -> bytes:
    """To the control point. Raises EncodeError for settings without START, or that do not fit."""
    if request.settings and request.opcode is not Opcode.START:
        raise EncodeError("polar_pmd_control.request", field="settings", expected="none but with START")
    data = bytes((request.opcode, request.measurement)) + encode_settings(request.settings)
    if len(data) > _LONGEST:
        raise EncodeError("polar_pmd_control.request", field="settings", expected="at most 510 bytes")
    return data


def decode_response(data: bytes) -> Response:
    """From the control point, 4 bytes and more. Raises DecodeError for anything that is no response."""
    name = "polar_pmd_control.response"
    check_length(name, data, 4, _LONGEST)
    if data[0] != _RESPONSE:
        raise wrong_header(name, data, 0, "f0")
    if len(data) > 4 and data[4] > 1:
        raise impossible_value(name, data, 4, "more", "0 or 1")
    error = data[3]
    return Response(
        opcode=data[1],
        measurement=data[2],
        error=ErrorCode(error) if error in tuple(ErrorCode) else error,
        more=bool(data[4]) if len(data) > 4 else None,
        parameters=data[5:],
    )


def encode_response(response: Response) -> bytes:
    """From the control point. Raises EncodeError when a value does not fit."""
    name = "polar_pmd_control.response"
    if response.more is None and response.parameters:
        raise EncodeError(name, field="more", expected="a value before parameters")
    with Fitting(name, field="value", expected="0 to 255"):
        data = bytes((_RESPONSE, response.opcode, response.measurement, response.error))
    if response.more is not None:
        data += bytes((response.more,)) + response.parameters
    if len(data) > _LONGEST:
        raise EncodeError(name, field="parameters", expected="at most 507 bytes")
    return data


def decode_features(data: bytes) -> Features:
    """The control point, read: 0F and the bits. Raises DecodeError for anything else."""
    name = "polar_pmd_control.features"
    check_length(name, data, 2, 17)
    if data[0] != _FEATURES:
        raise wrong_header(name, data, 0, "0f")
    return Features(bits=int.from_bytes(data[1:], "little"), size=len(data) - 1)


def encode_features(features: Features) -> bytes:
    """The control point, read. Raises EncodeError when the bits do not fit."""
    with Fitting("polar_pmd_control.features", field="bits", expected="1 to 16 bytes"):
        if not 1 <= features.size <= 16:
            raise ValueError(features.size)
        return bytes((_FEATURES,)) + features.bits.to_bytes(features.size, "little")


def _settings(name: str, data: bytes, at: int) -> tuple[Setting, ...]:
    found = []
    while at < len(data):
        if len(data) < at + 2:
            raise too_short(name, data, "setting", at, 2)
        if data[at] > SettingKind.FACTOR:
            raise unknown_code(name, data, at, "setting", "0 to 5")
        kind, count = SettingKind(data[at]), data[at + 1]
        layout = struct.Struct(f"<{count}{_SETTING_FORMATS[kind]}")
        if len(data) < at + 2 + layout.size:
            raise too_short(name, data, "values", at + 2, layout.size)
        found.append(Setting(kind=kind, values=layout.unpack_from(data, at + 2)))
        at += 2 + layout.size
    return tuple(found)
