"""The radio's faults of a scenario: names and numbers to what happens on a virtual radio."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulators.faults.adapter import SilentScan
from simulators.faults.failure_modes import FAILURE_MODES
from simulators.faults.links import LinkLoss, NoisyAir, OutOfRange, PowerLoss
from simulators.faults.schedule import End, Fault, nothing_to_undo
from simulators.faults.values import Corrupt, Delay, Duplicate, Loss, Reorder, Truncate

if TYPE_CHECKING:
    from simulators.peripherals.peripheral import Peripheral
    from simulators.radio.air import VirtualRadio


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a fault happens to: an address (empty: the adapter), its services (full UUIDs), the numbers.

    `double` makes another product of the same kind and name, which somebody else wears.
    """

    address: str = ""
    services: frozenset[str] = frozenset()
    numbers: Mapping[str, float] = field(default_factory=dict)
    double: "Callable[[], Peripheral] | None" = None

    def number(self, name: str, default: float) -> float:
        """A parameter of the scenario."""
        return self.numbers.get(name, default)


@dataclass(frozen=True, kw_only=True)
class _Gone(Fault):
    """The link drops at once, and the device cannot be heard until the end."""

    address: str

    async def begin(self, radio: "VirtualRadio") -> End:
        """Drop it and carry it away."""
        await LinkLoss(address=self.address).begin(radio)
        return await OutOfRange(address=self.address).begin(radio)


@dataclass(frozen=True, kw_only=True)
class WrongDevice(Fault):
    """Another product of the same kind and name comes into the room, and leaves at the end."""

    double: "Callable[[], Peripheral] | None"

    async def begin(self, radio: "VirtualRadio") -> End:
        """Start the fault at its time and end it after its duration."""
        if self.double is None:
            return nothing_to_undo
        peripheral = self.double()
        await radio.add(peripheral)

        async def end() -> None:
            await radio.remove(peripheral.address)

        return end


Make = Callable[[Target], Fault]
_OWN: Mapping[str, Make] = {
    "link_loss": lambda it: _Gone(address=it.address),
    "out_of_range": lambda it: OutOfRange(address=it.address),
    "battery_death": lambda it: PowerLoss(address=it.address),
    "loss": lambda it: Loss(
        address=it.address, share=it.number("share", 0.05), burst=it.number("burst", 2.0)
    ),
    "duplicate": lambda it: Duplicate(address=it.address, share=it.number("share", 0.1)),
    "reorder": lambda it: Reorder(address=it.address, share=it.number("share", 0.1)),
    "delay": lambda it: Delay(
        address=it.address, delay_s=it.number("delay_s", 0.3), jitter_s=it.number("jitter_s", 0.0)
    ),
    "corrupt": lambda it: Corrupt(
        address=it.address, share=it.number("share", 0.1), bits=round(it.number("bits", 1.0))
    ),
    "truncate": lambda it: Truncate(address=it.address, share=it.number("share", 0.1)),
    "wrong_device": lambda it: WrongDevice(double=it.double),
    "noisy_air": lambda it: NoisyAir(address=it.address, event_loss_rate=it.number("share", 0.3)),
    "silent_scan": lambda it: SilentScan(),
}


def _recorded(make: Callable[[str, frozenset[str]], Fault]) -> Make:
    return lambda it: make(it.address, it.services)


RADIO_FAULTS: Mapping[str, Make] = {
    **{mode.name: _recorded(mode.fault) for mode in FAILURE_MODES},
    **_OWN,
}
