"""32 stations on one page, on a core that is slowed six times."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.support.many_stations import clinic_of_many, speaking
from tests.support.page import chromium, open_screen

TEN_MINUTES = pytest.param(600, marks=[pytest.mark.slow, pytest.mark.timeout(800)])


@pytest.mark.parametrize("seconds", [25, TEN_MINUTES])
async def test_32_stations_cost_a_fifth_of_a_slowed_core_and_no_memory(tmp_path: Path, seconds: int) -> None:
    async with (
        clinic_of_many(tmp_path) as (broker, link),
        speaking(broker, 32),
        chromium() as browser,
    ):
        screen = await open_screen(browser, link, viewport={"width": 393, "height": 851})
        await screen.until("() => document.querySelectorAll('.tile').length === 32")
        session = await screen.page.context.new_cdp_session(screen.page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
        await session.send("Performance.enable")
        await asyncio.sleep(10)

        async def metrics() -> dict[str, float]:
            await session.send("HeapProfiler.collectGarbage")
            answer = await session.send("Performance.getMetrics")
            return {each["name"]: each["value"] for each in answer["metrics"]}

        before = await metrics()
        await asyncio.sleep(seconds)
        after = await metrics()
        assert screen.problems == []
    passed = after["Timestamp"] - before["Timestamp"]
    share = (after["TaskDuration"] - before["TaskDuration"]) / passed
    growth = after["JSHeapUsedSize"] / before["JSHeapUsedSize"] - 1
    sys.stdout.write(json.dumps({"s": passed, "task_share": share, "heap_growth": growth}) + "\n")
    assert share < 0.20
    assert growth < 0.05
