"""How a codec refuses: for tables of damaged frames and of values that do not fit."""

from typing import Any

import pytest

from protocols.ble import catalog
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError


def refused(message_name: str, frame: str) -> tuple[Damage, int]:
    """Damage and offset of the error that a frame (hexadecimal) gives."""
    message = catalog.message(message_name)
    assert message is not None
    with pytest.raises(DecodeError) as caught:
        message.decode(bytes.fromhex(frame))
    return caught.value.damage, caught.value.offset


def does_not_fit(message_name: str, measurement: Any) -> None:
    """The measurement is refused by the encoder."""
    message = catalog.message(message_name)
    assert message is not None
    with pytest.raises(EncodeError):
        message.encode(measurement)
