"""Movella DOT synchronisation: the messages of the specification, and each damage."""

import pytest

from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.movella_dot_message import (
    GET_SYNC_STATUS,
    STOP_SYNC,
    Message,
    Subsystem,
    SyncId,
    SyncState,
    decode_message,
    encode_message,
    start_sync,
)
from tests.support.refusals import does_not_fit, refused


def test_the_root_goes_out_with_its_last_byte_first() -> None:
    frame = encode_message(start_sync("D4:22:CD:AA:BB:CC"))
    assert frame.hex() == "020701ccbbaacd22d402"
    assert start_sync("d422cdaabbcc") == start_sync("D4:22:CD:AA:BB:CC")


@pytest.mark.parametrize("address", ["", "D4:22:CD:AA:BB", "D4:22:CD:AA:BB:CC:DD", "root"])
def test_no_address_is_refused(address: str) -> None:
    with pytest.raises(EncodeError, match="root_address"):
        start_sync(address)


def test_status_is_asked_for_and_synchronisation_stopped() -> None:
    assert encode_message(GET_SYNC_STATUS).hex() == "020108f5"
    assert encode_message(STOP_SYNC).hex() == "020102fb"


@pytest.mark.parametrize(
    ("frame", "identifier", "state", "succeeded"),
    [
        ("02025104a7", SyncId.STATUS, SyncState.SYNCED, None),
        ("02025109a2", SyncId.STATUS, SyncState.NOT_SYNCED, None),
        ("02025105a6", SyncId.STATUS, None, None),
        ("020151ac", SyncId.STATUS, None, None),
        ("02020300f9", SyncId.ACKNOWLEDGE, None, True),
        ("02020301f8", SyncId.ACKNOWLEDGE, None, False),
        ("02025000ac", SyncId.STOP_RESULT, None, True),
        ("020103fa", SyncId.ACKNOWLEDGE, None, None),
        ("02017786", None, None, None),
        ("01015103", None, None, None),
    ],
)
def test_what_the_sensor_answers(
    frame: str, identifier: SyncId | None, state: SyncState | None, succeeded: bool | None
) -> None:
    body = bytes.fromhex(frame)[:-1]
    message = decode_message(body + bytes((-sum(body) & 0xFF,)))
    assert (message.sync_id, message.sync_state, message.succeeded) == (identifier, state, succeeded)


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("0201fd", (Damage.TOO_SHORT, 3)),
        ("020208f4", (Damage.LENGTH_FIELD, 1)),
        ("020108f6", (Damage.CHECKSUM, 3)),
        ("040108f3", (Damage.UNKNOWN_CODE, 0)),
        ("00" * 161, (Damage.TOO_LONG, 160)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("movella_dot_message.message", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    longest = Message(subsystem=Subsystem.RECORDING, content=bytes(157))
    assert len(encode_message(longest)) == 160
    does_not_fit("movella_dot_message.message", Message(subsystem=Subsystem.RECORDING, content=b""))
    does_not_fit("movella_dot_message.message", Message(subsystem=Subsystem.RECORDING, content=bytes(158)))
