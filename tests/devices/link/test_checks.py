"""What ends a visit, and which of several failures explains the rest."""

import asyncio
import logging

import pytest

from devices.drivers.driver import DeviceConfig
from devices.drivers.heart_rate import HeartRateStrap
from devices.errors import LinkDroppedError, LinkTimeoutError, PairingError, UnexpectedLinkError
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.checks import as_long_as_it_stands, guarded
from devices.link.connection import Connection, ConsumerError
from protocols.ble.battery import decode_level
from tests.devices.links import Taken, running
from tests.support.products import cuff, heart_rate
from tests.support.scripted_link import Air, live, until
from tests.support.virtual_time import in_virtual_time, now_ns

STRAP = HeartRateStrap(DeviceConfig(device="strap", family="heart_rate"))


def connection() -> Connection:
    return Connection(device="strap", data=frozenset(), on_input=print, now_ns=now_ns)


async def fail(error: BaseException) -> None:
    raise error


@in_virtual_time
async def test_a_block_that_ends_takes_its_tasks_with_it() -> None:
    forever = asyncio.Event()
    async with as_long_as_it_stands(connection()) as spawn:
        spawn(_wait(forever), "forever")
        await asyncio.sleep(1.0)
    assert forever.is_set()


async def _wait(ended: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


async def _stand(one: Connection, *tasks: BaseException) -> None:
    async with as_long_as_it_stands(one) as spawn:
        for error in tasks:
            spawn(fail(error), "task")
        await asyncio.sleep(3600.0)


@in_virtual_time
async def test_a_drop_ends_the_block() -> None:
    one = connection()
    asyncio.get_running_loop().call_later(1.0, one.drop, LinkDroppedError("gone"))
    with pytest.raises(LinkDroppedError, match="gone"):
        await _stand(one)
    assert now_ns() == 1e9


@pytest.mark.parametrize(
    ("errors", "foremost"),
    [
        ((LinkDroppedError("a"), PairingError("b")), PairingError),
        ((LinkDroppedError("a"), ConsumerError("strap", OSError())), ConsumerError),
        ((ExceptionGroup("g", [LinkTimeoutError("read", 1.0)]),), LinkTimeoutError),
        ((ZeroDivisionError(),), ZeroDivisionError),
    ],
)
@in_virtual_time
async def test_the_failure_that_explains_the_rest(
    errors: tuple[Exception, ...], foremost: type[Exception]
) -> None:
    with pytest.raises(foremost):
        await _stand(connection(), *errors)


@in_virtual_time
async def test_a_failure_keeps_its_cause() -> None:
    error = LinkDroppedError("gone")
    error.__cause__ = EOFError()
    with pytest.raises(LinkDroppedError) as failure:
        await _stand(connection(), error)
    assert isinstance(failure.value.__cause__, EOFError)


@in_virtual_time
async def test_a_defect_of_a_driver_is_logged_and_costs_its_own_link_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(UnexpectedLinkError, match="ZeroDivisionError"):
        await guarded(fail(ZeroDivisionError("a defect")), STRAP)
    assert caplog.records[0].exc_info is not None


@in_virtual_time
async def test_an_answer_that_cannot_be_read_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    async def read() -> None:
        decode_level(b"")

    with pytest.raises(UnexpectedLinkError, match="could not be read"):
        await guarded(read(), STRAP)
    assert not caplog.records


class RefusesEvents(Taken):
    """A consumer that fails at one state."""

    def __init__(self, state: LinkState) -> None:
        super().__init__()
        self._state = state

    def __call__(self, one: Frame | LinkEvent) -> None:
        super().__call__(one)
        if isinstance(one, LinkEvent) and one.state is self._state:
            raise OSError("no space left")


@pytest.mark.parametrize("state", [LinkState.SEARCHING, LinkState.CONNECTING, LinkState.LIVE, LinkState.LOST])
@in_virtual_time
async def test_a_consumer_that_fails_at_an_event_ends_the_link(state: LinkState) -> None:
    strap = heart_rate()
    taken = RefusesEvents(state)

    async def session() -> None:
        async with running(Air(strap.device), strap.config, taken=taken):
            await asyncio.sleep(60.0)

    with pytest.raises(ExceptionGroup) as failure:
        await session()
    assert [str(one) for one in failure.value.exceptions] == ["no space left"]
    assert taken.states[-1] is state
    assert strap.device.client is None


@in_virtual_time
async def test_a_cuff_that_speaks_at_once_and_hangs_up_before_its_clock_is_set_has_completed() -> None:
    product = cuff()

    def hand_over() -> None:
        product.talk()
        product.device.advertising = False
        product.device.drop()

    product.device.characteristics[product.stream].subscribed = hand_over
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: taken.states.count(LinkState.SEARCHING) == 2)
        assert LinkState.LIVE not in taken.states
        assert taken.events[-1].reason == "complete: 1 data frames"


@in_virtual_time
async def test_a_cuff_that_hangs_up_without_a_word_before_it_is_asked_has_failed() -> None:
    product = cuff()
    product.device.characteristics[product.stream].on_subscribe = ["drop"]
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        assert taken.states.count(LinkState.BACKING_OFF) == 1


@in_virtual_time
async def test_cancelling_a_connect_leaves_nothing_half_made() -> None:
    strap = heart_rate()
    strap.device.on_connect = ["hang"]
    strap.device.on_disconnect_hang = True
    async with running(Air(strap.device), strap.config) as (link, _):
        await until(lambda: link.state is LinkState.CONNECTING)
        await asyncio.sleep(1.0)
    assert strap.device.operations("disconnect")
