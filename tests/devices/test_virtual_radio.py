"""The links over real GATT: bleak, our client backend, bumble on both sides of the virtual air."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from devices.adapter.radio import Radio
from devices.adapter.scanner import Scanner
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.supervisor import SupervisedLink
from simulators.radio.air import VirtualRadio
from tests.devices.links import Taken
from tests.support.metronome import COUNTS, Metronome, MetronomeDriver, config_of
from tests.support.scripted_link import live, until
from tests.support.virtual_time import in_virtual_time, now_ns

SIXTEEN = 16


@asynccontextmanager
async def linked(
    air: VirtualRadio, metronomes: Sequence[Metronome], taken: Taken
) -> AsyncIterator[list[SupervisedLink]]:
    """A link to each, over that air."""
    discovery = Scanner(
        Radio(air.client_backend, air.scanner_backend), now_ns=now_ns, unit_random=lambda: 0.0
    )
    links = []
    for metronome in metronomes:
        await air.add(metronome)
        config = config_of(metronome)
        links.append(
            SupervisedLink(config, MetronomeDriver(config), discovery, taken, now_ns, unit_random=lambda: 0.0)
        )
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(discovery.run()), *(group.create_task(link.run()) for link in links)]
        try:
            yield links
        finally:
            for task in tasks:
                task.cancel()


def metronomes(count: int, rate_hz: float = 100.0) -> list[Metronome]:
    return [Metronome(name=f"m{n}", address=f"C0:00:00:00:01:{n:02X}", rate_hz=rate_hz) for n in range(count)]


class Counted(Taken):
    """Keeps the numbers only: a hundred thousand frames are not needed whole."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, list[int]] = defaultdict(list)

    def __call__(self, one: Frame | LinkEvent) -> None:
        if isinstance(one, Frame) and one.characteristic == COUNTS:
            self.numbers[one.device].append(int.from_bytes(one.payload[:4], "little"))
        else:
            super().__call__(one)


@pytest.mark.untraced
@in_virtual_time
async def test_sixteen_links_at_100_hz_for_a_minute_lose_nothing() -> None:
    counted = Counted()
    many = metronomes(SIXTEEN)
    async with VirtualRadio(3) as air, linked(air, many, counted) as links:
        for link in links:
            await live(link)
        begin = {metronome.name: metronome.sent for metronome in many}
        await asyncio.sleep(60.0)
        during = {metronome.name: metronome.sent - begin[metronome.name] for metronome in many}
        await asyncio.sleep(0.2)
        assert all(count == pytest.approx(6000, abs=2) for count in during.values())
        assert [metronome.notifications_lost for metronome in many] == [0] * SIXTEEN
        for metronome in many:
            received = counted.numbers[metronome.name]
            assert received == list(range(len(received)))
            assert len(received) >= begin[metronome.name] + during[metronome.name]
        assert not {LinkState.LOST, LinkState.BACKING_OFF} & set(counted.states)


@in_virtual_time
async def test_a_device_carried_out_of_range_is_lost_and_comes_back_without_a_doubled_frame() -> None:
    counted = Counted()
    (metronome,) = metronomes(1, rate_hz=20.0)
    async with VirtualRadio(4) as air, linked(air, [metronome], counted) as (link,):
        await live(link)
        await asyncio.sleep(5.0)
        air.set_in_range(metronome.address, False)
        gone_ns = now_ns()
        await until(lambda: link.state is LinkState.LOST or LinkState.LOST in counted.states)
        # The driver's own limit, not the four seconds of the link's supervision.
        assert now_ns() - gone_ns < 2.3e9
        await asyncio.sleep(30.0)
        assert link.state in (LinkState.SEARCHING, LinkState.BACKING_OFF, LinkState.CONNECTING)
        air.set_in_range(metronome.address, True)
        await until(lambda: link.state is LinkState.LIVE)
        await asyncio.sleep(5.0)
        received = counted.numbers[metronome.name]
        assert len(set(received)) == len(received)
        assert received == sorted(received)
        assert link.health().reconnects == 1


@in_virtual_time
async def test_a_device_that_is_switched_off_and_on_again() -> None:
    counted = Counted()
    (metronome,) = metronomes(1, rate_hz=10.0)
    async with VirtualRadio(5) as air, linked(air, [metronome], counted) as (link,):
        await live(link)
        await air.remove(metronome.address)
        await until(lambda: link.state is LinkState.SEARCHING)
        await asyncio.sleep(600.0)
        await air.add(metronome)
        await until(lambda: link.state is LinkState.LIVE)
        assert link.health().reconnects == 1


@in_virtual_time
async def test_a_session_on_the_virtual_radio_is_the_same_each_time() -> None:
    async def session() -> list[Frame | LinkEvent]:
        taken = Taken()
        async with VirtualRadio(6) as air, linked(air, metronomes(3, rate_hz=10.0), taken) as links:
            for link in links:
                await live(link)
            air.drop_link("C0:00:00:00:01:01")
            await asyncio.sleep(20.0)
        return taken.inputs

    first_ns = now_ns()
    first = await session()
    second_ns = now_ns()
    second = await session()
    assert [_shifted(one, first_ns) for one in first] == [_shifted(one, second_ns) for one in second]
    assert len(first) > 500


def _shifted(one: Frame | LinkEvent, begin_ns: int) -> tuple[object, ...]:
    rest = one.payload if isinstance(one, Frame) else (one.state, one.reason, one.rssi_dbm)
    # To the microsecond: the two sessions lie on different places of a floating-point clock.
    return (one.device, round((one.received_ns - begin_ns) / 1e3), rest)
