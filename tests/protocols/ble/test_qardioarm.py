from protocols.ble.codec.errors import Damage
from protocols.ble.qardioarm import Command, encode_command
from tests.support.refusals import refused


def test_the_cuff_can_be_stopped_and_not_started() -> None:
    assert [encode_command(command).hex() for command in Command] == ["f102"]
    assert refused("qardioarm.command", "f101") == (Damage.UNKNOWN_CODE, 0)
    assert refused("qardioarm.command", "f1") == (Damage.TOO_SHORT, 1)
