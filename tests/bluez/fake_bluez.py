"""A fake `org.bluez` on D-Bus: what bleak's own BlueZ backend asks for, and what BlueZ does to it.

The real bluetoothd (5.66) was the model for names, paths, error texts and the order of signals. It serves one
adapter, `FakeDevice`s in its range, an agent for pairing, and it misbehaves on request.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Self

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tests.bluez.gatt_devices import FakeCharacteristic, FakeDevice

ADAPTER_PATH = "/org/bluez/hci0"
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
AGENT = "org.bluez.Agent1"
AGENT_MANAGER = "org.bluez.AgentManager1"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"

ADVERTISING_INTERVAL_S = 0.03
# Between a connection and its end, when BlueZ aborts it; and by how much the services come too late.
MOMENT_S = 0.03

Properties = dict[str, Variant]
Reply = tuple[str, list[Any]]


class Refusal(Exception):  # noqa: N818 -- a D-Bus error reply, not an error of ours
    """What the caller gets instead of a reply."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


IN_PROGRESS = Refusal("org.bluez.Error.InProgress", "Operation already in progress")
NOT_READY = Refusal("org.bluez.Error.NotReady", "Resource Not Ready")
NOT_CONNECTED = Refusal("org.bluez.Error.NotConnected", "Not Connected")
NOT_PAIRED = Refusal("org.bluez.Error.NotPermitted", "Not paired")
NO_DISCOVERY = Refusal("org.bluez.Error.Failed", "No discovery started")
ABORTED = Refusal("org.bluez.Error.Failed", "le-connection-abort-by-local")
DOES_NOT_EXIST = Refusal("org.bluez.Error.DoesNotExist", "Does Not Exist")
AUTHENTICATION_FAILED = Refusal("org.bluez.Error.AuthenticationFailed", "Authentication Failed")


def _unknown_object(path: str, member: str) -> Refusal:
    return Refusal("org.freedesktop.DBus.Error.UnknownObject", f'Method "{member}" on {path} doesn\'t exist')


class FakeBlueZ:
    """bluetoothd, as far as bleak and our links can see it. An async context manager: inside, it runs.

    `calls` has every method that was called on it, as (member, object path). `refuse` scripts error replies.
    """

    def __init__(self, bus_address: str, *devices: FakeDevice) -> None:
        self.devices = devices
        self.calls: list[tuple[str, str]] = []
        self.plugged = True
        self.powered = True
        self.agents: dict[str, str] = {}
        self._bus_address = bus_address
        self._bus: MessageBus | None = None
        self._refusals: dict[str, deque[Refusal]] = {}
        self._discovering: set[str] = set()
        self._known: set[FakeDevice] = set()
        self._resolved: set[FakeDevice] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._methods: Mapping[tuple[str, str], Callable[[Message], Awaitable[Reply]]] = {
            (OBJECT_MANAGER, "GetManagedObjects"): self._get_managed_objects,
            (PROPERTIES, "Set"): self._set_property,
            (ADAPTER, "SetDiscoveryFilter"): self._nothing,
            (ADAPTER, "StartDiscovery"): self._start_discovery,
            (ADAPTER, "StopDiscovery"): self._stop_discovery,
            (ADAPTER, "RemoveDevice"): self._remove_device,
            (DEVICE, "Connect"): self._connect,
            (DEVICE, "Disconnect"): self._disconnect,
            (DEVICE, "Pair"): self._pair,
            (CHARACTERISTIC, "ReadValue"): self._read,
            (CHARACTERISTIC, "WriteValue"): self._write,
            (CHARACTERISTIC, "StartNotify"): self._start_notify,
            (CHARACTERISTIC, "StopNotify"): self._stop_notify,
            (AGENT_MANAGER, "RegisterAgent"): self._register_agent,
            (AGENT_MANAGER, "RequestDefaultAgent"): self._nothing,
            (AGENT_MANAGER, "UnregisterAgent"): self._unregister_agent,
        }

    # ---- the daemon's life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.crash()

    async def start(self) -> None:
        """Come up on the bus; bonded devices are known from the start, the others must be seen first."""
        self._bus = await MessageBus(bus_address=self._bus_address).connect()
        self._bus.add_message_handler(self._on_message)
        await self._bus.request_name("org.bluez")
        self._known = {device for device in self.devices if device.paired}
        if self.plugged:
            self._added(ADAPTER_PATH, {ADAPTER: self._adapter_properties()})
            for device in self._known:
                self._added(_path(device), {DEVICE: self._device_properties(device)})
        self._spawn(self._advertise())

    async def crash(self) -> None:
        """Die without a word: no signal, links end, only bonds survive."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.disconnect()
        for device in self.devices:
            self._reset(device)
        self._known.clear()
        self._discovering.clear()
        self.agents.clear()

    async def stop(self) -> None:
        """Shut down in order, as on `systemctl stop bluetooth`: everything is said to be gone."""
        self.unplug_adapter()
        self.plugged = True
        await self.crash()

    # ---- what happens to it

    def refuse(self, member: str, refusal: Refusal, *, times: int = 1) -> None:
        """Answer the next calls of `member` with an error."""
        self._refusals.setdefault(member, deque()).extend([refusal] * times)

    def plug_adapter(self) -> None:
        """Plug the adapter in."""
        self.plugged = True
        self._added(ADAPTER_PATH, {ADAPTER: self._adapter_properties()})

    def unplug_adapter(self) -> None:
        """Pull it out, with everything on it."""
        for device in tuple(self._known):
            self.drop(device)
            self._forget(device)
        self.plugged = False
        self._discovering.clear()
        self._removed(ADAPTER_PATH, ADAPTER)

    def set_powered(self, *, powered: bool) -> None:
        """Switch the adapter on or off, as `bluetoothctl power` does."""
        if not powered:
            for device in self.devices:
                self.drop(device)
            self._discovering.clear()
        self.powered = powered
        changed = {"Powered": Variant("b", powered), "Discovering": Variant("b", False)}
        self._changed(ADAPTER_PATH, ADAPTER, changed)

    def drop(self, device: FakeDevice) -> None:
        """End a device's link, from its side."""
        if not device.connected:
            return
        for path, interface, _ in self._table(device):
            if device in self._resolved:
                self._removed(path, interface)
        self._reset(device)
        self._changed(
            _path(device), DEVICE, {"ServicesResolved": Variant("b", False), "Connected": Variant("b", False)}
        )

    def notify(self, device: FakeDevice, uuid: str, value: bytes) -> bool:
        """Let a device send a value; False if nobody has subscribed."""
        if not device[uuid].notifying:
            return False
        self._value(device, device[uuid], value)
        return True

    # ---- D-Bus

    def _on_message(self, call: Message) -> bool:
        if call.message_type is not MessageType.METHOD_CALL:
            return False
        method = self._methods.get((call.interface or "", call.member or ""))
        if method is None:
            return False
        if call.interface != OBJECT_MANAGER:
            self.calls.append((call.member or "", call.path or ""))
        self._spawn(self._answer(call, method))
        return True

    async def _answer(self, call: Message, method: Callable[[Message], Awaitable[Reply]]) -> None:
        try:
            scripted = self._refusals.get(call.member or "")
            if scripted:
                raise scripted.popleft()
            signature, body = await method(call)
        except Refusal as refusal:
            self._send(Message.new_error(call, refusal.name, str(refusal)))
        else:
            self._send(Message.new_method_return(call, signature, body))

    def _send(self, message: Message) -> None:
        if self._bus is None or not self._bus.connected:
            return
        with contextlib.suppress(OSError):  # the bus has died, and dbus-fast does not know it yet
            self._bus.send(message).add_done_callback(_look)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._send(Message.new_signal(path, interface, member, signature, body))

    def _added(self, path: str, interfaces: dict[str, Properties]) -> None:
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def _removed(self, path: str, interface: str) -> None:
        self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [path, [interface]])

    def _changed(
        self, path: str, interface: str, changed: Properties, invalidated: tuple[str, ...] = ()
    ) -> None:
        body = [interface, changed, list(invalidated)]
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- its objects

    def _adapter_properties(self) -> Properties:
        return {
            "Address": Variant("s", "00:AA:01:00:00:00"),
            "Powered": Variant("b", self.powered),
            "Discovering": Variant("b", bool(self._discovering)),
            "Roles": Variant("as", ["central", "peripheral"]),
        }

    def _device_properties(self, device: FakeDevice) -> Properties:
        return {
            "Adapter": Variant("o", ADAPTER_PATH),
            "Address": Variant("s", device.address),
            "AddressType": Variant("s", "random"),
            "Name": Variant("s", device.name),
            "Alias": Variant("s", device.name),
            "UUIDs": Variant("as", list(device.advertised)),
            "RSSI": Variant("n", device.rssi_dbm),
            "Paired": Variant("b", device.paired),
            "Trusted": Variant("b", device.trusted),
            "Connected": Variant("b", device.connected),
            "ServicesResolved": Variant("b", device in self._resolved),
        }

    def _table(self, device: FakeDevice) -> list[tuple[str, str, Properties]]:
        """The GATT objects: path, interface, properties; a service before its characteristics."""
        objects: list[tuple[str, str, Properties]] = []
        handle = 9
        for uuid, characteristics in device.services.items():
            handle += 1
            service = f"{_path(device)}/service{handle:04x}"
            about = {
                "UUID": Variant("s", uuid),
                "Primary": Variant("b", True),
                "Device": Variant("o", _path(device)),
            }
            objects.append((service, SERVICE, about))
            for characteristic in characteristics:
                handle += 1
                about = {
                    "UUID": Variant("s", characteristic.uuid),
                    "Service": Variant("o", service),
                    "Flags": Variant("as", list(characteristic.flags)),
                    "Notifying": Variant("b", characteristic.notifying),
                    "MTU": Variant("q", 247),
                }
                objects.append((f"{service}/char{handle:04x}", CHARACTERISTIC, about))
                handle += 2
        return objects

    def _device(self, call: Message) -> FakeDevice:
        for device in self._known:
            if call.path == _path(device):
                return device
        raise _unknown_object(call.path or "", call.member or "")

    def _characteristic(self, call: Message) -> tuple[FakeDevice, FakeCharacteristic]:
        for device in self._resolved:
            every = [c for table in device.services.values() for c in table]
            paths = [path for path, interface, _ in self._table(device) if interface == CHARACTERISTIC]
            if call.path in paths:
                characteristic = every[paths.index(call.path)]
                if characteristic.bonded_only and not device.paired:
                    raise NOT_PAIRED
                return device, characteristic
        raise _unknown_object(call.path or "", call.member or "")

    def _require_power(self, call: Message) -> None:
        if not self.plugged:
            raise _unknown_object(call.path or "", call.member or "")
        if not self.powered:
            raise NOT_READY

    # ---- what it does by itself

    async def _advertise(self) -> None:
        while True:
            await asyncio.sleep(ADVERTISING_INTERVAL_S)
            if not self._discovering:
                continue
            for device in self.devices:
                if device.connected or not device.in_range:
                    continue
                if device in self._known:
                    self._changed(_path(device), DEVICE, {"RSSI": Variant("n", device.rssi_dbm)})
                else:
                    self._known.add(device)
                    self._added(_path(device), {DEVICE: self._device_properties(device)})

    async def _resolve(self, device: FakeDevice) -> None:
        await asyncio.sleep(0)
        if device.drops_in_discovery:
            device.drops_in_discovery -= 1
            self.drop(device)
            return
        resolved = {"ServicesResolved": Variant("b", True)}
        if device.early_resolves:
            device.early_resolves -= 1
            self._changed(_path(device), DEVICE, resolved)
            await asyncio.sleep(MOMENT_S)
            if not device.connected:
                return
        self._resolved.add(device)
        for path, interface, about in self._table(device):
            self._added(path, {interface: about})
        self._changed(_path(device), DEVICE, resolved)

    def _reset(self, device: FakeDevice) -> None:
        device.connected = False
        self._resolved.discard(device)
        for table in device.services.values():
            for characteristic in table:
                characteristic.notifying = False

    def _forget(self, device: FakeDevice) -> None:
        self._known.discard(device)
        self._removed(_path(device), DEVICE)

    def _value(self, device: FakeDevice, characteristic: FakeCharacteristic, value: bytes) -> None:
        every = [c for table in device.services.values() for c in table]
        paths = [path for path, interface, _ in self._table(device) if interface == CHARACTERISTIC]
        path = paths[every.index(characteristic)]
        self._changed(path, CHARACTERISTIC, {"Value": Variant("ay", value)})

    # ---- methods

    async def _nothing(self, _: Message) -> Reply:
        return "", []

    async def _get_managed_objects(self, _: Message) -> Reply:
        objects: dict[str, dict[str, Properties]] = {}
        if self.plugged:
            objects[ADAPTER_PATH] = {ADAPTER: self._adapter_properties()}
            for device in self._known:
                objects[_path(device)] = {DEVICE: self._device_properties(device)}
            for device in self._resolved:
                objects |= {path: {interface: about} for path, interface, about in self._table(device)}
        return "a{oa{sa{sv}}}", [objects]

    async def _set_property(self, call: Message) -> Reply:
        device = self._device(call)
        interface, name, value = call.body
        assert (interface, name) == (DEVICE, "Trusted")
        device.trusted = value.value
        return "", []

    async def _start_discovery(self, call: Message) -> Reply:
        self._require_power(call)
        if call.sender in self._discovering:
            raise IN_PROGRESS
        self._discovering.add(call.sender or "")
        return "", []

    async def _stop_discovery(self, call: Message) -> Reply:
        self._require_power(call)
        if call.sender not in self._discovering:
            raise NO_DISCOVERY
        self._discovering.discard(call.sender)
        return "", []

    async def _remove_device(self, call: Message) -> Reply:
        for device in tuple(self._known):
            if _path(device) == call.body[0]:
                self.drop(device)
                device.paired = device.stuck = False
                self._forget(device)
                return "", []
        raise DOES_NOT_EXIST

    async def _connect(self, call: Message) -> Reply:
        device = self._device(call)
        self._require_power(call)
        if device.stuck:
            raise IN_PROGRESS
        if device.vanished_connects:
            device.vanished_connects -= 1
            self._forget(device)
            raise _unknown_object(call.path or "", "Connect")
        if not device.connected:
            device.connected = True
            self._changed(_path(device), DEVICE, {"Connected": Variant("b", True)})
            if device.aborted_connects:
                device.aborted_connects -= 1
                asyncio.get_running_loop().call_later(MOMENT_S, self.drop, device)
                raise ABORTED
            self._spawn(self._resolve(device))
        return "", []

    async def _disconnect(self, call: Message) -> Reply:
        device = self._device(call)
        if not device.connected:
            raise NOT_CONNECTED
        self.drop(device)
        return "", []

    async def _pair(self, call: Message) -> Reply:
        device = self._device(call)
        agent = next(iter(self.agents.items()), None)
        if agent is None:
            raise AUTHENTICATION_FAILED
        await self._connect(call)
        question = "RequestAuthorization" if device.passkey is None else "RequestPasskey"
        assert self._bus is not None
        answer = await self._bus.call(
            Message(
                destination=agent[0],
                path=agent[1],
                interface=AGENT,
                member=question,
                signature="o",
                body=[_path(device)],
            )
        )
        assert answer is not None
        refused = answer.message_type is MessageType.ERROR
        if not refused and device.passkey is not None:
            device.passkeys_typed.append(answer.body[0])
            refused = answer.body[0] != device.passkey
        if refused:
            self.drop(device)
            raise AUTHENTICATION_FAILED
        device.paired = True
        self._changed(_path(device), DEVICE, {"Paired": Variant("b", True)})
        return "", []

    async def _read(self, call: Message) -> Reply:
        device, characteristic = self._characteristic(call)
        # BlueZ sets the property as well, and a subscriber takes that for a notification.
        self._value(device, characteristic, characteristic.value)
        return "ay", [characteristic.value]

    async def _write(self, call: Message) -> Reply:
        _, characteristic = self._characteristic(call)
        characteristic.written.append(bytes(call.body[0]))
        return "", []

    async def _start_notify(self, call: Message) -> Reply:
        _, characteristic = self._characteristic(call)
        if characteristic.notifying:
            raise IN_PROGRESS
        characteristic.notifying = True
        characteristic.subscriptions += 1
        if characteristic.on_subscribe is not None:
            asyncio.get_running_loop().call_soon(characteristic.on_subscribe)
        return "", []

    async def _stop_notify(self, call: Message) -> Reply:
        _, characteristic = self._characteristic(call)
        characteristic.notifying = False
        return "", []

    async def _register_agent(self, call: Message) -> Reply:
        self.agents[call.sender or ""] = call.body[0]
        return "", []

    async def _unregister_agent(self, call: Message) -> Reply:
        self.agents.pop(call.sender or "", None)
        return "", []


def _look(sent: asyncio.Future[None]) -> None:
    """Take note of a send's failure: that the bus can die under us is part of the play."""
    if not sent.cancelled():
        sent.exception()


def _path(device: FakeDevice) -> str:
    return f"{ADAPTER_PATH}/dev_{device.address.replace(':', '_')}"
