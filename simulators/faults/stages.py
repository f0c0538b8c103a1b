"""Operations that are slow, hang or fail, wherever in a client's life."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.faults.bluez_errors import MakeError, authentication_failed
from simulators.faults.schedule import End, Fault
from simulators.radio.fault_hooks import HookCall, HookPoint, StageHook

if TYPE_CHECKING:
    from simulators.radio.air import VirtualRadio


def at_stages(radio: "VirtualRadio", hook: StageHook) -> End:
    """Put a hook at all stages; gives what takes it away."""
    radio.fault_hooks.stages.append(hook)

    async def end() -> None:
        radio.fault_hooks.stages.remove(hook)

    return end


@dataclass(frozen=True, kw_only=True)
class StageHangs(Fault):
    """An operation never returns: the passages of `stage` counted in `nth` (1 is the first) since it began.

    When the fault ends, what hangs goes on.
    """

    stage: HookPoint
    address: str
    nth: frozenset[int] = frozenset({1})

    async def begin(self, radio: "VirtualRadio") -> End:
        """Begin to count."""
        passed = 0
        over = asyncio.Event()

        async def hook(passage: HookCall) -> None:
            nonlocal passed
            if passage.stage is self.stage and passage.address == self.address:
                passed += 1
                if passed in self.nth:
                    await over.wait()

        remove = at_stages(radio, hook)

        async def end() -> None:
            over.set()
            await remove()

        return end


@dataclass(frozen=True, kw_only=True)
class SlowStage(Fault):
    """An operation takes `delay_s` longer: a slow discovery, a slow write."""

    stage: HookPoint
    delay_s: float
    address: str | None = None

    async def begin(self, radio: "VirtualRadio") -> End:
        """Slow it down."""

        async def hook(passage: HookCall) -> None:
            if passage.stage is self.stage and self.address in {None, passage.address}:
                await asyncio.sleep(self.delay_s)

        return at_stages(radio, hook)


@dataclass(frozen=True, kw_only=True)
class StageFails(Fault):
    """Every operation of these stages raises, as long as it holds."""

    stages: frozenset[HookPoint]
    error: MakeError

    async def begin(self, radio: "VirtualRadio") -> End:
        """Let them fail."""

        async def hook(passage: HookCall) -> None:
            if passage.stage in self.stages:
                raise self.error()

        return at_stages(radio, hook)


def no_pairing_agent() -> StageFails:
    """`pair` fails: nobody has registered an agent."""
    return StageFails(stages=frozenset({HookPoint.PAIR}), error=authentication_failed)


def bus_dies(error: MakeError = EOFError) -> StageFails:
    """Every call meets a dead bus: EOFError, or BrokenPipeError (bleak #1921)."""
    return StageFails(stages=frozenset(HookPoint), error=error)
