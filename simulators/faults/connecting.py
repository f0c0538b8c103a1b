"""Connections that do not come about: what the station's system answers instead."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakSet

from bleak.exc import BleakDeviceNotFoundError

from simulators.faults.bluez_errors import MakeError, in_progress, out_of_slots
from simulators.faults.schedule import End, Fault
from simulators.faults.stages import at_stages
from simulators.radio.fault_hooks import HookCall, HookPoint
from simulators.radio.link_layer.controller import Heard

if TYPE_CHECKING:
    from simulators.radio.air import VirtualRadio
    from simulators.radio.fault_hooks import HookedClient


@dataclass(frozen=True, kw_only=True)
class ConnectFails(Fault):
    """Attempts fail by a script: each error in turn, None lets one pass; afterwards all pass.

    `address` None: attempts to all devices together.
    """

    script: Sequence[MakeError | None]
    address: str | None = None

    async def begin(self, radio: "VirtualRadio") -> End:
        """Begin the script."""
        left = list(self.script)

        async def hook(passage: HookCall) -> None:
            if passage.stage is HookPoint.CONNECT and self.address in {None, passage.address} and left:
                make = left.pop(0)
                if make is not None:
                    raise make()

        return at_stages(radio, hook)


@dataclass(frozen=True, kw_only=True)
class BusyAdapter(Fault):
    """Connecting, or beginning to scan, while another connect is under way is answered with InProgress."""

    async def begin(self, radio: "VirtualRadio") -> End:
        """Refuse instead of queueing."""

        async def hook(passage: HookCall) -> None:
            if passage.stage in {HookPoint.CONNECT, HookPoint.SCAN} and radio.station.is_connecting:
                raise in_progress()

        return at_stages(radio, hook)


@dataclass(frozen=True, kw_only=True)
class StaleInProgress(Fault):
    """Connecting is answered with InProgress until the device is removed (`unpair`)."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Refuse."""
        removed = False

        async def hook(passage: HookCall) -> None:
            nonlocal removed
            if passage.address != self.address:
                return
            if passage.stage is HookPoint.FORGET:
                removed = True
            if passage.stage is HookPoint.CONNECT and not removed:
                raise in_progress()

        return at_stages(radio, hook)


@dataclass(frozen=True, kw_only=True)
class StillConnected(Fault):
    """A link that a client left when its process died: the device is connected, silent and not found."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Connect, and forget about it."""
        peripheral = radio.peripheral(self.address)
        await radio.station.connect(peripheral.air_address)

        async def end() -> None:
            connection = radio.station.connection_to(peripheral.air_address)
            if connection is not None:
                await radio.station.disconnect(connection)

        return end


@dataclass(frozen=True, kw_only=True)
class DeviceForgotten(Fault):
    """A device that was not heard for `after_s` is unknown to the system; connecting says so."""

    after_s: float
    address: str | None = None

    async def begin(self, radio: "VirtualRadio") -> End:
        """Begin to listen, and to forget."""
        loop = asyncio.get_running_loop()
        heard_s: dict[str, float] = {}

        def on_heard(heard: Heard) -> bool:
            heard_s[heard.address.to_string(False)] = loop.time()
            return True

        async def hook(passage: HookCall) -> None:
            if passage.stage is not HookPoint.CONNECT or self.address not in {None, passage.address}:
                return
            if loop.time() - heard_s.get(passage.address, -float("inf")) > self.after_s:
                text = f"Device with address {passage.address} was not found."
                raise BleakDeviceNotFoundError(passage.address, text)

        radio.fault_hooks.heard.append(on_heard)
        remove = at_stages(radio, hook)

        async def end() -> None:
            radio.fault_hooks.heard.remove(on_heard)
            await remove()

        return end


@dataclass(frozen=True, kw_only=True)
class DeadEndAfterTimeout(Fault):
    """A client whose connect did not succeed never connects again; a new client does."""

    async def begin(self, radio: "VirtualRadio") -> End:
        """Remember who failed."""
        trying: WeakSet[HookedClient] = WeakSet()

        async def hook(passage: HookCall) -> None:
            if passage.client is None:
                return
            if passage.stage is HookPoint.CONNECT:
                if passage.client in trying:
                    raise in_progress()
                trying.add(passage.client)
            elif passage.stage is HookPoint.CONNECTED:
                trying.discard(passage.client)

        return at_stages(radio, hook)


@dataclass(frozen=True, kw_only=True)
class OutOfSlots(Fault):
    """The adapter holds no more than `slots` links."""

    slots: int

    async def begin(self, radio: "VirtualRadio") -> End:
        """Begin to count."""

        async def hook(passage: HookCall) -> None:
            if passage.stage is HookPoint.CONNECT and len(radio.station.device.connections) >= self.slots:
                raise out_of_slots()

        return at_stages(radio, hook)
