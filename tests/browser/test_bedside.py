"""The screen beside the patient: large numbers, one next step, keys that are commands."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from monitor.page.bedside_socket import Put
from monitor.page.logins import Face, Person
from monitor.page.server import PageSettings, serving
from tests.browser.test_look import SMALL, WIDE, axe_problems
from tests.support.many_stations import MadeUpStation
from tests.support.page import chromium, open_screen
from tests.support.stations import until


class Beside(MadeUpStation):
    """A station whose screen this is."""

    def __init__(self) -> None:
        super().__init__(0)
        self.put: Put = lambda _topic, _payload: None
        self.commands: list[tuple[str, dict[str, Any]]] = []

    def attach(self, put: Put) -> Callable[[], None]:
        self.put = put
        self.tell(self.status(), self.plan(), self.latest(21))
        return lambda: None

    def command(self, topic: str, payload: bytes) -> None:
        self.commands.append((topic, json.loads(payload)))

    def tell(self, *messages: tuple[str, dict[str, Any]]) -> None:
        for topic, body in messages:
            self.put(topic, json.dumps(body).encode())


async def test_it_is_read_from_afar_and_worked_by_keys() -> None:
    beside = Beside()
    person = Person(name="assistant", face=Face.BEDSIDE, clinic="north", code="c" * 22)
    async with serving(PageSettings(), [person], bedside=beside) as page, chromium() as browser:
        for width in (320, 1280):
            screen = await open_screen(
                browser, page.links["assistant"], viewport={"width": width, "height": 800}
            )
            await screen.until("() => document.getElementById('huge-spo2')?.textContent === '96'")
            assert await screen.page.inner_text("#huge-repetition") == "5"
            assert "knee extension" in await screen.page.inner_text(".next")
            assert await screen.page.evaluate(WIDE) <= 0
            assert await screen.page.evaluate(SMALL) == []
            assert await axe_problems(screen) == []
        height = (await screen.page.locator("#huge-spo2").bounding_box() or {})["height"]
        assert height > 120  # px of 800: a digit of some 4 cm on a tablet
        await screen.page.keyboard.press("p")
        await screen.page.click("dialog .scale button:nth-of-type(4)")
        await until(lambda: beside.commands, within_s=5)
        topic, command = beside.commands.pop()
        assert topic == beside.session + "cmd/rpe"
        assert (command["scale"], command["value"], command["actor"]) == ("pain", 3, "assistant")
        await screen.page.keyboard.press("!")
        await until(lambda: beside.commands, within_s=5)
        assert beside.commands.pop()[1]["symptom"] == "stop"
        await screen.page.keyboard.press("e")
        await asyncio.sleep(0.3)
        assert beside.commands == []  # once is not enough
        beside.tell((beside.base + "status", {"state": "ready", "boot": 1, "unconfirmed_s": {"high": 12.0}}))
        await screen.until("() => document.querySelector('.unsent').textContent.includes('call')")
        await screen.until("() => document.getElementById('huge-spo2').textContent === '--'", within_s=6)
        assert screen.problems == []
