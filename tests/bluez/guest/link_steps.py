"""What is tried with our links on the real BlueZ."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from devices.catalog import DRIVERS
from devices.discovery import scan
from devices.driver import DeviceConfig
from devices.errors import RadioUnavailableError
from devices.frames import LinkState
from devices.radio import Radio
from protocols.ble import battery, witmotion
from protocols.ble import blood_pressure as blp
from protocols.ble import heart_rate as hrs
from protocols.ble import pulse_oximeter as plx
from protocols.ble.assigned_numbers import MANUFACTURER_NAME
from protocols.ble.blood_pressure import BloodPressureMeasurement
from tests.bluez.guest.bedside import Bedside, Heard, linked, now_ns
from tests.bluez.guest.report import Report, Step

STREAMS = {
    "oximeter": plx.CONTINUOUS,
    "strap": hrs.MEASUREMENT,
    "thigh-imu": witmotion.NOTIFY,
    "shank-imu": witmotion.NOTIFY,
}
WATCHED_S = 10.0


async def all_link_steps(report: Report, here: Bedside) -> None:
    """Everything, from the adapter to a killed bluetoothd."""
    with report.step("the kernel's adapter is on, and a scan names each device's driver") as step:
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
    async with asyncio.timeout(60):
        while True:
            try:
                found = await scan(Radio(), DRIVERS, seconds=6, now_ns=now_ns)
            except RadioUnavailableError:
                await asyncio.sleep(1)  # bluetoothd has not yet taken the adapter
                continue
            families = {one.advertisement.address: one.family for one in found}
            if len(families) >= len(here.configs):
                break
    step.figures["found"] = len(found)
    assert families == {config.address: config.family for config in here.configs}
    names = {one.advertisement.address: one.advertisement.name for one in found}
    assert names == {one.address: one.local_name for one in here.world.devices}


async def _stream(step: Step, here: Bedside, heard: Heard) -> None:
    await heard.live(list(STREAMS))
    await heard.until(
        "battery and manufacturer",
        lambda: all(heard.payloads("oximeter", fact) for fact in (battery.LEVEL, MANUFACTURER_NAME)),
    )
    for sent in here.sent.values():
        sent.clear()
    heard.inputs.clear()
    busy_s, began_s = _cpu_s(), asyncio.get_running_loop().time()
    await asyncio.sleep(WATCHED_S)
    passed_s = asyncio.get_running_loop().time() - began_s
    step.figures["cpu_percent"] = round(100 * (_cpu_s() - busy_s) / passed_s)
    _assert_nothing_lost(step, here, heard, STREAMS.keys())
    # A scenario's second is a second; that it takes as long here is not asserted, that it comes is.
    sent = here.sent_on("thigh-imu", witmotion.NOTIFY)
    frames = sum(len(payload) for payload in sent) // witmotion.FRAME_SIZE
    step.figures["frames_per_imu"] = frames
    assert frames > 50 * WATCHED_S / 2


def _assert_nothing_lost(step: Step, here: Bedside, heard: Heard, devices: Sequence[str]) -> None:
    """What came is what was sent, from the first that came to the last, each once and in order."""
    for device in devices:
        stream = STREAMS[device]
        came, sent = heard.payloads(device, stream), here.sent_on(device, stream)
        assert came, f"nothing came from {device}"
        assert came[0] in sent, f"{device}: the first value was never sent"
        first = sent.index(came[0])
        # A subscription becomes signals some milliseconds after the device has taken it (bleak #374).
        assert first <= 5, f"{device}: the first {first} values are missing"
        assert came == sent[first : first + len(came)], f"{device}: lost, doubled or out of order"
        step.figures[device] = len(came)


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system


async def _drop(step: Step, here: Bedside, heard: Heard) -> None:
    here.radio.drop_link(here.address("shank-imu"))
    await heard.until("LOST", lambda: LinkState.LOST in heard.states("shank-imu"))
    here.sent["shank-imu"].clear()
    heard.inputs.clear()
    await heard.live(["shank-imu"])
    had = len(heard.payloads("shank-imu", witmotion.NOTIFY))
    await heard.until("20 more values", lambda: len(heard.payloads("shank-imu", witmotion.NOTIFY)) > had + 20)
    _assert_nothing_lost(step, here, heard, ["shank-imu"])


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
        assert await _property(here.cuff.address, "Paired")
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
    path = f"/org/bluez/hci0/dev_{address.replace(':', '_')}"
    await _bluez(path, "org.bluez.Device1", "Connect")
    assert await _property(address, "Connected")
    config = next(config for config in here.configs if config.address == address)
    async with linked(config) as heard:
        await heard.live(["strap"])


async def _property(address: str, name: str) -> bool:
    path = f"/org/bluez/hci0/dev_{address.replace(':', '_')}"
    reply = await _bluez(path, "org.freedesktop.DBus.Properties", "Get", "ss", "org.bluez.Device1", name)
    return bool(reply.body[0].value)


async def _bluez(path: str, interface: str, member: str, signature: str = "", *body: str) -> Message:
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    try:
        reply = await bus.call(
            Message(
                destination="org.bluez",
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=list(body),
            )
        )
    finally:
        bus.disconnect()
    assert reply is not None
    assert reply.message_type is not MessageType.ERROR, f"{member}: {reply.error_name} {reply.body}"
    return reply
