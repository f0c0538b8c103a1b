"""What can go wrong in a scenario, as a table: in a device, on the radio, at the station."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Layer(StrEnum):
    """Who makes the fault happen."""

    DEVICE = "device"
    RADIO = "radio"
    STATION = "station"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One kind of fault.

    `numbers` are the parameters that a scenario may give; `roles` the devices that it can happen to (empty:
    all); `needs_device` False for what happens to the adapter or the station.
    """

    name: str
    layer: Layer
    meaning: str
    numbers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    needs_device: bool = True


_OXIMETER = ("oximeter",)
_WORN = ("oximeter", "heart_rate_strap")


def _station(name: str, meaning: str, *numbers: str) -> FaultKind:
    return FaultKind(name=name, layer=Layer.STATION, meaning=meaning, numbers=numbers, needs_device=False)


FAULTS: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind(name="freeze", layer=Layer.DEVICE, meaning="the same values again and again"),
        FaultKind(name="sensor_off", layer=Layer.DEVICE, meaning="taken off the body", roles=_WORN),
        FaultKind(
            name="low_perfusion",
            layer=Layer.DEVICE,
            meaning="cold hand: `share` of the perfusion is left",
            numbers=("share",),
            roles=_OXIMETER,
        ),
        FaultKind(
            name="motion_artefact",
            layer=Layer.DEVICE,
            meaning="the hand moves: wrong values, flagged",
            roles=_OXIMETER,
        ),
        FaultKind(
            name="rate_error",
            layer=Layer.DEVICE,
            meaning="counts wrong without knowing it: `offset_per_min` too many",
            numbers=("offset_per_min",),
            roles=_WORN,
        ),
        FaultKind(
            name="measurement_error", layer=Layer.DEVICE, meaning="the cuff shows an error", roles=("cuff",)
        ),
        FaultKind(name="battery_death", layer=Layer.DEVICE, meaning="off without a word"),
        FaultKind(
            name="clock_step",
            layer=Layer.DEVICE,
            meaning="the device's clock jumps by `step_s`",
            numbers=("step_s",),
        ),
        FaultKind(
            name="link_loss", layer=Layer.RADIO, meaning="the link drops; the device is back afterwards"
        ),
        FaultKind(name="out_of_range", layer=Layer.RADIO, meaning="out of range"),
        FaultKind(
            name="loss",
            layer=Layer.RADIO,
            meaning="values are lost in bursts: `share` of them, `burst` in a row",
            numbers=("share", "burst"),
        ),
        FaultKind(name="duplicate", layer=Layer.RADIO, meaning="values come twice", numbers=("share",)),
        FaultKind(
            name="delay", layer=Layer.RADIO, meaning="values come `delay_s` late", numbers=("delay_s",)
        ),
        FaultKind(name="corrupt", layer=Layer.RADIO, meaning="a bit of a value is wrong", numbers=("share",)),
        FaultKind(name="truncate", layer=Layer.RADIO, meaning="values are cut off", numbers=("share",)),
        # What happens to the station is told to whoever drives it (`Truth.faults`): no simulator can do it.
        _station("broker_down", "the therapist's broker cannot be reached"),
        _station("disk_full", "nothing more can be recorded"),
        _station("clock_set", "the station's clock of day is set by `step_s`", "step_s"),
        _station("queue_late", "inputs are worked off `late_s` late", "late_s"),
    )
}
DEVICE_FAULTS = frozenset(name for name, kind in FAULTS.items() if kind.layer is Layer.DEVICE)
RADIO_FAULTS = frozenset(name for name, kind in FAULTS.items() if kind.layer is Layer.RADIO)
STATION_FAULTS = frozenset(name for name, kind in FAULTS.items() if kind.layer is Layer.STATION)
