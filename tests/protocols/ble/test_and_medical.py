import pytest

from protocols.ble.and_medical import (
    DELETE_MEMORY,
    DISCONNECT,
    ENABLE_BUFFER,
    READ_BUFFER_SIZE,
    UNPAIR,
    ControlFrame,
    Kind,
    Subject,
    encode_control,
    set_time,
)
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.date_time import DateTime
from tests.support.refusals import does_not_fit, refused

CONTROL = "and_medical.control"


def test_the_commands_are_the_documented_bytes() -> None:
    commands = {
        "020103": DISCONNECT,
        "020110": UNPAIR,
        "020112": DELETE_MEMORY,
        "0200d6": READ_BUFFER_SIZE,
        "0301a601": ENABLE_BUFFER,
        "0801010e030b130c22": set_time(DateTime(2014, 3, 11, 19, 12, 34)),
    }
    assert {encode_control(frame).hex() for frame in commands.values()} == set(commands)
    assert all(encode_control(frame).hex() == wire for wire, frame in commands.items())


def test_only_set_time_carries_a_clock() -> None:
    assert set_time(DateTime(2014, 3, 11, 19, 12, 34)).clock == DateTime(2014, 3, 11, 19, 12, 34)
    assert DISCONNECT.clock is None
    assert ControlFrame(kind=Kind.RESPONSE, subject=Subject.SET_TIME, value=b"\x00").clock is None


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("0201", (Damage.TOO_SHORT, 2)),
        ("040103", (Damage.TOO_SHORT, 3)),
        ("010103", (Damage.VALUE, 0)),
        ("02010300", (Damage.VALUE, 3)),  # padding goes to 20 bytes
        ("020103" + "00" * 16 + "01", (Damage.VALUE, 3)),
        ("020303", (Damage.UNKNOWN_CODE, 1)),
        ("020104", (Damage.UNKNOWN_CODE, 1)),
        ("020103" + "00" * 18, (Damage.TOO_LONG, 20)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(CONTROL, frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit(CONTROL, ControlFrame(kind=Kind.WRITE, subject=Subject.UNPAIR, value=bytes(18)))
    full = ControlFrame(kind=Kind.WRITE, subject=Subject.UNPAIR, value=bytes(17), padded=True)
    does_not_fit(CONTROL, full)
    with pytest.raises(EncodeError):
        set_time(DateTime(1999, 1, 1, 0, 0, 0))
