"""A fake `org.bluez` on D-Bus: what bleak's own BlueZ backend asks for, and what BlueZ does to it.

The real bluetoothd (5.66) was the model for names, paths, error texts and the order of signals. It serves one
adapter, `FakeDevice`s in its range, an agent for pairing, and it misbehaves on request.
"""

import asyncio
from collections.abc import Sequence
from typing import Self

from dbus_fast import Message, MessageType, Variant

from tests.bluez import bluez_objects as bluez
from tests.bluez.bluez_objects import (
    ADAPTER,
    ADAPTER_PATH,
    CHARACTERISTIC,
    DEVICE,
    adapter_properties,
    device_properties,
    gatt_objects,
    path_of,
    unknown_object,
)
from tests.bluez.dbus_service import NOTHING, OBJECT_MANAGER, PROPERTIES, DBusService, Properties, Reply
from tests.bluez.gatt_devices import FakeCharacteristic, FakeDevice

ADVERTISING_INTERVAL_S = 0.03
# Between a connection and its end, when BlueZ aborts it; and by how much the services come too late.
MOMENT_S = 0.03

TRUE, FALSE = Variant("b", True), Variant("b", False)


class FakeBlueZ(DBusService):
    """bluetoothd, as far as bleak and our links can see it. An async context manager: inside, it runs.

    `refuse` scripts error replies (the constants of `tests.bluez.bluez_objects`), the methods below let
    things happen, and each `FakeDevice` has misbehaviour of its own. The next `deaf_scans` scans start as
    they should and hear nobody.
    """

    def __init__(self, bus_address: str, *devices: FakeDevice) -> None:
        super().__init__(bus_address, "org.bluez")
        self.devices = devices
        self.plugged = True
        self.powered = True
        self.deaf_scans = 0
        self.agents: dict[str, str] = {}
        self._deaf = False
        self._discovering: set[str] = set()
        self._known: set[FakeDevice] = set()
        self._resolved: set[FakeDevice] = set()
        self.methods = {
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
            (bluez.AGENT_MANAGER, "RegisterAgent"): self._register_agent,
            (bluez.AGENT_MANAGER, "RequestDefaultAgent"): self._nothing,
            (bluez.AGENT_MANAGER, "UnregisterAgent"): self._unregister_agent,
        }

    # ---- the daemon's life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.crash()

    async def start(self) -> None:
        """Come up on the bus; bonded devices are known from the start, the others must be seen first."""
        await self.come_up()
        self._known = {device for device in self.devices if device.paired}
        if self.plugged:
            self.plug_adapter()
            for device in self._known:
                self._say_device(device)
        self.spawn(self._advertise())

    async def crash(self) -> None:
        """Die without a word: no signal, links end, only bonds survive."""
        await self.go_down()
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

    def on_client_gone(self, client: str) -> None:
        """What a client had registered goes with its connection."""
        self.agents.pop(client, None)
        self._discovering.discard(client)

    # ---- what happens to it

    @property
    def is_discovering(self) -> bool:
        """Whether anybody's scan runs."""
        return bool(self._discovering)

    def plug_adapter(self) -> None:
        """Plug the adapter in."""
        self.plugged = True
        self.added(ADAPTER_PATH, ADAPTER, self._adapter())

    def unplug_adapter(self) -> None:
        """Pull it out, with everything on it."""
        for device in tuple(self._known):
            self.drop(device)
            self._forget(device)
        self.plugged = False
        self._discovering.clear()
        self.removed(ADAPTER_PATH, ADAPTER)

    def set_powered(self, *, powered: bool) -> None:
        """Switch the adapter on or off, as `bluetoothctl power` does."""
        if not powered:
            for device in self.devices:
                self.drop(device)
            self._discovering.clear()
        self.powered = powered
        self.changed(ADAPTER_PATH, ADAPTER, Powered=Variant("b", powered), Discovering=FALSE)

    def drop(self, device: FakeDevice) -> None:
        """End a device's link, from its side."""
        if not device.connected:
            return
        if device in self._resolved:
            for gatt in gatt_objects(device):
                self.removed(gatt.path, gatt.interface)
        self._reset(device)
        self.changed(path_of(device), DEVICE, ServicesResolved=FALSE, Connected=FALSE)

    def leave_connected(self, device: FakeDevice) -> None:
        """Hold a connection that nobody uses: a process that was killed had made it."""
        self._known.add(device)
        self._say_device(device)
        self._establish(device)
        self.spawn(self._resolve(device))

    def notify(self, device: FakeDevice, uuid: str, value: bytes) -> bool:
        """Let a device send a value; False if nobody has subscribed."""
        if not device[uuid].notifying:
            return False
        self._value(device, device[uuid], value)
        return True

    def notify_when_subscribed(self, device: FakeDevice, uuid: str, values: Sequence[bytes]) -> None:
        """Let a device send values as soon as it is asked for them, once."""

        def send() -> None:
            device[uuid].on_subscribe = None
            for value in values:
                self.notify(device, uuid, value)

        device[uuid].on_subscribe = send

    # ---- what it does by itself

    async def _advertise(self) -> None:
        while True:
            await asyncio.sleep(ADVERTISING_INTERVAL_S)
            if not self._discovering or self._deaf:
                continue
            for device in self.devices:
                if device.connected or not device.in_range:
                    continue
                if device in self._known:
                    self.changed(path_of(device), DEVICE, RSSI=Variant("n", device.rssi_dbm))
                else:
                    self._known.add(device)
                    self._say_device(device)

    async def _resolve(self, device: FakeDevice) -> None:
        await asyncio.sleep(0)
        if device.drops_in_discovery:
            device.drops_in_discovery -= 1
            self.drop(device)
            return
        if device.early_resolves:
            device.early_resolves -= 1
            self.changed(path_of(device), DEVICE, ServicesResolved=TRUE)
            await asyncio.sleep(MOMENT_S)
            if not device.connected:
                return
        self._resolved.add(device)
        for gatt in gatt_objects(device):
            self.added(gatt.path, gatt.interface, gatt.properties)
        self.changed(path_of(device), DEVICE, ServicesResolved=TRUE)

    def _establish(self, device: FakeDevice) -> None:
        device.connected = True
        self.changed(path_of(device), DEVICE, Connected=TRUE)

    def _reset(self, device: FakeDevice) -> None:
        device.connected = False
        self._resolved.discard(device)
        for table in device.services.values():
            for characteristic in table:
                characteristic.notifying = False

    def _forget(self, device: FakeDevice) -> None:
        self._known.discard(device)
        self.removed(path_of(device), DEVICE)

    def _say_device(self, device: FakeDevice) -> None:
        self.added(path_of(device), DEVICE, self._device_properties(device))

    def _value(self, device: FakeDevice, characteristic: FakeCharacteristic, value: bytes) -> None:
        gatt = next(gatt for gatt in gatt_objects(device) if gatt.characteristic is characteristic)
        self.changed(gatt.path, CHARACTERISTIC, Value=Variant("ay", value))

    # ---- its objects

    def _adapter(self) -> Properties:
        return adapter_properties(powered=self.powered, discovering=bool(self._discovering))

    def _device_properties(self, device: FakeDevice) -> Properties:
        return device_properties(device, resolved=device in self._resolved)

    def _device(self, call: Message) -> FakeDevice:
        for device in self._known:
            if call.path == path_of(device):
                return device
        raise unknown_object(call)

    def _characteristic(self, call: Message) -> tuple[FakeDevice, FakeCharacteristic]:
        for device in self._resolved:
            for gatt in gatt_objects(device):
                if gatt.path == call.path and gatt.characteristic is not None:
                    if gatt.characteristic.bonded_only and not device.paired:
                        raise bluez.NOT_PAIRED
                    return device, gatt.characteristic
        raise unknown_object(call)

    def _require_power(self, call: Message) -> None:
        if not self.plugged:
            raise unknown_object(call)
        if not self.powered:
            raise bluez.NOT_READY

    # ---- methods

    async def _nothing(self, _: Message) -> Reply:
        return NOTHING

    async def _get_managed_objects(self, _: Message) -> Reply:
        objects: dict[str, dict[str, Properties]] = {}
        if self.plugged:
            objects[ADAPTER_PATH] = {ADAPTER: self._adapter()}
            for device in self._known:
                objects[path_of(device)] = {DEVICE: self._device_properties(device)}
            for device in self._resolved:
                objects |= {gatt.path: {gatt.interface: gatt.properties} for gatt in gatt_objects(device)}
        return "a{oa{sa{sv}}}", [objects]

    async def _set_property(self, call: Message) -> Reply:
        interface, name, value = call.body
        if (interface, name) == (ADAPTER, "Powered"):
            self.set_powered(powered=value.value)
            return NOTHING
        device = self._device(call)
        assert (interface, name) == (DEVICE, "Trusted")
        device.trusted = value.value
        return NOTHING

    async def _start_discovery(self, call: Message) -> Reply:
        self._require_power(call)
        if call.sender in self._discovering:
            raise bluez.IN_PROGRESS
        self._deaf = self.deaf_scans > 0
        self.deaf_scans = max(0, self.deaf_scans - 1)
        self._discovering.add(call.sender or "")
        return NOTHING

    async def _stop_discovery(self, call: Message) -> Reply:
        self._require_power(call)
        if call.sender not in self._discovering:
            raise bluez.NO_DISCOVERY
        self._discovering.discard(call.sender)
        return NOTHING

    async def _remove_device(self, call: Message) -> Reply:
        for device in tuple(self._known):
            if path_of(device) == call.body[0]:
                self.drop(device)
                device.paired = device.stuck = False
                self._forget(device)
                return NOTHING
        raise bluez.DOES_NOT_EXIST

    async def _connect(self, call: Message) -> Reply:
        device = self._device(call)
        self._require_power(call)
        if device.stuck:
            raise bluez.IN_PROGRESS
        if device.vanished_connects:
            device.vanished_connects -= 1
            self._forget(device)
            raise unknown_object(call)
        if not device.connected:
            self._establish(device)
            if device.aborted_connects:
                device.aborted_connects -= 1
                asyncio.get_running_loop().call_later(MOMENT_S, self.drop, device)
                raise bluez.ABORTED
            self.spawn(self._resolve(device))
        return NOTHING

    async def _disconnect(self, call: Message) -> Reply:
        device = self._device(call)
        if not device.connected:
            raise bluez.NOT_CONNECTED
        self.drop(device)
        return NOTHING

    async def _pair(self, call: Message) -> Reply:
        device = self._device(call)
        if not self.agents:
            raise bluez.AUTHENTICATION_FAILED
        await self._connect(call)
        owner, path = next(iter(self.agents.items()))
        question = "RequestAuthorization" if device.passkey is None else "RequestPasskey"
        answer = await self.call(owner, path, f"{bluez.AGENT}.{question}", "o", path_of(device))
        refused = answer.message_type is MessageType.ERROR
        if not refused and device.passkey is not None:
            device.passkeys_typed.append(answer.body[0])
            refused = answer.body[0] != device.passkey
        if refused:
            self.drop(device)
            raise bluez.AUTHENTICATION_FAILED
        device.paired = True
        self.changed(path_of(device), DEVICE, Paired=TRUE)
        return NOTHING

    async def _read(self, call: Message) -> Reply:
        device, characteristic = self._characteristic(call)
        # BlueZ sets the property as well, and a subscriber takes that for a notification.
        self._value(device, characteristic, characteristic.value)
        return "ay", [characteristic.value]

    async def _write(self, call: Message) -> Reply:
        _, characteristic = self._characteristic(call)
        characteristic.written.append(bytes(call.body[0]))
        return NOTHING

    async def _start_notify(self, call: Message) -> Reply:
        _, characteristic = self._characteristic(call)
        if characteristic.notifying:
            raise bluez.IN_PROGRESS
        characteristic.notifying = True
        characteristic.subscriptions += 1
        if characteristic.on_subscribe is not None:
            asyncio.get_running_loop().call_soon(characteristic.on_subscribe)
        return NOTHING

    async def _stop_notify(self, call: Message) -> Reply:
        _, characteristic = self._characteristic(call)
        characteristic.notifying = False
        return NOTHING

    async def _register_agent(self, call: Message) -> Reply:
        self.agents[call.sender or ""] = call.body[0]
        return NOTHING

    async def _unregister_agent(self, call: Message) -> Reply:
        self.agents.pop(call.sender or "", None)
        return NOTHING
