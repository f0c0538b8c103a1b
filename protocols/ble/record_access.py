"""Record Access Control Point 2A52: how a host asks an oximeter for its stored measurements.

GATT Specification Supplement, "Record Access Control Point"; Pulse Oximeter Service 1.0, section 3.4, which
uses only the operator "all records". Opcode, operator, operand; little-endian.
"""

from enum import IntEnum
from typing import Final, assert_never

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    too_long,
    too_short,
    unknown_code,
)
from protocols.ble.codec.value import value

CONTROL_POINT: Final = assigned_numbers.RECORD_ACCESS_CONTROL_POINT

# Opcode and operator, then an operand of at most two user-facing times with their filter type.
_LONGEST = 20
# The widths in which a count is sent; the services say 2, public devices also use 1 and 4.
_COUNT_WIDTHS: Final = (1, 2, 4)


class Opcode(IntEnum):
    """What is asked or answered."""

    REPORT_STORED_RECORDS = 1
    DELETE_STORED_RECORDS = 2
    ABORT_OPERATION = 3
    REPORT_NUMBER_OF_RECORDS = 4
    NUMBER_OF_RECORDS = 5
    RESPONSE = 6


class Operator(IntEnum):
    """Which records are meant."""

    NULL = 0
    ALL = 1
    LESS_OR_EQUAL = 2
    GREATER_OR_EQUAL = 3
    WITHIN_RANGE = 4
    FIRST = 5
    LAST = 6


class ResponseCode(IntEnum):
    """How it went; other numbers occur and are kept as plain numbers."""

    SUCCESS = 1
    OPCODE_NOT_SUPPORTED = 2
    INVALID_OPERATOR = 3
    OPERATOR_NOT_SUPPORTED = 4
    INVALID_OPERAND = 5
    NO_RECORDS_FOUND = 6
    ABORT_UNSUCCESSFUL = 7
    PROCEDURE_NOT_COMPLETED = 8
    OPERAND_NOT_SUPPORTED = 9


_REQUESTS: Final = frozenset(
    {
        Opcode.REPORT_STORED_RECORDS,
        Opcode.DELETE_STORED_RECORDS,
        Opcode.ABORT_OPERATION,
        Opcode.REPORT_NUMBER_OF_RECORDS,
    }
)


@value
class RecordRequest:
    """From the host: opcodes 1 to 4. `filter_operand` is the filter of the operators 2 to 4, as sent."""

    opcode: Opcode
    operator: Operator
    filter_operand: bytes = b""


@value
class NumberOfRecords:
    """From the device: opcode 5."""

    count: int
    width_bytes: int = 2


@value
class RecordResponse:
    """From the device: opcode 6, the end of a procedure.

    `request` is the opcode that is answered and `code` the result: an `Opcode` and a `ResponseCode` where the
    number is one, else the plain number (a request of unknown opcode is answered, too).
    """

    request: int
    code: int


ControlPoint = RecordRequest | NumberOfRecords | RecordResponse

_NAME = "record_access.control_point"


def decode_control_point(data: bytes) -> ControlPoint:
    """2A52, 2 to 20 bytes, either direction.

    Raises:
        DecodeError: for an unknown opcode or operator, and when the operand does not belong to them.
    """
    check_length(_NAME, data, 2, _LONGEST)
    try:
        opcode = Opcode(data[0])
    except ValueError:
        raise unknown_code(_NAME, data, 0, "opcode", "1 to 6") from None
    try:
        operator = Operator(data[1])
    except ValueError:
        raise unknown_code(_NAME, data, 1, "operator", "0 to 6") from None
    operand = data[2:]
    if opcode in _REQUESTS:
        return _request(data, opcode, operator, operand)
    if operator is not Operator.NULL:
        raise impossible_value(_NAME, data, 1, "operator", "0 in what a device sends")
    if opcode is Opcode.NUMBER_OF_RECORDS:
        if not operand:
            raise too_short(_NAME, data, "count", 2, 2)
        if len(operand) not in _COUNT_WIDTHS:
            raise impossible_value(_NAME, data, 2, "count", f"1, 2 or 4 bytes, found {len(operand)}")
        return NumberOfRecords(count=int.from_bytes(operand, "little"), width_bytes=len(operand))
    if len(operand) < 2:
        raise too_short(_NAME, data, "request and code", 2, 2)
    if len(operand) > 2:
        raise too_long(_NAME, data, 4)
    return RecordResponse(request=_known(Opcode, operand[0]), code=_known(ResponseCode, operand[1]))


def encode_control_point(value: ControlPoint) -> bytes:
    """2A52, 2 to 20 bytes.

    Raises:
        EncodeError: when a value does not fit, or a filter does not go with its operator.
    """
    with Fitting(_NAME, field="operand", expected="values that fit their bytes"):
        match value:
            case RecordRequest(opcode=opcode, operator=operator, filter_operand=operand):
                if opcode not in _REQUESTS or bool(operand) != _takes_filter(operator):
                    raise EncodeError(
                        _NAME, field="request", expected="opcode 1 to 4, a filter for operators 2 to 4"
                    )
                return bytes((opcode, operator)) + operand
            case NumberOfRecords(count=count, width_bytes=width):
                if width not in _COUNT_WIDTHS:
                    raise EncodeError(_NAME, field="width_bytes", expected="1, 2 or 4")
                return bytes((Opcode.NUMBER_OF_RECORDS, 0)) + count.to_bytes(width, "little")
            case RecordResponse(request=request, code=code):
                return bytes((Opcode.RESPONSE, 0, request, code))
            case _:
                assert_never(value)


def _request(data: bytes, opcode: Opcode, operator: Operator, operand: bytes) -> RecordRequest:
    if _takes_filter(operator):
        if not operand:
            raise too_short(_NAME, data, "filter", 2, 2)
    elif operand:
        raise too_long(_NAME, data, 2)
    return RecordRequest(opcode=opcode, operator=operator, filter_operand=operand)


def _takes_filter(operator: Operator) -> bool:
    return Operator.LESS_OR_EQUAL <= operator <= Operator.WITHIN_RANGE


def _known(kind: type[IntEnum], number: int) -> int:
    try:
        return kind(number)
    except ValueError:
        return number
