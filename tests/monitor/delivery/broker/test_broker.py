import pytest

from monitor.delivery.broker.broker import Broker, Tls, broker_at


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://127.0.0.1", ("127.0.0.1", 1883, False, "tcp", "/mqtt")),
        ("mqtts://broker.clinic", ("broker.clinic", 8883, True, "tcp", "/mqtt")),
        ("mqtts://broker.clinic:1234", ("broker.clinic", 1234, True, "tcp", "/mqtt")),
        ("ws://[::1]:9001/ws", ("::1", 9001, False, "websockets", "/ws")),
        ("wss://broker.clinic", ("broker.clinic", 443, True, "websockets", "/mqtt")),
    ],
)
def test_urls(url: str, expected: tuple[object, ...]) -> None:
    broker = broker_at(url, username="station-1", password="secret")
    found = (broker.host, broker.port, broker.tls is not None, broker.transport, broker.path)
    assert found == expected
    assert (broker.username, broker.password) == ("station-1", "secret")


@pytest.mark.parametrize(
    "url",
    ["http://broker", "broker.clinic", "mqtts://", "mqtt://user:secret@broker", "mqtt://user@broker", ""],
)
def test_what_is_no_address_of_a_broker(url: str) -> None:
    with pytest.raises(ValueError, match="broker"):
        broker_at(url)


def test_the_password_is_never_shown() -> None:
    broker = Broker(host="::1", port=1883, username="u", password="secret", tls=Tls())
    assert "secret" not in repr(broker) + str(broker)
    assert broker.address == "[::1]:1883"
    assert Broker(host="b", port=1).address == "b:1"


def test_the_authority_of_a_clinic() -> None:
    tls = Tls()
    assert broker_at("mqtts://b", tls=tls).tls is tls
    assert broker_at("mqtt://b", tls=tls).tls is None
