"""A fault, and when it holds."""

import abc
import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.radio.air import VirtualRadio

End = Callable[[], Awaitable[None]]


class Fault(abc.ABC):
    """Something that goes wrong on a radio from `begin` until what `begin` gave is called.

    Faults hold no state themselves: the same one may begin again, on the same or on another radio. Whatever
    is left to chance comes from the radio's seed and the fault's own words.
    """

    @abc.abstractmethod
    async def begin(self, radio: "VirtualRadio") -> End:
        """Take hold; gives what ends it.

        Raises:
            UnknownPeripheralError: it is about a peripheral that is not on this radio.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A fault that holds from `at_s` of a schedule, for `for_s` seconds (None: to the radio's end)."""

    fault: Fault
    at_s: float = 0.0
    for_s: float | None = None


@contextlib.asynccontextmanager
async def inject(radio: "VirtualRadio", *faults: Fault) -> AsyncIterator[None]:
    """Let faults hold inside a block; they take hold in order and end in the opposite one."""
    async with contextlib.AsyncExitStack() as stack:
        for fault in faults:
            stack.push_async_callback(await fault.begin(radio))
        yield


async def play(radio: "VirtualRadio", schedule: Sequence[Scheduled]) -> None:
    """Let a schedule happen, from now on; returns when all that ends has ended."""
    start_s = asyncio.get_running_loop().time()

    async def happen(one: Scheduled) -> None:
        await asyncio.sleep(max(0.0, start_s + one.at_s - asyncio.get_running_loop().time()))
        end = await one.fault.begin(radio)
        if one.for_s is not None:
            await asyncio.sleep(one.for_s)
            await end()

    async with asyncio.TaskGroup() as tasks:
        for one in schedule:
            tasks.create_task(happen(one), name=f"{type(one.fault).__name__} at {one.at_s:g} s")


async def nothing_to_undo() -> None:
    """The end of a fault that was over as soon as it had begun."""
