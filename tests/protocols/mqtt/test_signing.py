import hashlib
import hmac

import pytest

from protocols.mqtt import wire
from protocols.mqtt.commands import Acknowledge
from protocols.mqtt.signing import is_signed, signed

KEY = bytes(range(32))
TOPIC = "kinewatch/v1/north/room-2/s/s7f3/cmd/ack"
ORDER = Acknowledge(cmd_id="c1", expires_at="2026-11-22T03:00:00.123Z", actor="therapist-1", alert_id="G2-1")


def test_the_signature_is_the_standards() -> None:
    unsigned = (
        b'{"actor":"therapist-1","alert_id":"G2-1","cmd_id":"c1","expires_at":"2026-11-22T03:00:00.123Z",'
        b'"signature":"","v":1,"verb":"ack"}'
    )
    expected = hmac.new(KEY, TOPIC.encode() + b"\n" + unsigned, hashlib.sha256).hexdigest()
    assert signed(ORDER, topic=TOPIC, key=KEY).signature == expected


def test_a_signed_command_survives_the_wire() -> None:
    order = signed(ORDER, topic=TOPIC, key=KEY)
    assert is_signed(wire.decode_command("ack", wire.encode(order)), topic=TOPIC, key=KEY)
    assert signed(order, topic=TOPIC, key=KEY) == order


def test_whatever_is_changed_breaks_it() -> None:
    order = signed(ORDER, topic=TOPIC, key=KEY)
    changed = [
        order.model_copy(update={name: value})
        for name, value in {
            "cmd_id": "c2",
            "actor": "therapist-2",
            "alert_id": "G2-2",
            "expires_at": "2026-11-22T04:00:00.123Z",
            "signature": "",
        }.items()
    ]
    assert not any(is_signed(other, topic=TOPIC, key=KEY) for other in changed)
    assert not is_signed(order, topic=TOPIC.replace("s7f3", "s7f4"), key=KEY)
    assert not is_signed(order, topic=TOPIC, key=bytes(32))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        signed(ORDER, topic=TOPIC, key=b"short")
