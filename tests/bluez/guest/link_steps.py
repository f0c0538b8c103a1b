"""What is tried with our links on the real BlueZ."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from devices.drivers.driver import DeviceConfig
from devices.frames import LinkState
from protocols.ble import battery, witmotion
from protocols.ble import blood_pressure as blp
from protocols.ble import heart_rate as hrs
from protocols.ble import pulse_oximeter as plx
from protocols.ble.blood_pressure import BloodPressureMeasurement
from protocols.ble.codec.assigned_numbers import MANUFACTURER_NAME
from tests.bluez.guest import real_bluez
from tests.bluez.guest.bedside import Bedside, Heard, linked
from tests.bluez.guest.report import Report, Step
from tests.bluez.guest.service import PROJECT

STREAMS = {
    "oximeter": plx.CONTINUOUS,
    "strap": hrs.MEASUREMENT,
    "thigh-imu": witmotion.NOTIFY,
    "shank-imu": witmotion.NOTIFY,
}
WATCHED_S = 6.0


async def all_link_steps(report: Report, here: Bedside) -> None:
    """Everything, from the adapter to a killed bluetoothd."""
    with report.step("kinewatch scan names each device's driver") as step:
        await _scan(step, here)
    with report.step("a connection that a dead process left behind is ended, and its device found"):
        await _left_connected(here)
    async with linked(*here.configs) as heard:
        with report.step("four links at once, two of them at 100 Hz") as step:
            await _stream(step, here, heard)
        with report.step("a link drops and comes back, without a doubled subscription") as step:
            await _drop(step, here, heard)
        with report.step("a device goes out of range and comes back"):
            await _out_of_range(here, heard)
        with report.step("bluetoothd is killed and started again"):
            await _killed(heard)
    with report.step("a cuff is bonded, hands over its records, and is recognised the next time") as step:
        await _bond(step, here)


async def _scan(step: Step, here: Bedside) -> None:
    """As the engineer does it: the command, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("kinewatch"),
        *("scan", "--json", "--seconds", "6"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    found = {one["address"]: one for one in json.loads(printed)}
    step.figures["found"] = len(found)
    assert {address: one["family"] for address, one in found.items()} == {
        config.address: config.family for config in here.configs
    }
    assert {address: one["name"] for address, one in found.items()} == {
        one.address: one.local_name for one in here.world.devices
    }


async def _stream(step: Step, here: Bedside, heard: Heard) -> None:
    await heard.live(list(STREAMS))
    await heard.until(
        "battery and manufacturer",
        lambda: all(heard.payloads("oximeter", fact) for fact in (battery.LEVEL, MANUFACTURER_NAME)),
    )
    heard.inputs.clear()
    await asyncio.sleep(WATCHED_S)
    for device, stream in STREAMS.items():
        _first_of(device, here, heard)
        step.figures[device] = len(heard.payloads(device, stream))
    # A scenario's second is a second; that it takes as long here is not asserted, that it comes is.
    motion = here.sent_on("thigh-imu", witmotion.NOTIFY)
    frames = sum(len(payload) for payload in motion) // witmotion.FRAME_SIZE
    step.figures["frames_per_imu"] = frames
    assert frames > 50 * WATCHED_S / 2


def _first_of(device: str, here: Bedside, heard: Heard) -> int:
    """Which of the sent values came first; from it on each came once and in order, to the last that came."""
    stream = STREAMS[device]
    came, sent = heard.payloads(device, stream), here.sent_on(device, stream)
    assert came, f"nothing came from {device}"
    # A quiet sensor says the same again and again: any place will do where all that came was sent.
    firsts = [first for first in range(len(sent)) if sent[first : first + len(came)] == came]
    assert firsts, f"{device}: lost, doubled or out of order"
    return firsts[0]


async def _drop(step: Step, here: Bedside, heard: Heard) -> None:
    here.radio.drop_link(here.address("shank-imu"))
    await heard.until("LOST", lambda: LinkState.LOST in heard.states("shank-imu"))
    here.sent["shank-imu"].clear()
    heard.inputs.clear()
    await heard.live(["shank-imu"])
    had = len(heard.payloads("shank-imu", witmotion.NOTIFY))
    await heard.until("20 more values", lambda: len(heard.payloads("shank-imu", witmotion.NOTIFY)) > had + 20)
    # A subscription becomes signals some milliseconds after the device has taken it (bleak #374).
    step.figures["missing_at_the_start"] = _first_of("shank-imu", here, heard)
    assert _first_of("shank-imu", here, heard) <= 5


async def _out_of_range(here: Bedside, heard: Heard) -> None:
    heard.inputs.clear()
    address = here.address("oximeter")
    here.radio.set_in_range(address, False)
    await heard.until("LOST", lambda: LinkState.LOST in heard.states("oximeter"))
    here.radio.set_in_range(address, True)
    await heard.live(["oximeter"])


async def _killed(heard: Heard) -> None:
    """No signal says that it is gone: the silence does. `session.sh` starts it again."""
    heard.inputs.clear()
    os.kill(_bluetoothd(), signal.SIGKILL)
    await heard.until("all LOST", lambda: all(LinkState.LOST in heard.states(device) for device in STREAMS))
    await heard.live(list(STREAMS))


def _bluetoothd() -> int:
    (process,) = (
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and (folder / "comm").read_text().strip() == "bluetoothd"
    )
    return process


async def _bond(step: Step, here: Bedside) -> None:
    records = [_record(121), _record(122), _record(123)]
    config = DeviceConfig(
        device="cuff",
        family="blood_pressure",
        role="cuff",
        address=here.cuff.address,
        options={"bond": True},
    )
    async with linked(config) as heard:
        here.cuff.measure(*records[:2])
        await heard.until("two records", lambda: heard.payloads("cuff", blp.MEASUREMENT) == records[:2])
        assert await real_bluez.is_set(real_bluez.device(here.cuff.address), "Paired")
        await here.cuff.wait_for(lambda: not here.cuff.is_connected)
        here.cuff.in_pairing_mode = False
        here.cuff.measure(records[2])
        await heard.until("the third", lambda: heard.payloads("cuff", blp.MEASUREMENT) == records)
        assert LinkState.LOST not in heard.states("cuff")
    step.figures["visits"] = here.cuff.visits
    assert here.cuff.delivered == records


def _record(systolic: int) -> bytes:
    return blp.encode_measurement(
        BloodPressureMeasurement(systolic=systolic, diastolic=80.0, mean_arterial_pressure=94.0)
    )


async def _left_connected(here: Bedside) -> None:
    """BlueZ does not end a connection with the process that asked for it; here nobody of us asked."""
    address = here.address("strap")
    await real_bluez.call(real_bluez.device(address), "Connect")
    assert await real_bluez.is_set(real_bluez.device(address), "Connected")
    config = next(config for config in here.configs if config.address == address)
    async with linked(config) as heard:
        await heard.live(["strap"])
