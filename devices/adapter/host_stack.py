"""What a link needs from the system's Bluetooth service beyond bleak's API."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol


class HostStack(Protocol):
    """Housekeeping in the host stack. Best effort: none of these raises, all return within a few seconds."""

    async def release(self, address: str) -> None:
        """End a connection that a process which is no more has left open (bleak #992, #367)."""

    async def forget(self, address: str) -> None:
        """Remove everything stored about a device: stale services, stale InProgress; also its bond."""

    async def power_cycle(self, adapter: str | None) -> None:
        """Switch the adapter (None: the first one) off and on: the last cure for one that is wedged."""

    def pairing(self, address: str, passkey: int | None) -> AbstractAsyncContextManager[None]:
        """While it is open, pairing requests of `address` are answered, with `passkey` if asked for."""


class NoHostStack:
    """For radios that keep nothing between connections, and systems that do all of this themselves."""

    async def release(self, address: str) -> None:
        """Nothing is left open."""

    async def forget(self, address: str) -> None:
        """Nothing is stored."""

    async def power_cycle(self, adapter: str | None) -> None:
        """It is not ours to switch."""

    def pairing(self, address: str, passkey: int | None) -> AbstractAsyncContextManager[None]:
        """The system asks its user itself."""
        return nullcontext()
