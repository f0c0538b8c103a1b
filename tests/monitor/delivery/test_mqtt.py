"""The one connection, through the real client library, against a broker whose faults are planted."""

import asyncio
import dataclasses
import gc
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker, Tls
from monitor.delivery.errors import (
    BrokerRefusedError,
    BrokerUnreachableError,
    ConnectionLostError,
    DeliveryError,
)
from monitor.delivery.mqtt import Connection, Incoming, Will
from tests.support.certificates import authority_and_broker
from tests.support.mqtt_broker import Message, MqttBroker, mqtt_broker
from tests.support.stations import login, running, until
from tests.support.virtual_time import in_virtual_time


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No complaint of asyncio about an exception that nobody looked at."""
    yield
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def first(stream: AsyncIterator[Incoming]) -> Incoming:
    return await anext(stream)


@in_virtual_time
async def test_what_is_published_arrives() -> None:
    async with (
        mqtt_broker() as broker,
        mqtt.connected(login(broker, "a")(), client_id="one") as one,
        mqtt.connected(login(broker, "b")(), client_id="other") as other,
    ):
        await other.subscribe({"x/#": 1, "y": 0})
        await one.publish("x/1", b"payload", qos=1)
        await one.publish("y", b"", qos=0)
        stream = other.incoming()
        assert await first(stream) == Incoming(topic="x/1", payload=b"payload", is_retained=False)
        assert await first(stream) == Incoming(topic="y", payload=b"", is_retained=False)
        broker.deliver("x/2", b"kept", retain=True)
        assert (await first(stream)).is_retained
    assert broker.logins == [("a", "p"), ("b", "p")]
    assert broker.clients == {}


@in_virtual_time
async def test_a_will_is_sent_when_we_are_gone_and_not_when_we_leave() -> None:
    will = Will(topic="status", payload=b"lost")
    async with mqtt_broker() as broker:
        async with mqtt.connected(login(broker)(), client_id="one", will=will):
            pass
        assert broker.published == []
        async with mqtt.connected(login(broker)(), client_id="one", will=will):
            broker.drop_all()
            await until(lambda: broker.published)
        assert broker.published == [Message("status", b"lost", 1, True)]


@pytest.mark.usefixtures("quiet")
@in_virtual_time
async def test_a_broken_connection_is_told_to_whoever_waits() -> None:
    async with mqtt_broker() as broker:
        async with mqtt.connected(login(broker)(), client_id="one") as one:
            broker.drop_all()
            with pytest.raises(ConnectionLostError, match=r"127\.0\.0\.1"):
                await first(one.incoming())
            with pytest.raises(ConnectionLostError):
                await one.publish("x", b"", qos=1)
        async with mqtt.connected(login(broker)(), client_id="two"):
            broker.drop_all()
            await until(lambda: not broker.clients)  # and nobody was reading


@in_virtual_time
async def test_a_broker_that_does_not_acknowledge_is_gone() -> None:
    async with mqtt_broker() as broker, mqtt.connected(login(broker)(), client_id="one") as one:
        broker.acknowledges = False
        before = asyncio.get_running_loop().time()
        with pytest.raises(ConnectionLostError, match="timed out"):
            await one.publish("x", b"", qos=1)
        assert asyncio.get_running_loop().time() - before == pytest.approx(mqtt.ANSWER_WITHIN_S, abs=0.5)


@pytest.mark.usefixtures("quiet")
@in_virtual_time
async def test_refusals() -> None:
    async with mqtt_broker() as broker:
        broker.connack_code = 5
        with pytest.raises(BrokerRefusedError) as caught:
            async with mqtt.connected(login(broker)(), client_id="one"):
                raise AssertionError("must not get here")
        assert caught.value.address == f"127.0.0.1:{broker.port}"
        assert "uthori" in caught.value.reason
        broker.connack_code = 0
        broker.suback_failure = True
        async with mqtt.connected(login(broker)(), client_id="one") as one:
            with pytest.raises(BrokerRefusedError, match="may not subscribe to x/#"):
                await one.subscribe({"x/#": 1})


@pytest.mark.usefixtures("quiet")
@in_virtual_time
async def test_nobody_there() -> None:
    async with mqtt_broker() as broker:
        address = login(broker)()
    with pytest.raises(BrokerUnreachableError, match="refused"):
        async with mqtt.connected(address, client_id="one"):
            raise AssertionError("must not get here")


@pytest.mark.usefixtures("quiet")
@in_virtual_time
async def test_a_broker_that_keeps_silent() -> None:
    async with mqtt_broker() as broker:
        broker.answers_connect = False
        with pytest.raises(BrokerUnreachableError, match="timed out"):
            async with mqtt.connected(login(broker)(), client_id="one"):
                raise AssertionError("must not get here")


@pytest.mark.usefixtures("quiet")
@in_virtual_time
async def test_cancelled_while_connecting_nothing_stays_open() -> None:
    async with mqtt_broker() as broker:
        broker.answers_connect = False

        async def connect() -> None:
            async with mqtt.connected(login(broker)(), client_id="one"):
                raise AssertionError("must not get here")

        task = asyncio.create_task(connect())
        await until(lambda: broker.logins)
        before = asyncio.get_running_loop().time()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() - before < 1  # nobody waits for an answer that is not coming
        broker.answers_connect = True
        async with running(connect_and_stay(broker)):
            await until(lambda: "two" in broker.clients)
        await until(lambda: not broker.clients)


async def connect_and_stay(broker: MqttBroker) -> None:
    async with mqtt.connected(login(broker)(), client_id="two"):
        await asyncio.Event().wait()


@in_virtual_time
async def test_cancelled_between_connect_and_use() -> None:
    async with mqtt_broker() as broker:
        task = asyncio.create_task(connect_and_stay(broker))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not broker.clients)


def attempts(
    broker: Callable[[], Broker], instants: list[float], problems: list[str]
) -> "asyncio.Task[None]":
    async def use(connection: Connection) -> None:
        instants.append(asyncio.get_running_loop().time())
        async for _ in connection.incoming():
            pass

    return asyncio.create_task(mqtt.keep_connected(broker, use, client_id="one", on_problem=problems.append))


@in_virtual_time
async def test_reconnecting_is_quick_at_first_and_patient_later() -> None:
    asked: list[float] = []

    def nowhere() -> Broker:
        asked.append(asyncio.get_running_loop().time())
        raise BrokerUnreachableError("b:1", "test")

    problems: list[str] = []
    task = attempts(nowhere, [], problems)
    await until(lambda: len(asked) == 8)
    task.cancel()
    waits = [round(later - earlier, 2) for earlier, later in pairwise(asked)]
    assert waits == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert problems[0] == "no MQTT broker answers at b:1 (test)"


@in_virtual_time
async def test_a_refusal_is_not_asked_again_at_once() -> None:
    async with mqtt_broker() as broker:
        broker.connack_code = 5
        problems: list[str] = []
        connected: list[float] = []
        task = attempts(login(broker), connected, problems)
        await until(lambda: len(broker.logins) == 2)
        assert asyncio.get_running_loop().time() > mqtt.REFUSED_RETRY_AFTER_S
        assert "refuses" in problems[0]
        broker.connack_code = 0
        await until(lambda: connected)
        task.cancel()


@in_virtual_time
async def test_a_connection_that_breaks_is_made_again_at_once() -> None:
    async with mqtt_broker() as broker:
        connected: list[float] = []
        problems: list[str] = []
        task = attempts(login(broker), connected, problems)
        for number in range(1, 4):
            await until(lambda number=number: len(connected) == number)
            await asyncio.sleep(100)
            broker.drop_all()
            dropped = asyncio.get_running_loop().time()
        await until(lambda: len(connected) == 4)
        assert connected[-1] - dropped < 1.0
        task.cancel()


@in_virtual_time
async def test_who_has_had_enough_may_return() -> None:
    async def use(_: Connection) -> None:
        return

    async with mqtt_broker() as broker:
        await mqtt.keep_connected(login(broker), use, client_id="one")
        assert len(broker.logins) == 1


@in_virtual_time
async def test_the_clock_is_held_while_an_answer_is_awaited() -> None:
    held = 0
    seen: list[int] = []

    @contextmanager
    def hold() -> Iterator[None]:
        nonlocal held
        held += 1
        yield
        held -= 1

    async with mqtt_broker() as broker:
        broker.loses = lambda _: seen.append(held) or False  # type: ignore[func-returns-value]
        async with mqtt.connected(login(broker)(), client_id="one", hold=hold) as one:
            assert held == 0
            await one.publish("x", b"", qos=1)
            await one.subscribe({"x": 0})
            assert held == 0
        assert (seen, held) == ([1], 0)


async def test_tls_files_that_cannot_be_used(tmp_path: Path) -> None:
    junk = tmp_path / "ca.pem"
    junk.write_text("no certificate")
    for tls in (Tls(ca_file=tmp_path / "missing.pem"), Tls(ca_file=junk), Tls(certificate_file=junk)):
        with pytest.raises(BrokerUnreachableError, match="TLS files"):
            async with mqtt.connected(Broker(host="127.0.0.1", port=1, tls=tls), client_id="one"):
                raise AssertionError("must not get here")


async def test_over_tls_with_the_clinics_own_authority(tmp_path: Path) -> None:
    authority, certificate = authority_and_broker(tmp_path)
    (tmp_path / "other").mkdir()
    another_authority, _ = authority_and_broker(tmp_path / "other")
    _, for_another_address = authority_and_broker(tmp_path / "other", address="127.0.0.2")
    broker = MqttBroker()
    broker.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    broker.tls.load_cert_chain(certificate)
    await broker.start()
    address = dataclasses.replace(login(broker)(), tls=Tls(ca_file=authority))
    async with mqtt.connected(address, client_id="one") as connection:
        await connection.subscribe({"x": 1})
        await connection.publish("x", b"secret", qos=1)
        assert (await first(connection.incoming())).payload == b"secret"
    stranger = dataclasses.replace(address, tls=Tls(ca_file=another_authority))
    with pytest.raises(BrokerUnreachableError, match="certificate verify failed"):
        async with mqtt.connected(stranger, client_id="one"):
            raise AssertionError("must not get here")
    await broker.stop()
    broker.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    broker.tls.load_cert_chain(for_another_address)
    await broker.start()
    misnamed = dataclasses.replace(address, tls=Tls(ca_file=tmp_path / "other" / "ca.pem"))
    with pytest.raises(BrokerUnreachableError, match="certificate is not valid for"):
        async with mqtt.connected(misnamed, client_id="one"):
            raise AssertionError("must not get here")
    await broker.stop()


async def test_tls_is_verified_and_not_old() -> None:
    context = mqtt._tls_context(Broker(host="127.0.0.1", port=1, tls=Tls()))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_errors_are_one_family() -> None:
    for error in (BrokerRefusedError("b", "r"), BrokerUnreachableError("b", "r"), ConnectionLostError("l")):
        assert isinstance(error, DeliveryError)
    logging.getLogger(mqtt.__name__)
