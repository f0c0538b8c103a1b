"""The page as a person has it: a real broker, the page's server and relay, and Debian's Chromium."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.page.logins import Face, Person, new_code
from monitor.page.server import PageSettings, serving
from tests.support.brokers import RealBroker, broker_named

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM = shutil.which("chromium")
REASON = "no Chromium with Playwright here: make test-browser and tests/install-system-packages.sh have both"
IS_HERE = CHROMIUM is not None and find_spec("playwright") is not None


@dataclass
class Clinic:
    """A broker and the page that is served for it; `links` by person."""

    broker: RealBroker
    url: str
    links: dict[str, str]


@contextlib.asynccontextmanager
async def clinic_at(folder: Path, **others: Any) -> AsyncIterator[Clinic]:
    """The embedded broker with the logins of production, and the page for `therapist-1`."""
    async with broker_named("nats", folder) as broker:
        people = [
            Person(
                name="therapist-1",
                face=Face.THERAPIST,
                clinic="north",
                broker=broker.therapist,
                code=new_code(),
            )
        ]
        async with serving(PageSettings(), [*people, *others.pop("people", ())], **others) as page:
            yield Clinic(broker=broker, url=page.url, links=dict(page.links))


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator["Browser"]:
    """The browser, headless."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Screen:
    """One tab: what went wrong in it, and each alert that it has shown, by message id, in order."""

    page: "Page"
    problems: list[str]
    told: list[str]

    async def begin(self) -> None:
        """The first tap."""
        await self.page.click("#begin-watch")

    async def until(self, script: str, *, within_s: float = 20.0) -> None:
        """Wait for a function of the page to be true; the policy forbids Playwright's own way."""
        end_s = time.monotonic() + within_s
        while not await self.page.evaluate(script):
            assert time.monotonic() < end_s, script
            await asyncio.sleep(0.05)


async def open_screen(browser: "Browser", url: str, *, begin: bool = True, **context: Any) -> Screen:
    """Open the page in a context of its own, and begin the watch."""
    tab = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
    page = await tab.new_page()
    screen = Screen(page=page, problems=[], told=[])
    page.on("pageerror", lambda error: screen.problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            screen.problems.append(message.text)
            if message.type == "error" and "401" not in message.text
            else None
        ),
    )

    def told(message_id: str) -> None:
        screen.told.append(message_id)

    await page.expose_function("toldByPage", told)
    await page.add_init_script(
        "document.addEventListener('kinewatch-alert', (event) => window.toldByPage(event.detail));"
    )
    await page.goto(url)
    if begin:
        await screen.begin()
    return screen
