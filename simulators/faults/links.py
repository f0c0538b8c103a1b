"""Faults of the air, of the link, and of the peripheral's radio."""

import asyncio
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bumble.hci import HCI_ErrorCode

from simulators.faults.schedule import End, Fault, nothing_to_undo
from simulators.radio.fault_hooks import HookCall, HookPoint
from simulators.radio.link_layer.host import static_address
from simulators.radio.link_layer.link import AirTime

if TYPE_CHECKING:
    from simulators.radio.air import VirtualRadio
    from simulators.radio.link_layer.link import LinkBehaviour


@dataclass(frozen=True, kw_only=True)
class LinkLoss(Fault):
    """The link drops at once, at both ends; the peripheral advertises again."""

    address: str
    reason: int = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR

    async def begin(self, radio: "VirtualRadio") -> End:
        """Drop it."""
        radio.drop_link(self.address, self.reason)
        return nothing_to_undo


@dataclass(frozen=True, kw_only=True)
class OutOfRange(Fault):
    """The peripheral is out of range; links end by supervision timeout."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Carry it away."""
        radio.set_in_range(self.address, False)

        async def end() -> None:
            radio.set_in_range(self.address, True)

        return end


@dataclass(frozen=True, kw_only=True)
class PowerLoss(Fault):
    """The peripheral is off, without a word; afterwards it starts anew, with its bonds."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Take the battery out."""
        peripheral = radio.peripheral(self.address)
        await radio.remove(self.address)

        async def end() -> None:
            await radio.add(peripheral)

        return end


@dataclass(frozen=True, kw_only=True)
class _BehaviourFault(Fault):
    """Changes how the peripheral's links behave, those it has and those it will have."""

    address: str

    def changed(self, behaviour: "LinkBehaviour") -> "LinkBehaviour":
        """How they behave while it holds."""
        raise NotImplementedError

    async def begin(self, radio: "VirtualRadio") -> End:
        """Change."""
        before = radio.peripheral(self.address).controller.behaviour
        _set_behaviour(radio, self.address, self.changed(before))

        async def end() -> None:
            _set_behaviour(radio, self.address, before)

        return end


@dataclass(frozen=True, kw_only=True)
class NoisyAir(_BehaviourFault):
    """A share of the connection events fails and is repeated: values come later and in larger bursts."""

    event_loss_rate: float

    def changed(self, behaviour: "LinkBehaviour") -> "LinkBehaviour":
        """Lose events."""
        return dataclasses.replace(behaviour, event_loss_rate=self.event_loss_rate)


@dataclass(frozen=True, kw_only=True)
class SlowInterval(_BehaviourFault):
    """The host grants a long connection interval; what does not fit is lost in the sensor's buffer."""

    interval_s: float

    def changed(self, behaviour: "LinkBehaviour") -> "LinkBehaviour":
        """Slow down."""
        return dataclasses.replace(behaviour, interval_s=self.interval_s)


@dataclass(frozen=True, kw_only=True)
class CrowdedAir(Fault):
    """The adapter carries no more than `packets_per_s` in all: losses grow with sensors times rate."""

    packets_per_s: float

    async def begin(self, radio: "VirtualRadio") -> End:
        """Share the air."""
        radio.medium.airtime = AirTime(self.packets_per_s)

        async def end() -> None:
            radio.medium.airtime = None

        return end


@dataclass(frozen=True, kw_only=True)
class DropAtStage(Fault):
    """The link drops `after_s` after a client passes `stage`, the first `times` times."""

    address: str
    stage: HookPoint
    after_s: float = 0.0
    times: int = 1

    async def begin(self, radio: "VirtualRadio") -> End:
        """Drop the link `after_s` after a client passes the stage."""
        left = self.times

        async def hook(passage: HookCall) -> None:
            nonlocal left
            if left and passage.stage is self.stage and passage.address == self.address:
                left -= 1
                asyncio.get_running_loop().call_later(self.after_s, radio.drop_link, self.address)

        radio.fault_hooks.stages.append(hook)

        async def end() -> None:
            radio.fault_hooks.stages.remove(hook)

        return end


@dataclass(frozen=True, kw_only=True)
class AddressRotation(Fault):
    """The peripheral changes its random address, at once and every `every_s`, while nobody is connected."""

    address: str
    every_s: float = 900.0

    async def begin(self, radio: "VirtualRadio") -> End:
        """Begin to rotate."""
        peripheral = radio.peripheral(self.address)
        rng = radio.rng(repr(self))

        async def rotate() -> None:
            while True:
                await peripheral.wait_for(lambda: not peripheral.is_connected)
                await peripheral.change_address(static_address(rng))
                await asyncio.sleep(self.every_s)

        task = radio.spawn(rotate(), f"address of {self.address} rotates")

        async def end() -> None:
            task.cancel()

        return end


@dataclass(frozen=True, kw_only=True)
class LostBonds(Fault):
    """The peripheral has forgotten every central it was bonded with."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Forget."""
        radio.peripheral(self.address).bonds.all_keys.clear()
        return nothing_to_undo


@dataclass(frozen=True, kw_only=True)
class StaleSubscriptions(Fault):
    """The peripheral keeps its subscriptions over a lost link and talks before anybody asked again."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Let it keep them."""
        peripheral = radio.peripheral(self.address)
        kept_before = peripheral.keeps_subscriptions
        peripheral.keeps_subscriptions = True

        async def end() -> None:
            peripheral.keeps_subscriptions = kept_before

        return end


def _set_behaviour(radio: "VirtualRadio", address: str, behaviour: "LinkBehaviour") -> None:
    controller = radio.peripheral(address).controller
    controller.behaviour = behaviour
    for connection in controller.ends.values():
        air = connection.air
        air.behaviour = behaviour
        if air.interval_s != behaviour.interval_s:
            air.update(interval_s=behaviour.interval_s, supervision_timeout_s=behaviour.supervision_timeout_s)
