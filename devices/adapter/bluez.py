"""BlueZ beyond bleak's API, on D-Bus: left-over connections, stale devices, an agent for pairing.

Linux only. Bleak registers no agent, and without one BlueZ refuses every pairing that a cuff asks for
(bleak #1434).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

log = logging.getLogger(__name__)

BLUEZ = "org.bluez"
DEVICE = "org.bluez.Device1"
ADAPTER = "org.bluez.Adapter1"
AGENT = "org.bluez.Agent1"
AGENT_MANAGER = "org.bluez.AgentManager1"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
AGENT_PATH = "/kinewatch/agent"

# bluetoothd answers these within a second or is stuck; ending a connection takes it up to two.
CALL_TIMEOUT_S = 5.0

# What can go wrong with a bus and a daemon that may both be gone.
BUS_ERRORS = (DBusFastError, DBusError, OSError, EOFError, TimeoutError)


class BlueZ:
    """A `HostStack`. Each use opens its own bus connection: none has to survive a restart of bluetoothd."""

    async def release(self, address: str) -> None:
        """Disconnect a device that BlueZ still holds for a process that is no more."""
        try:
            async with _system_bus() as bus:
                for path, properties in await _devices(bus, address):
                    if properties["Connected"].value:
                        await _call(bus, path, f"{DEVICE}.Disconnect")
        except BUS_ERRORS as exc:
            log.debug("release: %r", exc)

    async def forget(self, address: str) -> None:
        """Remove a device with its stored services, its stuck state, and its bond."""
        try:
            async with _system_bus() as bus:
                for path, properties in await _devices(bus, address):
                    await _call(bus, properties["Adapter"].value, f"{ADAPTER}.RemoveDevice", "o", [path])
        except BUS_ERRORS as exc:
            log.debug("forget: %r", exc)

    async def power_cycle(self, adapter: str | None) -> None:
        """Switch the adapter off and on; what else is connected to it drops for a moment."""
        try:
            async with _system_bus() as bus:
                path = f"/org/bluez/{adapter}" if adapter else await _first_adapter(bus)
                for powered in (False, True):
                    value = Variant("b", powered)
                    await _call(bus, path, f"{PROPERTIES}.Set", "ssv", [ADAPTER, "Powered", value])
        except BUS_ERRORS as exc:
            log.debug("power cycle: %r", exc)

    def pairing(self, address: str, passkey: int | None) -> AbstractAsyncContextManager[None]:
        """An agent that answers for this device alone, for as long as it is paired."""
        return _agent(PairingAgent(address, passkey))


class PairingAgent:
    """Answers BlueZ's questions about one device (org.bluez.Agent1); all others are rejected.

    With a passkey we are a keyboard: the device shows six digits and they are typed in. Without one we have
    neither keyboard nor display, and the pairing is Just Works.
    """

    def __init__(self, address: str, passkey: int | None) -> None:
        self._device = "/dev_" + address.upper().replace(":", "_")
        self._passkey = passkey

    @property
    def capability(self) -> str:
        """What BlueZ is to tell the device of us."""
        return "NoInputNoOutput" if self._passkey is None else "KeyboardOnly"

    def answer(self, question: Message) -> Message | None:
        """The reply to one method call; None if it is not for an agent."""
        if question.message_type is not MessageType.METHOD_CALL or question.interface != AGENT:
            return None
        match question.member:
            case "Release" | "Cancel":
                return Message.new_method_return(question)
            case "RequestPasskey" if self._is_ours(question) and self._passkey is not None:
                return Message.new_method_return(question, "u", [self._passkey])
            case "RequestAuthorization" if self._is_ours(question):
                return Message.new_method_return(question)
            case _:
                return Message.new_error(question, "org.bluez.Error.Rejected", "not asked for")

    def _is_ours(self, question: Message) -> bool:
        return bool(question.body) and str(question.body[0]).endswith(self._device)


@asynccontextmanager
async def _agent(agent: PairingAgent) -> AsyncIterator[None]:
    """Without a bus there is no agent, and pairing fails by itself with its own words."""
    try:
        bus = await _connect()
    except BUS_ERRORS as exc:
        log.debug("agent: %r", exc)
        yield
        return
    bus.add_message_handler(agent.answer)
    try:
        try:
            manager = "/org/bluez"
            await _call(bus, manager, f"{AGENT_MANAGER}.RegisterAgent", "os", [AGENT_PATH, agent.capability])
            await _call(bus, manager, f"{AGENT_MANAGER}.RequestDefaultAgent", "o", [AGENT_PATH])
        except BUS_ERRORS as exc:
            log.debug("agent: %r", exc)
        yield
    finally:
        # BlueZ unregisters an agent whose connection ends.
        bus.disconnect()


async def _connect() -> MessageBus:
    bus = MessageBus(bus_type=BusType.SYSTEM)
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            return await bus.connect()
    except BaseException:
        bus.disconnect()
        raise


@asynccontextmanager
async def _system_bus() -> AsyncIterator[MessageBus]:
    bus = await _connect()
    try:
        yield bus
    finally:
        bus.disconnect()


async def _call(
    bus: MessageBus, path: str, method: str, signature: str = "", body: Sequence[Any] = ()
) -> list[Any]:
    """Call `method` (`interface.Member`) of bluetoothd; what it answers."""
    interface, _, member = method.rpartition(".")
    message = Message(
        destination=BLUEZ, path=path, interface=interface, member=member, signature=signature, body=list(body)
    )
    async with asyncio.timeout(CALL_TIMEOUT_S):
        reply = await bus.call(message)
    if reply.message_type is MessageType.ERROR:
        raise DBusError(reply.error_name or BLUEZ, str(reply.body))
    return list(reply.body)


async def _objects(bus: MessageBus) -> dict[str, dict[str, dict[str, Any]]]:
    (objects,) = await _call(bus, "/", f"{OBJECT_MANAGER}.GetManagedObjects")
    return dict(objects)


async def _first_adapter(bus: MessageBus) -> str:
    adapters = sorted(path for path, interfaces in (await _objects(bus)).items() if ADAPTER in interfaces)
    if not adapters:
        raise DBusError("org.bluez.Error.NotAvailable", "no adapter")
    return adapters[0]


async def _devices(bus: MessageBus, address: str) -> list[tuple[str, dict[str, Any]]]:
    """The devices of that address, one for each adapter that knows it: object path and properties."""
    return [
        (path, interfaces[DEVICE])
        for path, interfaces in (await _objects(bus)).items()
        if DEVICE in interfaces and interfaces[DEVICE]["Address"].value == address.upper()
    ]
