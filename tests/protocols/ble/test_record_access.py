import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.record_access import (
    NumberOfRecords,
    Opcode,
    Operator,
    RecordRequest,
    RecordResponse,
    decode_control_point,
    encode_control_point,
)
from tests.support.refusals import does_not_fit, refused

CONTROL_POINT = "record_access.control_point"


def test_all_stored_records_are_asked_for_with_0101() -> None:
    request = RecordRequest(opcode=Opcode.REPORT_STORED_RECORDS, operator=Operator.ALL)
    assert encode_control_point(request).hex() == "0101"
    assert decode_control_point(b"\x01\x01") == request


def test_a_filter_goes_with_the_operators_that_take_one() -> None:
    request = decode_control_point(bytes.fromhex("0103010200"))
    assert request == RecordRequest(
        opcode=Opcode.REPORT_STORED_RECORDS,
        operator=Operator.GREATER_OR_EQUAL,
        filter_operand=b"\x01\x02\x00",
    )


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("01", (Damage.TOO_SHORT, 1)),
        ("0701", (Damage.UNKNOWN_CODE, 0)),
        ("0107", (Damage.UNKNOWN_CODE, 1)),
        ("0103", (Damage.TOO_SHORT, 2)),
        ("010100", (Damage.TOO_LONG, 2)),
        ("0500", (Damage.TOO_SHORT, 2)),
        ("0500010203", (Damage.VALUE, 2)),
        ("06010101", (Damage.VALUE, 1)),
        ("060001", (Damage.TOO_SHORT, 3)),
        ("0600010100", (Damage.TOO_LONG, 4)),
        ("01" * 21, (Damage.TOO_LONG, 20)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(CONTROL_POINT, frame) == refusal


@pytest.mark.parametrize(
    "value",
    [
        RecordRequest(opcode=Opcode.RESPONSE, operator=Operator.ALL),
        RecordRequest(opcode=Opcode.DELETE_STORED_RECORDS, operator=Operator.ALL, filter_operand=b"x"),
        RecordRequest(opcode=Opcode.DELETE_STORED_RECORDS, operator=Operator.WITHIN_RANGE),
        NumberOfRecords(count=1, width_bytes=3),
        NumberOfRecords(count=65536),
        RecordResponse(request=256, code=1),
    ],
)
def test_values_that_do_not_fit_are_refused(value: RecordRequest | NumberOfRecords | RecordResponse) -> None:
    does_not_fit(CONTROL_POINT, value)
