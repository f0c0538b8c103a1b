"""The screen beside the patient hears the session and commands it, with no broker anywhere."""

import asyncio
import json
from typing import Any

import pytest

from monitor.alerts.transition import AlertState, Priority
from monitor.delivery.bedside import BedsideScreens
from monitor.delivery.health import DeliveryHealth
from monitor.delivery.publish.messages import SenderIdentity
from monitor.delivery.publish.session_info import SessionInfo
from monitor.inputs import ClockAnchor, Command
from monitor.outputs import CommandReply, JointAngleUpdate, VitalUpdate
from monitor.samples import Code, Quality
from protocols.mqtt.topics import StationTopics
from tests.support.alert_transitions import transition

S = 1_000_000_000
BASE = "kinewatch/v1/north/room-2/"
CMD = BASE + "s/s7f3/cmd/"


class Bench:
    """The screens of one session, and what one of them has been told."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        identity = SenderIdentity(
            topics=StationTopics(clinic="north", station="room-2").in_session("s7f3"),
            boot=3,
            anchor=ClockAnchor(received_ns=0, utc_ns=1_795_316_400 * S),
        )
        self.screens = BedsideScreens(
            actor="assistant",
            identity=lambda: identity,
            info=lambda: SessionInfo(plan_id="p-1"),
            health=lambda: DeliveryHealth(
                connected=False, open_events=1, oldest_unconfirmed_s={Priority.HIGH: 12.0}
            ),
            on_command=self.commands.append,
        )

    def put(self, topic: str, payload: bytes) -> None:
        self.told.append((topic.removeprefix(BASE), json.loads(payload)))

    def of(self, topic: str) -> list[dict[str, Any]]:
        return [body for where, body in self.told if where == topic]


@pytest.fixture
async def bench() -> Bench:
    return Bench()


def press(verb: str, *, actor: str = "assistant", **fields: Any) -> bytes:
    head = {"cmd_id": "c1", "expires_at": "2026-11-22T03:00:00Z", "actor": actor, "verb": verb}
    return json.dumps(head | fields).encode()


VITAL = VitalUpdate(
    at_ns=S,
    t_ns=S,
    code=Code.SPO2_PERCENT,
    value=97.0,
    unit="%",
    quality=Quality.GOOD,
    age_s=0.0,
    source="oximeter",
)


async def test_a_screen_that_is_attached_knows_the_plan_and_what_no_therapist_has(bench: Bench) -> None:
    bench.screens.attach(bench.put)
    assert bench.of("session")[0]["plan_id"] == "p-1"
    assert bench.of("status")[0]["unconfirmed_s"] == {"high": 12.0}


async def test_everything_that_follows_is_told_until_it_is_detached(bench: Bench) -> None:
    detach = bench.screens.attach(bench.put)
    bench.screens.observe(VITAL)
    assert bench.of("s/s7f3/vital/spo2-percent")[0]["value"] == 97.0
    detach()
    detach()
    bench.screens.observe(VITAL)
    assert len(bench.of("s/s7f3/vital/spo2-percent")) == 1


async def test_an_alert_is_told_to_a_screen_that_comes_later_until_it_is_over(bench: Bench) -> None:
    bench.screens.observe(transition(1, at_ns=S))
    bench.screens.attach(bench.put)
    assert [body["presence"] for body in bench.of("s/s7f3/alert/g2-1")] == ["on"]
    over = transition(2, at_ns=2 * S, from_state=AlertState.FIRING, to_state=AlertState.RESOLVED)
    bench.screens.observe(over)
    assert bench.of("s/s7f3/alert/g2-1")[-1]["presence"] == "off"
    later: list[str] = []
    bench.screens.attach(lambda topic, _: later.append(topic))
    assert not any("alert" in topic for topic in later)


async def test_every_angle_is_told(bench: Bench) -> None:
    bench.screens.attach(bench.put)
    for number in range(10):
        angle = JointAngleUpdate(
            at_ns=S, t_ns=S, joint="knee", angle_deg=float(number), quality=Quality.GOOD, confidence=1.0
        )
        bench.screens.observe(angle)
    assert [body["value"] for body in bench.of("s/s7f3/vital/joint-angle-deg")] == list(range(10))


async def test_a_key_is_a_command_and_its_answer_comes_back(bench: Bench) -> None:
    bench.screens.attach(bench.put)
    bench.screens.command(CMD + "note", press("note", text="warm"))
    (command,) = bench.commands
    assert (command.verb, command.role, command.arguments) == ("note", "assistant", {"text": "warm"})
    reply = CommandReply(
        at_ns=S, command_id="c1", verb="note", actor="assistant", accepted=True, details={"text": "warm"}
    )
    bench.screens.observe(reply)
    assert bench.of("s/s7f3/reply/c1")[0]["result"] == "accepted"
    assert bench.of("s/s7f3/entry")[0]["text"] == "warm"


async def test_a_limit_in_force_is_told_at_once(bench: Bench) -> None:
    bench.screens.attach(bench.put)
    details = {"limit": "spo2_low_percent", "old": 90.0, "new": 92.0, "in_force": True}
    bench.screens.observe(
        CommandReply(at_ns=S, command_id="x", verb="limit", actor="t", accepted=True, details=details)
    )
    assert len(bench.of("session")) == 2


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (CMD + "note", press("note", actor="somebody", text="warm")),
        (BASE + "s/other/cmd/note", press("note", text="warm")),
        (CMD + "note", press("note")),
        (CMD + "received", press("received", ids=["x"])),
        (BASE + "status", press("note", text="warm")),
    ],
)
async def test_what_is_no_command_of_this_screen_is_refused(bench: Bench, topic: str, payload: bytes) -> None:
    bench.screens.attach(bench.put)
    bench.screens.command(topic, payload)
    assert bench.commands == []
    assert bench.of("s/s7f3/reply/c1")[0]["result"] == "rejected"


async def test_damage_without_an_id_is_only_logged(bench: Bench) -> None:
    bench.screens.command(CMD + "note", b"{")
    assert bench.commands == []


async def test_it_beats_once_a_second(bench: Bench) -> None:
    bench.screens.attach(bench.put)
    task = asyncio.create_task(bench.screens.run())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(bench.of("s/s7f3/latest")) == 1
