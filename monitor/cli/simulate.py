"""`kinewatch simulate`: the virtual hardware alone, in process, for another process, or on the air."""

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING

from monitor.cli.arguments import positive_or_max
from monitor.errors import RunFailedError, WrongUseError

if TYPE_CHECKING:
    from simulators.scenario import Scenario

# A controller carries one simulated sensor when it is somebody else's hardware.
_AIR_TRANSPORTS = ("usb", "pyusb", "serial", "hci-socket", "android-netsim")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario's name, a TOML file, or `list`")
    parser.add_argument(
        "--transport",
        metavar="SPEC",
        help="give an adapter in the scenario's room to another process (tcp-server:127.0.0.1:9000, vhci), "
        "or put one device on the air (usb:0, serial:/dev/ttyACM0)",
    )
    parser.add_argument("--device", metavar="NAME", help="on the air: which device of the scenario")
    parser.add_argument(
        "--speed",
        type=positive_or_max,
        default=1.0,
        metavar="N|max",
        help="in process: scenario seconds for each second on the wall (default: %(default)g)",
    )
    parser.add_argument("--json", action="store_true", help="in process: one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Simulate until the scenario is over or Ctrl-C."""
    from simulators.errors import SimulatorError
    from simulators.scenario import built_in, load

    if args.scenario == "list":
        for name in built_in():
            print(f"{name:<28} {load(name).title}")
        return 0
    try:
        scenario = load(args.scenario)
    except SimulatorError as exc:
        raise WrongUseError(str(exc)) from exc
    try:
        if args.transport is None:
            _in_process(scenario, speed=args.speed, as_json=args.json)
        elif args.transport.split(":")[0] in _AIR_TRANSPORTS:
            asyncio.run(_on_air(scenario, args.transport, args.device))
        else:
            asyncio.run(_for_others(scenario, args.transport))
    except SimulatorError as exc:
        raise RunFailedError(str(exc)) from exc
    return 0


def _in_process(scenario: "Scenario", *, speed: float | None, as_json: bool) -> None:
    """Print what a station would receive, at the scenario's pace."""
    from simulators.offline import LinkChange, received
    from simulators.radio import clock

    async def show() -> None:
        for one in received(scenario):
            wait_s = one.received_ns / 1e9 - asyncio.get_running_loop().time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            t_s = one.received_ns / 1e9
            if isinstance(one, LinkChange):
                what = {"link": "up" if one.is_up else "down", "reason": one.reason}
            else:
                what = {"characteristic": one.characteristic, "payload": one.payload.hex()}
            if as_json:
                print(json.dumps({"t_s": round(t_s, 6), "device": one.device, **what}), flush=True)
            else:
                print(f"{t_s:10.3f}  {one.device:<12} {'  '.join(what.values())}", flush=True)

    clock.run(show, clock="virtual", at_most=speed)


async def _for_others(scenario: "Scenario", spec: str) -> None:
    """The scenario's room, with an adapter in it for whoever connects."""
    from simulators.radio.air import VirtualRadio
    from simulators.radio.transports import export_adapter
    from simulators.world import World

    async with VirtualRadio(scenario.seed) as air, export_adapter(air, spec) as where:
        world = World(scenario, air)
        _tell(f"{scenario.name}: an adapter is at {where}; in its range:")
        for one in world.devices:
            _tell(f"  {one.address}  {one.local_name or one.device} ({one.family})")
        await world.run()
    _tell(f"{scenario.name} is over")


async def _on_air(scenario: "Scenario", spec: str, name: str | None) -> None:
    """One of the scenario's devices on a controller that is elsewhere."""
    from simulators.body import Body
    from simulators.devices import build
    from simulators.radio.transports import OnAir

    devices = {one.section.name: one for one in build(Body(scenario))}
    if name not in devices:
        raise WrongUseError(f"--device must name one of: {', '.join(devices)}")
    device = devices[name]
    loop = asyncio.get_running_loop()
    async with OnAir(spec, seed=scenario.seed) as place:
        start_s = loop.time()
        await place.add(device.peripheral(lambda: loop.time() - start_s))
        _tell(f"{name} ({device.section.family}) is on the air at {device.address}; Ctrl-C ends it")
        await asyncio.sleep(scenario.duration_s)
    _tell(f"{scenario.name} is over")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
