from collections.abc import Callable

import pytest

from protocols.ble.codec.errors import (
    Damage,
    DecodeError,
    EncodeError,
    Fitting,
    ProtocolError,
    check_length,
    impossible_value,
    too_long,
    too_short,
    unknown_code,
    wrong_checksum,
    wrong_header,
    wrong_length_field,
)

FRAME = bytes.fromhex("0102030405")


def test_each_damage_has_its_own_sentence_with_offset_and_expectation() -> None:
    errors = {
        Damage.TOO_SHORT: too_short("f.m", FRAME, "pulse_rate", 4, 2),
        Damage.TOO_LONG: too_long("f.m", FRAME, 3),
        Damage.HEADER: wrong_header("f.m", FRAME, 0, "55 61"),
        Damage.LENGTH_FIELD: wrong_length_field("f.m", FRAME, 1, 4),
        Damage.CHECKSUM: wrong_checksum("f.m", FRAME, 4, 0xAB),
        Damage.UNKNOWN_CODE: unknown_code("f.m", FRAME, 2, "opcode", "1 or 2"),
        Damage.VALUE: impossible_value("f.m", FRAME, 2, "level", "0 to 100"),
    }
    assert set(errors) == set(Damage)
    assert str(errors[Damage.TOO_SHORT]) == (
        "f.m: too short at byte 5 (pulse_rate): expected 2 bytes from byte 4, found 1;"
        " the frame is 0102030405"
    )
    assert str(errors[Damage.TOO_LONG]) == (
        "f.m: too long at byte 3 (end): expected the end after 3 bytes, found 2 more; the frame is 0102030405"
    )
    assert str(errors[Damage.HEADER]) == (
        "f.m: wrong header at byte 0 (header): expected 55 61; the frame is 0102030405"
    )
    assert str(errors[Damage.LENGTH_FIELD]) == (
        "f.m: wrong length field at byte 1 (length): expected 4 for a frame of 5 bytes;"
        " the frame is 0102030405"
    )
    assert str(errors[Damage.CHECKSUM]) == (
        "f.m: wrong checksum at byte 4 (checksum): expected ab, found 05; the frame is 0102030405"
    )
    assert str(errors[Damage.UNKNOWN_CODE]) == (
        "f.m: unknown code at byte 2 (opcode): expected 1 or 2; the frame is 0102030405"
    )
    assert str(errors[Damage.VALUE]) == (
        "f.m: impossible value at byte 2 (level): expected 0 to 100; the frame is 0102030405"
    )
    for damage, error in errors.items():
        assert isinstance(error, ProtocolError)
        assert (error.format, error.damage, error.hex) == ("f.m", damage, "0102030405")


def test_a_long_frame_is_shown_in_part() -> None:
    error = DecodeError("f.m", bytes(100), Damage.VALUE, offset=0, field="x", expected="y")
    assert error.hex == "00" * 64
    assert str(error).endswith(" and 36 bytes more")


def test_an_empty_frame_is_called_empty() -> None:
    assert str(too_short("f.m", b"", "flags", 0, 1)).endswith("the frame is empty")


def test_check_length_takes_one_length_or_a_range() -> None:
    check_length("f.m", FRAME, 5)
    check_length("f.m", FRAME, 1, 5)
    with pytest.raises(DecodeError) as short:
        check_length("f.m", FRAME, 6)
    assert short.value.damage is Damage.TOO_SHORT
    with pytest.raises(DecodeError) as long:
        check_length("f.m", FRAME, 1, 4)
    assert (long.value.damage, long.value.offset) == (Damage.TOO_LONG, 4)


@pytest.mark.parametrize(
    "wrong", [lambda: bytes((256,)), lambda: (1 << 16).to_bytes(2, "little"), lambda: b""[0]]
)
def test_fitting_turns_errors_of_value_and_size_into_encode_errors(wrong: Callable[[], object]) -> None:
    with pytest.raises(EncodeError) as caught, Fitting("f.m", field="level", expected="0 to 255"):
        wrong()
    assert str(caught.value) == "f.m: level: expected 0 to 255"
    assert (caught.value.format, caught.value.field, caught.value.expected) == ("f.m", "level", "0 to 255")
    assert caught.value.__cause__ is not None


def test_fitting_lets_programming_errors_through() -> None:
    with pytest.raises(TypeError), Fitting("f.m", field="level", expected="0 to 255"):
        bytes((None,))  # type: ignore[arg-type]
