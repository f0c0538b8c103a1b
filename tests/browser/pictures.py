"""Draws the pictures of docs/page.md: `python -m tests.browser.pictures` from the clone's root."""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from tests.support.many_stations import clinic_of_many, say, speaking
from tests.support.page import chromium, open_screen

OUT = Path("docs/pictures")
SIZES = {"phone": (393, 851), "tablet": (1024, 768), "desktop": (1440, 900)}
ALERTS = {
    1: {
        "alert_id": "G2-1",
        "priority": "high",
        "message": "SpO2 84 %, below 85 %",
        "advice": "Stop now. Therapist to the patient.",
        "condition": "spo2_sudden",
        "value": 84.0,
        "unit": "%",
        "limit": 85.0,
    },
    3: {
        "alert_id": "G4-1",
        "priority": "medium",
        "message": "Heart rate 134 /min, above 132 /min",
        "advice": "Pause; check the patient within a minute.",
        "condition": "heart_rate_high",
        "value": 134.0,
        "unit": "/min",
        "limit": 132.0,
    },
    4: {
        "alert_id": "T4-1",
        "priority": "low",
        "kind": "technical",
        "message": "Battery of strap at 17 %",
        "advice": "Change or charge it before the next set.",
        "condition": "battery_low",
        "value": 17.0,
        "unit": "%",
        "limit": 20.0,
    },
}


async def therapist(folder: Path) -> None:
    async with (
        clinic_of_many(folder) as (broker, link),
        speaking(broker, 9) as (connection, stations),
        chromium() as browser,
    ):
        screens = {
            name: await open_screen(browser, link, viewport={"width": width, "height": height})
            for name, (width, height) in SIZES.items()
        }
        for screen in screens.values():
            await screen.until("() => document.querySelectorAll('.tile').length === 9")
        for number, fields in ALERTS.items():
            await say(connection, stations[number].alert(seq=1, **fields))
        one = stations[0]
        for number, range_deg in enumerate((81.2, 83.0, 82.4, 79.9, 84.1, 80.6), start=1):
            await say(connection, one.repetition(number, range_deg))
        await say(
            connection,
            one.entry(entry="rating", subject="rpe", number=13.0),
            one.entry(entry="rating", subject="pain", number=2.0),
            one.entry(entry="note", text="left knee warm after set 1"),
            one.entry(entry="posture", subject="sitting"),
        )
        await asyncio.sleep(75)
        for name, screen in screens.items():
            page = screen.page
            await page.screenshot(path=OUT / f"board-{name}.png")
            await page.screenshot(path=OUT / f"feed-{name}.png", clip=await clip_of(page, "#feed"))
            await page.click(".tile-open[aria-label$='room-1']")
            await asyncio.sleep(2)
            await page.evaluate("() => document.getElementById('session').scrollIntoView()")
            await asyncio.sleep(0.3)
            await page.screenshot(path=OUT / f"session-{name}.png")


async def clip_of(page: object, selector: str) -> dict[str, float]:
    box = await (await page.query_selector(selector)).bounding_box()  # type: ignore[attr-defined]
    size = page.viewport_size  # type: ignore[attr-defined]
    return {
        "x": max(0, box["x"] - 12),
        "y": max(0, box["y"] - 8),
        "width": min(box["width"] + 24, size["width"] - max(0, box["x"] - 12)),
        "height": min(box["height"] + 20, size["height"] - box["y"] + 8),
    }


async def bedside() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor.cli.main", "demo", "--page"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        found = None
        while found is None:
            found = re.search(r"page for assistant: (\S+)", (await process.stderr.readline()).decode())
        async with chromium() as browser:
            screens = {
                name: await open_screen(browser, found[1], viewport={"width": width, "height": height})
                for name, (width, height) in SIZES.items()
            }
            first = screens["tablet"]
            await first.until(
                "() => Number(document.getElementById('huge-repetition').textContent) >= 5", within_s=280
            )
            for name, screen in screens.items():
                await screen.page.screenshot(path=OUT / f"bedside-{name}.png")
    finally:
        process.kill()
        await process.wait()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.gather(therapist(Path(folder)), bedside())


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    asyncio.run(main())
