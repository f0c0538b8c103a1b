"""Faults between the sensor and the air: each alone, together, seeded, and gone afterwards."""

import asyncio
import itertools
import statistics

import pytest
from bleak import BleakClient, BleakScanner

from simulators.faults.schedule import Fault, Scheduled, inject, play
from simulators.faults.values import (
    ClockDrift,
    ClockStep,
    Corrupt,
    Delay,
    Duplicate,
    Freeze,
    Loss,
    Reorder,
    Truncate,
)
from simulators.radio.air import VirtualRadio
from simulators.radio.errors import UnknownPeripheralError
from tests.simulators.radio.virtual_sensors import RECORDS, VALUES, Recorder, Streamer

pytestmark = pytest.mark.clock("virtual")

ADDRESS = Streamer().address


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def received(*faults: Fault, seed: int = 1, duration_s: float = 20.0) -> list[bytes]:
    """What a client gets of a stream of consecutive numbers while the faults hold."""
    async with VirtualRadio(seed) as radio:
        await radio.add(Streamer())
        values: list[bytes] = []
        device = await BleakScanner.find_device_by_name("Streamer", backend=radio.scanner_backend)
        assert device is not None
        async with BleakClient(device, backend=radio.client_backend) as client, inject(radio, *faults):
            await client.start_notify(VALUES, lambda _, value: values.append(bytes(value)))
            await asyncio.sleep(duration_s)
        return values


def numbers(values: list[bytes]) -> list[int]:
    return [int.from_bytes(value, "little") for value in values]


def runs_of_lost(got: list[int]) -> list[int]:
    return [after - before - 1 for before, after in itertools.pairwise(got) if after - before > 1]


async def test_nothing_is_spoilt_without_a_fault() -> None:
    got = numbers(await received())
    assert got == list(range(len(got)))
    assert len(got) > 1990


@pytest.mark.parametrize(("share", "burst"), [(0.05, 1.0), (0.2, 4.0), (0.5, 10.0)])
async def test_loss_has_its_share_and_its_bursts(share: float, burst: float) -> None:
    got = numbers(await received(Loss(address=ADDRESS, share=share, burst=burst), duration_s=100.0))
    lost = runs_of_lost(got)
    assert got == sorted(got)
    assert sum(lost) / (got[-1] + 1) == pytest.approx(share, rel=0.25)
    assert statistics.mean(lost) == pytest.approx(burst, rel=0.25)


async def test_all_can_be_lost() -> None:
    assert await received(Loss(address=ADDRESS, share=1.0)) == []


async def test_duplicates() -> None:
    got = numbers(await received(Duplicate(address=ADDRESS)))
    assert got[:6] == [0, 0, 1, 1, 2, 2]
    some = numbers(await received(Duplicate(address=ADDRESS, share=0.1)))
    assert some == sorted(some)
    assert len(some) / len(set(some)) == pytest.approx(1.1, abs=0.02)


async def test_delay_keeps_the_order() -> None:
    async with VirtualRadio(1) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        heard: list[tuple[int, float]] = []
        async with BleakClient(sensor.address, backend=radio.client_backend) as client:
            async with inject(radio, Delay(address=ADDRESS, delay_s=0.5, jitter_s=0.3)):
                await client.start_notify(
                    VALUES, lambda _, v: heard.append((int.from_bytes(v, "little"), now_s()))
                )
                await asyncio.sleep(10.0)
            await asyncio.sleep(1.0)
    # Those held at the end come after the first ones that nobody held any more.
    assert [number for number, _ in heard[:900]] == list(range(900))
    held = [at - sensor.sent_at_s[number] for number, at in heard[:900]]
    assert min(held) >= 0.5
    assert max(held) <= 0.5 + 0.3 + 0.05


async def test_reordered_values_change_places_with_the_next() -> None:
    got = numbers(await received(Reorder(address=ADDRESS, share=0.2)))
    assert got != sorted(got)
    assert set(got) >= set(range(len(got) - 1))
    assert max(abs(number - place) for place, number in enumerate(got)) == 1


async def test_corrupt_flips_the_bits_it_says() -> None:
    got = await received(Corrupt(address=ADDRESS, share=0.5, bits=2))
    flipped = [(number ^ int.from_bytes(value, "little")).bit_count() for number, value in enumerate(got)]
    assert set(flipped) == {0, 2}
    assert flipped.count(2) / len(flipped) == pytest.approx(0.5, abs=0.05)


async def test_truncated_values_are_beginnings() -> None:
    got = await received(Truncate(address=ADDRESS))
    assert {len(value) for value in got} == {0, 1, 2, 3}
    assert all(number.to_bytes(4, "little").startswith(value) for number, value in enumerate(got))


async def test_a_frozen_sensor_repeats_itself() -> None:
    got = await received(Freeze(address=ADDRESS))
    assert len(got) > 1990
    assert len(set(got)) == 1


async def test_faults_act_one_after_the_other() -> None:
    got = numbers(await received(Duplicate(address=ADDRESS), Loss(address=ADDRESS, share=0.3)))
    assert got == sorted(got)
    assert len(got) == pytest.approx(2000 * 2 * 0.7, rel=0.1)


async def test_one_characteristic_alone() -> None:
    other = Loss(address=ADDRESS, share=1.0, characteristic=0x2A19)
    mine = Loss(address=ADDRESS, share=1.0, characteristic="ffe4")
    assert len(await received(other)) > 1990
    assert await received(mine) == []


async def test_the_seed_decides() -> None:
    fault = Loss(address=ADDRESS, share=0.3)
    first, again, other = [await received(fault, seed=seed, duration_s=3.0) for seed in (1, 1, 2)]
    assert first == again != other


async def test_indications_are_spoilt_too() -> None:
    async with VirtualRadio(3) as radio:
        recorder = Recorder(records=[b"abc"])
        await radio.add(recorder)
        taken: list[bytes] = []
        async with BleakClient(recorder.address, backend=radio.client_backend) as client:
            faults = (
                Duplicate(address=recorder.address),
                Delay(address=recorder.address, delay_s=2.0),
                Truncate(address=recorder.address),
            )
            async with inject(radio, *faults):
                before_s = now_s()
                await client.start_notify(RECORDS, lambda _, value: taken.append(bytes(value)))
                await asyncio.sleep(10.0)
                assert before_s + 2.0 < now_s()
        assert len(taken) == 2
        assert all(b"abc".startswith(value) and len(value) < 3 for value in taken)


async def test_values_held_back_are_forgotten_when_the_sensor_is_switched_off() -> None:
    async with VirtualRadio(4) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        values: list[bytes] = []
        async with (
            BleakClient(sensor.address, backend=radio.client_backend) as client,
            inject(radio, Delay(address=ADDRESS, delay_s=1.0)),
        ):
            await client.start_notify(VALUES, lambda _, value: values.append(bytes(value)))
            await asyncio.sleep(0.9)
            await radio.remove(sensor.address)
            await asyncio.sleep(5.0)
    assert values == []


async def test_a_drifting_clock_sends_more_often() -> None:
    async with VirtualRadio(5) as radio:
        sensor = Streamer(rate_hz=10.0)
        await radio.add(sensor)
        async with BleakClient(sensor.address, backend=radio.client_backend) as client:
            await client.start_notify(VALUES, lambda _, __: None)
            for drift_ppm, expected in ((0.0, 1000), (50_000.0, 1050), (0.0, 1000)):
                async with inject(radio, ClockDrift(address=ADDRESS, drift_ppm=drift_ppm)):
                    before, clock_before_s = sensor.sent, sensor.clock.now_s()
                    await asyncio.sleep(100.0)
                    assert sensor.sent - before == pytest.approx(expected, abs=2)
                    passed_s = sensor.clock.now_s() - clock_before_s
                    assert passed_s == pytest.approx(100.0 * (1 + drift_ppm * 1e-6))


async def test_a_stepped_clock_stays_stepped() -> None:
    async with VirtualRadio(6) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        async with inject(radio, ClockStep(address=ADDRESS, step_s=-3600.0)):
            assert sensor.clock.now_s() == pytest.approx(-3600.0, abs=0.001)
        assert sensor.clock.now_s() == pytest.approx(-3600.0, abs=0.001)


async def test_a_schedule() -> None:
    async with VirtualRadio(7) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        instants: list[float] = []
        async with BleakClient(sensor.address, backend=radio.client_backend) as client:
            await client.start_notify(VALUES, lambda _, __: instants.append(now_s()))
            start_s = now_s()
            all_lost = Loss(address=ADDRESS, share=1.0)
            frozen = Freeze(address=ADDRESS)
            await play(
                radio,
                [
                    Scheduled(fault=all_lost, at_s=2.0, for_s=3.0),
                    Scheduled(fault=all_lost, at_s=8.0, for_s=1.0),
                    Scheduled(fault=frozen, at_s=1.0),
                ],
            )
            assert now_s() - start_s == pytest.approx(9.0)
            await asyncio.sleep(1.0)
            gaps = [(a - start_s, b - start_s) for a, b in itertools.pairwise(instants) if b - a > 0.5]
            expected = [(pytest.approx(2.0, abs=0.1), pytest.approx(5.0, abs=0.1))]
            expected += [(pytest.approx(8.0, abs=0.1), pytest.approx(9.0, abs=0.1))]
            assert gaps == expected
            assert len(sensor.notification_filters) == 1


async def test_a_fault_of_nobody_is_refused() -> None:
    async with VirtualRadio(8) as radio:
        with pytest.raises(UnknownPeripheralError):
            await Loss(address="C0:00:00:00:00:00", share=0.5).begin(radio)
