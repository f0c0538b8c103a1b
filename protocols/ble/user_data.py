"""User Data Service 0x181C, as far as cuffs need it to tell their users apart.

User Data Service 1.1: user index (2A9A), database change increment (2A99), user control point (2A9F).
"""

from enum import IntEnum
from struct import Struct
from typing import Final, assert_never

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import (
    Fitting,
    check_length,
    impossible_value,
    too_long,
    too_short,
    unknown_code,
)
from protocols.ble.codec.value import value

SERVICE: Final = assigned_numbers.USER_DATA_SERVICE
USER_INDEX: Final = assigned_numbers.USER_INDEX
DATABASE_CHANGE_INCREMENT: Final = assigned_numbers.DATABASE_CHANGE_INCREMENT
CONTROL_POINT: Final = assigned_numbers.USER_CONTROL_POINT

UNKNOWN_USER: Final = 0xFF
LARGEST_CONSENT_CODE: Final = 9999

_U16 = Struct("<H")
_U32 = Struct("<I")
_CONTROL_POINT = "user_data.control_point"


class Opcode(IntEnum):
    """What the control point is asked."""

    REGISTER_NEW_USER = 1
    CONSENT = 2
    DELETE_USER_DATA = 3


_RESPONSE = 0x20


class Result(IntEnum):
    """What it answers."""

    SUCCESS = 1
    OPCODE_NOT_SUPPORTED = 2
    INVALID_PARAMETER = 3
    OPERATION_FAILED = 4
    USER_NOT_AUTHORISED = 5


@value
class RegisterUser:
    """Make a new user, protected by a code of four decimal digits."""

    consent_code: int


@value
class Consent:
    """Become the user of that index; the code proves the right to."""

    user_index: int
    consent_code: int


@value
class DeleteUserData:
    """Delete the data of the user one has consented to."""


@value
class UserResponse:
    """The answer; `user_index` after a successful registration."""

    request: Opcode
    result: Result
    user_index: int | None = None


ControlPoint = RegisterUser | Consent | DeleteUserData | UserResponse


def decode_user_index(data: bytes) -> int:
    """2A9A, 1 byte; 255 is unknown. Raises DecodeError on any other length."""
    check_length("user_data.user_index", data, 1)
    return data[0]


def encode_user_index(user_index: int) -> bytes:
    """2A9A, 1 byte. Raises EncodeError outside 0 to 255."""
    with Fitting("user_data.user_index", field="user_index", expected="0 to 255"):
        return bytes((user_index,))


def decode_database_change_increment(data: bytes) -> int:
    """2A99, 4 bytes. Raises DecodeError on any other length."""
    check_length("user_data.database_change_increment", data, 4)
    return int(_U32.unpack(data)[0])


def encode_database_change_increment(count: int) -> bytes:
    """2A99, 4 bytes. Raises EncodeError beyond 32 bits."""
    with Fitting("user_data.database_change_increment", field="count", expected="32 bits"):
        return _U32.pack(count)


def decode_control_point(data: bytes) -> ControlPoint:
    """2A9F, 1 to 4 bytes, either direction.

    Raises:
        DecodeError: for unknown opcodes and results, wrong lengths, and consent codes above 9999.
    """
    check_length(_CONTROL_POINT, data, 1, 4)
    if data[0] == _RESPONSE:
        return _decode_response(data)
    try:
        opcode = Opcode(data[0])
    except ValueError:
        raise unknown_code(_CONTROL_POINT, data, 0, "opcode", "1, 2, 3 or 0x20") from None
    size = {Opcode.REGISTER_NEW_USER: 3, Opcode.CONSENT: 4, Opcode.DELETE_USER_DATA: 1}[opcode]
    check_length(_CONTROL_POINT, data, size)
    if opcode is Opcode.DELETE_USER_DATA:
        return DeleteUserData()
    code = int(_U16.unpack(data[-2:])[0])
    if code > LARGEST_CONSENT_CODE:
        raise impossible_value(_CONTROL_POINT, data, size - 2, "consent_code", "0 to 9999")
    if opcode is Opcode.REGISTER_NEW_USER:
        return RegisterUser(consent_code=code)
    return Consent(user_index=data[1], consent_code=code)


def encode_control_point(value: ControlPoint) -> bytes:
    """2A9F, 1 to 4 bytes. Raises EncodeError when a value does not fit."""
    with Fitting(_CONTROL_POINT, field="user_index or consent_code", expected="0 to 255, 0 to 9999"):
        match value:
            case RegisterUser(consent_code=code):
                return bytes((Opcode.REGISTER_NEW_USER,)) + _code(code)
            case Consent(user_index=index, consent_code=code):
                return bytes((Opcode.CONSENT, index)) + _code(code)
            case DeleteUserData():
                return bytes((Opcode.DELETE_USER_DATA,))
            case UserResponse():
                return _response(value)
            case _:
                assert_never(value)


def _response(value: UserResponse) -> bytes:
    head = bytes((_RESPONSE, value.request, value.result))
    if value.user_index is None:
        return head
    if not _registered(value.request, value.result):
        raise ValueError(value)
    return head + bytes((value.user_index,))


def _registered(request: Opcode, result: Result) -> bool:
    """Only then there is a user index to tell."""
    return request is Opcode.REGISTER_NEW_USER and result is Result.SUCCESS


def _code(consent_code: int) -> bytes:
    if consent_code > LARGEST_CONSENT_CODE:
        raise ValueError(consent_code)
    return _U16.pack(consent_code)


def _decode_response(data: bytes) -> UserResponse:
    if len(data) < 3:
        raise too_short(_CONTROL_POINT, data, "request and result", 1, 2)
    try:
        request, result = Opcode(data[1]), Result(data[2])
    except ValueError:
        raise unknown_code(_CONTROL_POINT, data, 1, "request and result", "1 to 3, 1 to 5") from None
    if len(data) == 4 and not _registered(request, result):
        raise too_long(_CONTROL_POINT, data, 3)
    return UserResponse(request=request, result=result, user_index=data[3] if len(data) == 4 else None)
