"""How to test a bleak program that knows nothing of kinewatch: here bleakheart, which reads straps.

A minute with a patient takes a fraction of a second, and the truth is at hand (`pip install bleakheart`).
"""

import asyncio

import pytest
from bleak import BleakClient, BleakScanner

bleakheart = pytest.importorskip("bleakheart")


@pytest.mark.clock("virtual")
async def test_bleakheart_counts_the_patients_beats(bleak_on_radio, virtual_device):
    """Every beat of a minute arrives, with its interval."""
    world = virtual_device("heart_rate", role="heart_rate_strap", seed=7)
    strap = await BleakScanner.find_device_by_name(world.devices[0].local_name)
    beats = asyncio.Queue()
    async with BleakClient(strap) as client:
        heart = bleakheart.HeartRate(client, queue=beats, instant_rate=True, unpack=True)
        await heart.start_notify()
        start_s = world.elapsed_s()
        await asyncio.sleep(60.0)
    intervals_ms = [rr_ms for _, _, (_, rr_ms), _ in (beats.get_nowait() for _ in range(beats.qsize()))]
    true_s = world.body.beats.between(start_s - 1.0, world.elapsed_s())
    assert len(true_s) - 3 <= len(intervals_ms) <= len(true_s)
    assert sum(intervals_ms) / len(intervals_ms) == pytest.approx(1000 * true_s.mean(), rel=0.01)
