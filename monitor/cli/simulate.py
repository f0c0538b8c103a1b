"""`kinewatch simulate`: the virtual hardware alone, in process, for another process, or on the air."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.arguments import positive_or_max
from monitor.errors import RunFailedError, WrongUseError

if TYPE_CHECKING:
    from simulators.scenario.loader import Scenario

# Where a controller is at the other end; behind the others somebody is who wants one.
_AIR_TRANSPORTS = frozenset(
    {"usb", "pyusb", "serial", "hci-socket", "android-netsim", "tcp-client", "unix", "ws-client"}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario's name, a TOML file, or `list`")
    parser.add_argument(
        "--transport",
        metavar="SPEC",
        help="give an adapter in the scenario's room to another process (tcp-server:127.0.0.1:9000, vhci), "
        "or put the devices on the air (usb:0, serial:/dev/ttyACM0)",
    )
    parser.add_argument("--device", metavar="NAME", help="only this device of the scenario")
    parser.add_argument(
        "--speed",
        type=positive_or_max,
        default=1.0,
        metavar="N|max",
        help="in process: scenario seconds for each second on the wall (default: %(default)g)",
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FOLDER",
        help="only write a station.toml and a plan.toml that go with the scenario, for `kinewatch run`",
    )
    parser.add_argument("--json", action="store_true", help="show what is sent as one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Simulate until the scenario is over or Ctrl-C."""
    from simulators.errors import SimulatorError
    from simulators.scenario.loader import built_in, load

    if args.scenario == "list":
        for name in built_in():
            print(f"{name:<28} {load(name).title}")
        return 0
    try:
        scenario = load(args.scenario)
    except SimulatorError as exc:
        raise WrongUseError(str(exc)) from exc
    try:
        show = _show_json if args.json else _show_line
        scenario = _with_device(scenario, args.device)
        if args.write is not None:
            _write_settings(scenario, args.write)
            return 0
        if args.transport is None:
            _in_process(scenario, show, speed=args.speed)
            return 0
        # What is outside this process lives now.
        scenario = scenario.beginning(datetime.now().astimezone())
        if args.transport.split(":")[0] in _AIR_TRANSPORTS:
            asyncio.run(_on_air(scenario, show, args.transport))
        else:
            asyncio.run(_for_others(scenario, show, args.transport))
    except SimulatorError as exc:
        raise RunFailedError(str(exc)) from exc
    return 0


def _with_device(scenario: "Scenario", name: str | None) -> "Scenario":
    """The scenario with `name` alone switched on."""
    if name is None:
        return scenario
    names = [one.name for one in scenario.devices if not one.absent]
    if name not in names:
        raise WrongUseError(f"--device {name}: the scenario has no such device; it has {', '.join(names)}")
    others = [
        one if one.name == name else one.model_copy(update={"absent": True}) for one in scenario.devices
    ]
    return scenario.model_copy(update={"devices": others})


def _write_settings(scenario: "Scenario", folder: Path) -> None:
    """What an engineer and a therapist would have written for this scenario."""
    from monitor.cli.demo.setting import plan_for, station_with_people
    from monitor.cli.toml_text import toml_text

    station, plan = station_with_people(scenario, sessions_folder=folder / "sessions"), plan_for(scenario)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, settings in (("station.toml", station), ("plan.toml", plan)):
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(f"# {scenario.name}: {scenario.title}\n")
                file.write(toml_text(settings.model_dump(mode="json", exclude_defaults=True)))
            print(folder / name)
    except FileExistsError as exc:
        raise RunFailedError(f"{exc.filename} is there already; name another folder") from exc
    except OSError as exc:
        raise RunFailedError(f"{folder}: cannot be written ({exc.strerror})") from exc


Show = Callable[[float, str, dict[str, str]], None]


def _show_line(t_s: float, device: str, what: dict[str, str]) -> None:
    print(f"{t_s:10.3f}  {device:<12} {'  '.join(what.values())}", flush=True)


def _show_json(t_s: float, device: str, what: dict[str, str]) -> None:
    print(json.dumps({"t_s": round(t_s, 6), "device": device, **what}), flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Onlooker:
    """Shows what one device on a real link sends."""

    device: str
    show: Show
    elapsed_s: Callable[[], float]

    def link_changed(self, *, is_up: bool) -> None:
        self.show(self.elapsed_s(), self.device, {"link": "up" if is_up else "down"})

    def sent(self, characteristic: str, value: bytes) -> None:
        what = {"characteristic": characteristic, "payload": value.hex()}
        self.show(self.elapsed_s(), self.device, what)


def _in_process(scenario: "Scenario", show: Show, *, speed: float | None, only: str | None = None) -> None:
    """Print what a station would receive, at the scenario's pace."""
    from simulators.radio import clock
    from simulators.scenario.offline import LinkChange, received

    async def play() -> None:
        for one in received(scenario):
            wait_s = one.received_ns / 1e9 - asyncio.get_running_loop().time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            t_s = one.received_ns / 1e9
            if isinstance(one, LinkChange):
                what = {"link": "up" if one.is_up else "down", "reason": one.reason}
            else:
                what = {"characteristic": one.characteristic, "payload": one.payload.hex()}
            show(t_s, one.device, what)

    clock.run(play, clock="virtual", at_most=speed)


async def _for_others(scenario: "Scenario", show: Show, spec: str) -> None:
    """The scenario's room, with an adapter in it for whoever connects."""
    from simulators.radio.air import VirtualRadio
    from simulators.radio.transports import export_adapter
    from simulators.scenario.world import World

    async with VirtualRadio(scenario.seed) as air, export_adapter(air, spec) as where:

        def onlooker(device: str) -> _Onlooker:
            return _Onlooker(device=device, show=show, elapsed_s=world.elapsed_s)

        world = World(scenario, air, witness=onlooker)
        _tell(f"{scenario.name}: an adapter is at {where}; in its range:")
        for one in world.devices:
            _tell(f"  {one.address}  {one.local_name or one.device} ({one.family})")
        await world.run()
    _tell(f"{scenario.name} is over")


async def _on_air(scenario: "Scenario", show: Show, spec: str) -> None:
    """The scenario's devices on a controller that is elsewhere."""
    from simulators.patient.body import Body
    from simulators.peripherals.catalog import build
    from simulators.radio.transports import OnAir

    devices = {one.section.name: one for one in build(Body(scenario)) if not one.section.absent}
    loop = asyncio.get_running_loop()
    async with OnAir(spec, seed=scenario.seed) as place:
        start_s = loop.time()

        def elapsed_s() -> float:
            return loop.time() - start_s

        for name, device in devices.items():
            peripheral = device.peripheral(elapsed_s)
            peripheral.witness = _Onlooker(device=name, show=show, elapsed_s=elapsed_s)
            await place.add(peripheral)
            _tell(f"{name} ({device.section.family}) is on the air at {device.address}; Ctrl-C ends it")
        await asyncio.sleep(max(0.0, scenario.duration_s - elapsed_s()))
    _tell(f"{scenario.name} is over")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
