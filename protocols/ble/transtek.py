"""Transtek, Welch Allyn and Philips DL8765 cuffs: the greeting without which they send nothing.

Sources: public drivers of Transtek cuffs. Services 7809, 7802, 7889 or 7899; write 8A81, indications on
8A82 and (readings) 8A91. On pairing the cuff sends a password (A0), which the host keeps, and the host an
account number (21). On every connection the cuff sends a random number (A1); the host answers with its
exclusive or with the password (20), its clock (02) and the end (22). The layout of the readings on 8A91 is
not published well enough.
"""

from datetime import datetime, timedelta
from typing import Final, assert_never

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError, Fitting, check_length, unknown_code
from protocols.ble.codec.value import value

SERVICES: Final = tuple(assigned_numbers.uuid16(number) for number in (0x7809, 0x7802, 0x7889, 0x7899))
WRITE: Final = assigned_numbers.uuid16(0x8A81)
INDICATE: Final = assigned_numbers.uuid16(0x8A82)
READINGS: Final = assigned_numbers.uuid16(0x8A91)

_TIME, _VERIFY, _ACCOUNT, _FINISH, _PASSWORD, _RANDOM = 0x02, 0x20, 0x21, 0x22, 0xA0, 0xA1
_NUMBER_SIZE = 4


@value
class Password:
    """From the cuff, once: keep it."""

    password: bytes


@value
class Random:
    """From the cuff: prove that you know the password."""

    number: bytes


@value
class Verification:
    """To the cuff: the random number, exclusive or the password."""

    number: bytes


@value
class Account:
    """To the cuff, once: any number that stands for this host."""

    number: bytes


@value
class Time:
    """To the cuff: seconds since the beginning of 2010, in local time."""

    since_2010_s: int

    def to_datetime(self) -> datetime:
        """The naive local time."""
        return datetime(2010, 1, 1) + timedelta(seconds=self.since_2010_s)  # noqa: DTZ001  # local by definition


@value
class Finish:
    """To the cuff: the greeting is over, send the readings."""


Message = Password | Random | Verification | Account | Time | Finish


def verify(password: Password, random: Random) -> Verification:
    """The answer to `random`. Raises EncodeError unless both have four bytes."""
    if len(password.password) != _NUMBER_SIZE or len(random.number) != _NUMBER_SIZE:
        raise EncodeError("transtek.message", field="password or number", expected="4 bytes")
    return Verification(number=bytes(a ^ b for a, b in zip(password.password, random.number, strict=True)))


def decode_message(data: bytes) -> Message:
    """A message of the greeting, 1 or 5 bytes, either direction. Raises DecodeError for any other."""
    name = "transtek.message"
    check_length(name, data, 1, 1 + _NUMBER_SIZE)
    opcode, number = data[0], data[1:]
    if opcode == _FINISH:
        check_length(name, data, 1)
        return Finish()
    if opcode not in (_TIME, _VERIFY, _ACCOUNT, _PASSWORD, _RANDOM):
        raise unknown_code(name, data, 0, "opcode", "02, 20, 21, 22, a0 or a1")
    check_length(name, data, 1 + _NUMBER_SIZE)
    match opcode:
        case 0xA0:
            return Password(password=number)
        case 0xA1:
            return Random(number=number)
        case 0x20:
            return Verification(number=number)
        case 0x21:
            return Account(number=number)
        case _:
            return Time(since_2010_s=int.from_bytes(number, "little"))


def encode_message(message: Message) -> bytes:
    """A message of the greeting. Raises EncodeError unless its number has four bytes."""
    match message:
        case Finish():
            return bytes((_FINISH,))
        case Time(since_2010_s=seconds):
            with Fitting("transtek.message", field="since_2010_s", expected="32 bits"):
                return bytes((_TIME,)) + seconds.to_bytes(_NUMBER_SIZE, "little")
        case Password(password=number):
            return _with_number(_PASSWORD, number)
        case Random(number=number):
            return _with_number(_RANDOM, number)
        case Verification(number=number):
            return _with_number(_VERIFY, number)
        case Account(number=number):
            return _with_number(_ACCOUNT, number)
        case _:
            assert_never(message)


def _with_number(opcode: int, number: bytes) -> bytes:
    if len(number) != _NUMBER_SIZE:
        raise EncodeError("transtek.message", field="number", expected="4 bytes")
    return bytes((opcode,)) + number
