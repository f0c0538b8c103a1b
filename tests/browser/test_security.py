"""What a page must not let happen: foreign text as markup, forged messages, foreign origins, old cookies."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from monitor.delivery import mqtt
from tests.support.feed_cases import T, facts
from tests.support.page import chromium, clinic_at, open_screen

XSS = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    '"><iframe srcdoc="<script>parent.pwned=1</script>">',
    "javascript:window.pwned=1",
    "{{constructor.constructor('window.pwned=1')()}}",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "\u202e\u0000<b>right to left</b>",
]
BASE = "kinewatch/v1/north/room-2/"
HEAD = {"boot": 1, "t": T, "sent": T}


def infested(text: str, number: int) -> list[tuple[str, dict[str, Any]]]:
    """Every kind of message with this text in every field that takes one."""
    name, unit = text[:64], text[:16]
    head = {**HEAD, "id": f"x{number}", "seq": number}
    words = {"condition": name, "message": text, "advice": text, "unit": unit, "q": unit, "reason": text}
    alert = facts(number, alert_id=f"A-{number} {text}"[:200], **words)
    alert |= {"rule_id": name, "phase": name, "sources": [name], "actor": name}
    value = {"value": 97.0, "unit": unit, "q": "good", "t": T}
    exercise = {"name": name, "joint": name, "side": name, "sets": 1, "repetitions": 2}
    session = {**head, "session_id": "s7f3", "started": T, "plan_id": name, "pack": name}
    return [
        (BASE + "status", {"state": "ready", "boot": 1, "t": T}),
        (
            BASE + "session",
            session
            | {"exercises": [exercise], "limits": {name: {"value": 1.0, "unit": unit, "tighter": "lower"}}},
        ),
        (
            BASE + "dev/x",
            {**head, "device": name, "role": name, "family": name, "link": name, "reason": text},
        ),
        (
            BASE + "s/s7f3/latest",
            {**head, "phase": name, "values": {"spo2_percent": value}, "exercise": name, "set_number": 1}
            | {"repetitions": 1, "calibration": text, "paused": {name: T}},
        ),
        (
            BASE + "s/s7f3/rom/x",
            {**head, "joint": name, "exercise": name, "set_number": 1, "repetition": 1}
            | {"min_deg": 1.0, "max_deg": 2.0, "range_deg": 1.0},
        ),
        (BASE + "s/s7f3/entry", {**head, "entry": "note", "subject": text, "text": text, "actor": name}),
        (BASE + "s/s7f3/event", {**alert, "from_state": "pending", "to_state": "firing"}),
    ]


async def test_text_from_the_wire_is_only_text(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        mqtt.connected(clinic.broker.station(), client_id="infested") as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"])
        await asyncio.sleep(1)
        for number, text in enumerate(XSS, start=1):
            for topic, fields in infested(text, number):
                await station.publish(topic, json.dumps(fields).encode(), qos=1)
        await screen.until(f"() => document.querySelectorAll('.alert').length === {len(XSS)}")
        assert "<script>" in await screen.page.inner_text("#feed")
        await screen.page.click(".tile-open")
        await screen.until("() => document.querySelector('.lines li') !== null")
        elements = await screen.page.evaluate(
            "() => document.querySelectorAll('script:not([src]), iframe, svg, img, b:not(.second b)').length"
        )
        assert elements == 0
        assert await screen.page.evaluate("() => window.pwned === undefined")
        assert screen.problems == []


async def test_a_page_cannot_speak_as_a_station(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        mqtt.connected(clinic.broker.therapist(), client_id="witness") as witness,
        chromium() as browser,
    ):
        await witness.subscribe({"kinewatch/v1/north/#": 1})
        screen = await open_screen(browser, clinic.links["therapist-1"], begin=False)
        await screen.page.wait_for_selector("#begin-watch")
        closed = await screen.page.evaluate(
            """async () => {
              const mqtt = (await import("/vendor/mqtt.js")).default;
              const client = mqtt.connect(`ws://${location.host}/mqtt`, {
                protocolVersion: 4, timerVariant: "native", clientId: "forgerforger", reconnectPeriod: 0,
              });
              await new Promise((resolve) => client.on("connect", resolve));
              client.publish("kinewatch/v1/north/room-2/s/s7f3/event", "{}", { qos: 1 });
              return new Promise((resolve) => client.on("close", () => resolve(true)));
            }"""
        )
        assert closed
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(witness.incoming())
