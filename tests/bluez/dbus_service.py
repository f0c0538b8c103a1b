"""A service on a private bus: methods with scripted refusals, an object manager's signals."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
BUS = "org.freedesktop.DBus"

Properties = dict[str, Variant]
Reply = tuple[str, list[Any]]
Method = Callable[[Message], Awaitable[Reply]]

NOTHING: Reply = ("", [])


class Refusal(Exception):  # noqa: N818 -- a D-Bus error reply, not an error of ours
    """What the caller gets instead of a reply."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class DBusService:
    """The part of a fake daemon that has to do with D-Bus.

    `methods` answer by (interface, member); `calls` has every call in order, as (member, object path).
    """

    methods: Mapping[tuple[str, str], Method]

    def __init__(self, bus_address: str, name: str) -> None:
        self.calls: list[tuple[str, str]] = []
        self._bus_address = bus_address
        self._name = name
        self._bus: MessageBus | None = None
        self._refusals: dict[str, deque[Refusal]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def refuse(self, member: str, refusal: Refusal, *, times: int = 1) -> None:
        """Answer the next calls of `member` with an error."""
        self._refusals.setdefault(member, deque()).extend([refusal] * times)

    def on_client_gone(self, client: str) -> None:
        """The connection with that unique name has left the bus."""

    async def come_up(self) -> None:
        """Take the name."""
        self._bus = await MessageBus(bus_address=self._bus_address).connect()
        self._bus.add_message_handler(self._on_message)
        rule = f"type='signal',interface='{BUS}',member='NameOwnerChanged'"
        await self.call(BUS, "/org/freedesktop/DBus", f"{BUS}.AddMatch", "s", rule)
        await self._bus.request_name(self._name)

    async def go_down(self) -> None:
        """Leave the bus without a word."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.disconnect()

    async def call(self, destination: str, path: str, method: str, signature: str, argument: str) -> Message:
        """Call `method` (`interface.Member`) of somebody else; the reply, an error among them."""
        interface, _, member = method.rpartition(".")
        assert self._bus is not None
        reply = await self._bus.call(
            Message(
                destination=destination,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=[argument],
            )
        )
        assert reply is not None
        return reply

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background, for as long as the service is up."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def added(self, path: str, interface: str, properties: Properties) -> None:
        """Say that an object is there."""
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: properties}])

    def removed(self, path: str, interface: str) -> None:
        """Say that an object is gone."""
        self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [path, [interface]])

    def changed(self, path: str, interface: str, **properties: Variant) -> None:
        """Say that properties have changed."""
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, properties, []])

    def _on_message(self, call: Message) -> bool:
        if call.member == "NameOwnerChanged":
            self.on_client_gone(call.body[0])
        if call.message_type is not MessageType.METHOD_CALL:
            return False
        method = self.methods.get((call.interface or "", call.member or ""))
        if method is None:
            return False
        if call.interface != OBJECT_MANAGER:
            self.calls.append((call.member or "", call.path or ""))
        self.spawn(self._answer(call, method))
        return True

    async def _answer(self, call: Message, method: Method) -> None:
        try:
            scripted = self._refusals.get(call.member or "")
            if scripted:
                raise scripted.popleft()
            signature, body = await method(call)
        except Refusal as refusal:
            self._send(Message.new_error(call, refusal.name, str(refusal)))
        else:
            self._send(Message.new_method_return(call, signature, body))

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._send(Message.new_signal(path, interface, member, signature, body))

    def _send(self, message: Message) -> None:
        if self._bus is None or not self._bus.connected:
            return
        with contextlib.suppress(OSError):  # the bus has died, and dbus-fast does not know it yet
            self._bus.send(message).add_done_callback(_look)


def _look(sent: asyncio.Future[None]) -> None:
    """Take note of a send's failure: that the bus can die under us is part of the play."""
    if not sent.cancelled():
        sent.exception()
