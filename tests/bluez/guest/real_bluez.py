"""Questions to the real bluetoothd, past bleak and past our own code."""

import asyncio

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

ADAPTER = ("/org/bluez/hci0", "org.bluez.Adapter1")


class BlueZRefusedError(Exception):
    """bluetoothd answered with an error."""


def device(address: str) -> tuple[str, str]:
    """Object and interface of a device on the first adapter."""
    return f"{ADAPTER[0]}/dev_{address.replace(':', '_')}", "org.bluez.Device1"


async def call(target: tuple[str, str], member: str) -> None:
    """Call a method that has no arguments.

    Raises:
        BlueZRefusedError: with bluetoothd's words.
    """
    await _call(*target, member)


async def is_set(target: tuple[str, str], name: str) -> bool:
    """A property that is true or false.

    Raises:
        BlueZRefusedError: there is no such object.
    """
    path, interface = target
    reply = await _call(path, "org.freedesktop.DBus.Properties", "Get", "ss", interface, name)
    return bool(reply.body[0].value)


async def adapter_is_up(within_s: float) -> None:
    """Wait until bluetoothd has taken the adapter and switched it on."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                if await is_set(ADAPTER, "Powered"):
                    return
            except BlueZRefusedError:
                pass  # it does not know the adapter yet
            await asyncio.sleep(0.2)


async def _call(path: str, interface: str, member: str, signature: str = "", *body: str) -> Message:
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
    if reply.message_type is MessageType.ERROR:
        raise BlueZRefusedError(f"{member} on {path}: {reply.error_name} {reply.body}")
    return reply
