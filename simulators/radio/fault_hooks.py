"""Where faults take hold of the station's side: at the stages of a client's life and on what it is given.

Everything here is empty by default and costs nothing; `simulators.faults` fills it.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bleak.backends.service import BleakGATTServiceCollection

from simulators.radio.link_layer.controller import Heard


class HookPoint(StrEnum):
    """A moment at which a hook may fail, wait, or do something to the radio."""

    SCAN = "scan"  # a scanner starts
    CONNECT = "connect"  # before the adapter tries
    CONNECTED = "connected"  # the link is up, its services are not known yet
    PAIR = "pair"
    DISCOVER = "discover"  # before the service discovery
    READ = "read"
    WRITE = "write"
    SUBSCRIBE = "subscribe"  # before the descriptor is written
    SUBSCRIBED = "subscribed"  # after it was acknowledged
    FORGET = "forget"  # the bond, and what the system remembers of the device, are dropped


class HookedClient(Protocol):
    """What a hook may know of the client that passes."""

    @property
    def address(self) -> str:
        """The device it connects to."""

    def uuid_of(self, handle: int) -> str:
        """The characteristic with that value handle, empty if the client knows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """A client (None: a scanner) passes a stage; `characteristic` is a full UUID where there is one."""

    stage: HookPoint
    address: str = ""
    client: HookedClient | None = None
    characteristic: str = ""


StageHook = Callable[[HookCall], Awaitable[None]]
HeardHook = Callable[[Heard], bool]
ServicesHook = Callable[[str, BleakGATTServiceCollection], BleakGATTServiceCollection]
ValueHook = Callable[[HookedClient, int, bytes], Iterable[bytes]]


@dataclass(slots=True)
class FaultHooks:
    """The hooks of one radio.

    `stages` run in order at each stage; one that raises fails the operation, one that waits delays it.
    `heard` decide whether a scanner gets an advertising event. `services` see each discovered table (address,
    table) and give the one the client gets. `values` see each notified value (client, attribute handle,
    value) and give those that reach the callback.
    """

    stages: list[StageHook] = field(default_factory=list)
    heard: list[HeardHook] = field(default_factory=list)
    services: list[ServicesHook] = field(default_factory=list)
    values: list[ValueHook] = field(default_factory=list)

    async def reach(self, passage: HookCall) -> None:
        """Let every hook have its say."""
        for hook in list(self.stages):
            await hook(passage)

    def lets_hear(self, heard: Heard) -> bool:
        """Whether an advertising event gets through."""
        return all(hook(heard) for hook in self.heard)

    def alter_services(self, address: str, table: BleakGATTServiceCollection) -> BleakGATTServiceCollection:
        """The table as the client gets it."""
        for hook in self.services:
            table = hook(address, table)
        return table

    def alter_value(self, client: HookedClient, handle: int, value: bytes) -> Iterable[bytes]:
        """The values that reach the callback for one that arrived."""
        values: list[bytes] = [value]
        for hook in self.values:
            values = [out for one in values for out in hook(client, handle, one)]
        return values
