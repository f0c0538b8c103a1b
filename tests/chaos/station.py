"""The service as a process, to be killed, stopped and starved; without devices, with a person at its keys.

Arguments: the broker as JSON, the folder, the session's id. Reads lines of JSON: `{"press": 40, "per_s": 20}`
(symptom keys), `{"clock_s": 600}` (the wall clock is set). Writes one line of JSON an event; each with one
`write`, so that a kill leaves no half line.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from devices.adapter.radio import Radio
from monitor.alerts.transition import Transition
from monitor.app import STORE_NAME, running
from monitor.cli.screens.session_display import SessionDisplay
from monitor.clock import now_ns
from monitor.config import DeviceSettings, PersonRole, PersonSettings, Station, StationSettings
from monitor.delivery.broker.broker import Broker
from monitor.inputs import Command
from monitor.outputs import Output
from monitor.plan.exercise import Exercise, Joint, Side
from monitor.plan.pack import PackName
from monitor.plan.plan import Medication, Plan
from monitor.sensors import SensorRole
from monitor.service import Ports, Service, SessionConfig
from simulators.radio.air import VirtualRadio

PLAN = Plan(
    patient_id="chaos-1",
    pack=PackName.GENERAL,
    age_years=60,
    rest_heart_rate_per_min=70,
    medication=Medication(beta_blocker=False),
    exercises=[
        Exercise(
            name="knee extension",
            joint=Joint.KNEE,
            side=Side.LEFT,
            sets=1,
            repetitions=1,
            rest_angle_deg=0,
            target_angle_deg=60,
        )
    ],
)


class Desk:
    """The keys of the station, its screen and its clock."""

    def __init__(self) -> None:
        self.clock_s = 0.0
        self.pressed = 0
        self._pressed_s: dict[str, float] = {}
        self._last_s = 0.0
        self._screen = SessionDisplay("chaos", Path(os.devnull).open("w"), lines_only=True)  # noqa: SIM115

    def utc_ns(self) -> int:
        return time.time_ns() + round(self.clock_s * 1e9)

    def observe(self, output: Output) -> None:
        self._screen.observe(output)
        if isinstance(output, Transition) and output.rule_id == "G12" and self._pressed_s:
            key = next(iter(self._pressed_s))
            say(shown_ms=round((time.perf_counter() - self._pressed_s.pop(key)) * 1000, 2))

    async def press(self, service: Service, *, times: int, per_s: float) -> None:
        for _ in range(times):
            self.pressed += 1
            key = f"key-{service.setting.session_id}-{self.pressed}"
            self._pressed_s[key] = time.perf_counter()
            service.command(
                Command(
                    received_ns=now_ns(),
                    command_id=key,
                    verb="symptom",
                    actor="assistant",
                    role="assistant",
                    arguments={"symptom": "dizzy"},
                )
            )
            await asyncio.sleep(1 / per_s)
        say(pressed=self.pressed)

    def waiting_ms(self) -> float:
        """For how long the oldest key has shown nothing."""
        now_s = time.perf_counter()
        return max(((now_s - at_s) * 1000 for at_s in self._pressed_s.values()), default=0.0)


def say(**fields: Any) -> None:
    os.write(1, (json.dumps(fields) + "\n").encode())


def setting_of(folder: Path, session_id: str) -> SessionConfig:
    return SessionConfig(
        station=Station(
            station=StationSettings(clinic="north", station="room-2", sessions_folder=folder),
            devices=[DeviceSettings(device="strap", family="heart_rate", role=SensorRole.HEART_RATE_STRAP)],
            people=[PersonSettings(name="therapist-1", role=PersonRole.THERAPIST)],
        ),
        plan=PLAN,
        session_id=session_id,
        folder=folder / session_id,
        store_path=folder / STORE_NAME,
        roles={"therapist-1": "therapist", "assistant": "assistant"},
    )


async def main(broker: Broker, folder: Path, session_id: str) -> None:
    desk = Desk()
    lines: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin.readline().splitlines():
            lines.put_nowait(json.loads(line))

    async with VirtualRadio(1) as air:
        ports = Ports(
            radio=Radio(air.client_backend, air.scanner_backend),
            broker=lambda: broker,
            utc_ns=desk.utc_ns,
            observe=desk.observe,
            on_trouble=lambda sentence: say(trouble=sentence),
        )
        async with running(setting_of(folder, session_id), ports) as service, asyncio.TaskGroup() as group:
            loop.add_reader(0, read)
            say(running=session_id)
            group.create_task(_report(service, desk), name="report")
            while True:
                line = await lines.get()
                if "clock_s" in line:
                    desk.clock_s += line["clock_s"]
                if "press" in line:
                    group.create_task(desk.press(service, times=line["press"], per_s=line["per_s"]))


async def _report(service: Service, desk: Desk) -> None:
    while True:
        health = service.delivery_health()
        say(
            open=health.open_events,
            connected=health.connected,
            storing=service.storing_problem is None,
            waiting_ms=round(desk.waiting_ms(), 1),
        )
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main(Broker(**json.loads(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]))
