"""A host stack that notes what was asked of it, and frees what a test has stuck."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager


def _nothing() -> None:
    pass


class ScriptedHostStack:
    """A `HostStack`; the `on_...` say what comes of a request. `agent_for` is the device being paired."""

    def __init__(self) -> None:
        self.released: list[str] = []
        self.forgotten: list[str] = []
        self.power_cycles = 0
        self.on_release: Callable[[], None] = _nothing
        self.on_forget: Callable[[], None] = _nothing
        self.on_power_cycle: Callable[[], None] = _nothing
        self.agent_for: str | None = None

    async def release(self, address: str) -> None:
        self.released.append(address)
        self.on_release()

    async def forget(self, address: str) -> None:
        self.forgotten.append(address)
        self.on_forget()

    async def power_cycle(self, adapter: str | None) -> None:
        self.power_cycles += 1
        self.on_power_cycle()

    def pairing(self, address: str, passkey: int | None) -> AbstractAsyncContextManager[None]:
        return self._agent(address)

    @asynccontextmanager
    async def _agent(self, address: str) -> AsyncIterator[None]:
        self.agent_for = address
        yield
        self.agent_for = None
