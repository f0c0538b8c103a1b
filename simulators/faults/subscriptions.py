"""What a client gets of values and services: too little, too much, too old."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from bleak.backends.service import BleakGATTServiceCollection

from simulators.faults.schedule import End, Fault
from simulators.faults.stages import at_stages
from simulators.radio.fault_hooks import HookCall, HookedClient, HookPoint

if TYPE_CHECKING:
    from simulators.radio.air import VirtualRadio


@dataclass(frozen=True, kw_only=True)
class FirstValuesLost(Fault):
    """The first `count` values after each subscription never reach the callback."""

    address: str
    count: int = 1

    async def begin(self, radio: "VirtualRadio") -> End:
        """Swallow them."""
        left: WeakKeyDictionary[HookedClient, dict[str, int]] = WeakKeyDictionary()

        async def hook(passage: HookCall) -> None:
            if passage.client is None or passage.address != self.address:
                return
            if passage.stage is HookPoint.SUBSCRIBE:
                left.setdefault(passage.client, {})[passage.characteristic] = self.count

        def swallow(client: HookedClient, handle: int, value: bytes) -> list[bytes]:
            counts, uuid = left.get(client, {}), client.uuid_of(handle)
            if counts.get(uuid, 0) > 0:
                counts[uuid] -= 1
                return []
            return [value]

        radio.fault_hooks.values.append(swallow)
        remove = at_stages(radio, hook)

        async def end() -> None:
            radio.fault_hooks.values.remove(swallow)
            await remove()

        return end


@dataclass(frozen=True, kw_only=True)
class DoubledCallbacks(Fault):
    """From the second connection on each value reaches the callback twice."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Count connections."""
        connections = 0

        async def hook(passage: HookCall) -> None:
            nonlocal connections
            if passage.stage is HookPoint.CONNECTED and passage.address == self.address:
                connections += 1

        def double(client: HookedClient, _: int, value: bytes) -> list[bytes]:
            return [value] * (2 if client.address == self.address and connections > 1 else 1)

        radio.fault_hooks.values.append(double)
        remove = at_stages(radio, hook)

        async def end() -> None:
            radio.fault_hooks.values.remove(double)
            await remove()

        return end


@dataclass(frozen=True, kw_only=True)
class MissingServices(Fault):
    """The first `times` connections come up before these services (full UUIDs) are known."""

    address: str
    services: frozenset[str]
    times: int = 1

    async def begin(self, radio: "VirtualRadio") -> End:
        """Hide them."""
        left = self.times

        def hide(address: str, table: BleakGATTServiceCollection) -> BleakGATTServiceCollection:
            nonlocal left
            if address != self.address or not left:
                return table
            left -= 1
            return _without(table, self.services)

        radio.fault_hooks.services.append(hide)

        async def end() -> None:
            radio.fault_hooks.services.remove(hide)

        return end


@dataclass(frozen=True, kw_only=True)
class StaleServices(Fault):
    """The system gives the table of the first connection for ever, until the device is removed (`unpair`)."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Begin to cache."""
        cached: dict[str, BleakGATTServiceCollection] = {}

        def recall(address: str, table: BleakGATTServiceCollection) -> BleakGATTServiceCollection:
            return cached.setdefault(address, table) if address == self.address else table

        async def hook(passage: HookCall) -> None:
            if passage.stage is HookPoint.FORGET:
                cached.pop(passage.address, None)

        radio.fault_hooks.services.append(recall)
        remove = at_stages(radio, hook)

        async def end() -> None:
            radio.fault_hooks.services.remove(recall)
            await remove()

        return end


def _without(table: BleakGATTServiceCollection, hidden: frozenset[str]) -> BleakGATTServiceCollection:
    shown = BleakGATTServiceCollection()
    for service in table:
        if service.uuid not in hidden:
            shown.add_service(service)
            # Characteristics are registered with the collection only; their service has them already.
            for characteristic in service.characteristics:
                shown.characteristics[characteristic.handle] = characteristic
                for descriptor in characteristic.descriptors:
                    shown.descriptors[descriptor.handle] = descriptor
    return shown
