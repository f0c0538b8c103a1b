"""How the page looks and behaves: sizes, contrast, keys, reduced motion, offline start, clocks, languages."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.page import CHROMIUM, Screen, chromium, clinic_at, open_screen
from tests.support.stations import station_at, until

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FRESH = "() => document.querySelector('.tile') !== null && !document.querySelector('.tile[data-broken]')"
SMALL = """() => [...document.querySelectorAll('button, select, input')].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.width > 0 && (box.height < 44 || box.width < 44);
}).map((each) => each.outerHTML.slice(0, 90))"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def axe_problems(screen: Screen) -> list[str]:
    # In a world of its own: the policy of the page stays as it is.
    session = await screen.page.context.new_cdp_session(screen.page)
    tree = await session.send("Page.getFrameTree")
    frame = tree["frameTree"]["frame"]["id"]
    world = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
    where = {"contextId": world["executionContextId"], "awaitPromise": True, "returnByValue": True}
    await session.send("Runtime.evaluate", {"expression": AXE.read_text() + ";0", **where})
    run = "axe.run({resultTypes: ['violations', 'incomplete']}).then((r) => JSON.stringify(r))"
    answer = await session.send("Runtime.evaluate", {"expression": run, **where})
    found = json.loads(answer["result"]["value"])
    return [
        f"{each['id']}: {node['html'][:120]}"
        for kind in ("violations",)
        for each in found[kind]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("width", [320, 393, 1280])
async def test_it_fits_and_can_be_touched_and_read(tmp_path: Path, width: int) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(
            browser, clinic.links["therapist-1"], viewport={"width": width, "height": 800}
        )
        await screen.until(FRESH)
        await station.say()
        await screen.page.wait_for_selector(".alert")
        assert await screen.page.evaluate(WIDE) <= 0
        assert await screen.page.evaluate(SMALL) == []
        ack = await (await screen.page.query_selector(".ack")).bounding_box()  # type: ignore[union-attr]
        assert ack["height"] >= 56  # type: ignore[index]
        assert await axe_problems(screen) == []
        await screen.page.click(".tile-open")
        await asyncio.sleep(1.5)
        assert await screen.page.evaluate(WIDE) <= 0
        assert await screen.page.evaluate(SMALL) == []
        assert await axe_problems(screen) == []


async def test_flashing_is_at_the_standards_rates_and_stops_for_those_who_ask(tmp_path: Path) -> None:
    rate = """() => { const style = getComputedStyle(document.querySelector('.alert .priority'));
      return [style.animationName, parseFloat(style.animationDuration)]; }"""
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"])
        await station.say()
        await screen.page.wait_for_selector(".alert")
        name, seconds = await screen.page.evaluate(rate)
        assert name == "call-high"
        assert 1.4 <= 1 / seconds <= 2.8
        await screen.page.emulate_media(reduced_motion="reduce")
        name, _ = await screen.page.evaluate(rate)
        assert name == "none"


async def test_keys_alone_acknowledge(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"], begin=False)
        await screen.page.wait_for_selector("#begin-watch")
        await screen.page.focus("#begin-watch")
        await screen.page.keyboard.press("Enter")
        await screen.until(FRESH)
        await station.say()
        await screen.page.wait_for_selector(".alert")
        await asyncio.sleep(2)
        for _ in range(12):
            await screen.page.keyboard.press("Tab")
            if await screen.page.evaluate("() => document.activeElement.className === 'ack'"):
                break
        await screen.page.keyboard.press("Space")
        await until(lambda: station.commands, within_s=10)
        assert station.commands[0].verb == "acknowledge"


async def test_it_starts_without_a_network_and_can_be_installed(tmp_path: Path) -> None:
    from playwright.async_api import async_playwright

    async with clinic_at(tmp_path) as clinic, async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        try:
            page = await context.new_page()
            screen = Screen(page=page, problems=[], told=[])
            await page.goto(clinic.url)
            await page.wait_for_selector("#password")
            await screen.until("() => navigator.serviceWorker.controller !== null")
            session = await context.new_cdp_session(page)
            errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
            assert errors == []
            await context.set_offline(True)
            await page.reload()
            await page.wait_for_selector("h1")
            assert await page.inner_text("h1") == "No network"
            assert screen.problems == []
        finally:
            await context.close()


@pytest.mark.parametrize("off_s", [-60, 60])
async def test_a_wrong_clock_is_said_and_commands_are_still_in_time(tmp_path: Path, off_s: int) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.url, begin=False)
        # The station's clock of these tests is days away from this one: a device that is far off.
        await screen.page.add_init_script(f"const now = Date.now; Date.now = () => now() + {off_s * 1000};")
        await screen.page.goto("about:blank")
        await screen.page.goto(clinic.links["therapist-1"])
        await screen.begin()
        await screen.until("() => !document.getElementById('mark-clock').hidden")
        await station.say()
        await screen.page.wait_for_selector(".ack")
        await asyncio.sleep(2)
        await screen.page.click(".ack")
        await until(lambda: station.commands, within_s=10)


async def test_it_speaks_german(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"], locale="de-DE")
        await screen.until(FRESH)
        await station.say(condition="spo2_sudden")
        await screen.page.wait_for_selector(".alert")
        assert "SpO₂: Stopp 84 % (Grenze 85)" in await screen.page.inner_text(".alert h3")
        assert await screen.page.inner_text(".ack") == "Bestätigen"
