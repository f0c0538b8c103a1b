"""What can go wrong in a scenario, as a table: in a device, on the radio, at the station.

How the radio's faults are done is in `simulators.scenario.radio_faults`; what the names of the recorded
failures of real systems stand for (with their records) in `simulators.faults.failure_modes`.
"""

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
_IMUS = ("imu_proximal", "imu_distal")


def _device(name: str, meaning: str, *numbers: str, roles: tuple[str, ...] = ()) -> FaultKind:
    return FaultKind(name=name, layer=Layer.DEVICE, meaning=meaning, numbers=numbers, roles=roles)


def _radio(name: str, meaning: str, *numbers: str, needs_device: bool = True) -> FaultKind:
    return FaultKind(
        name=name, layer=Layer.RADIO, meaning=meaning, numbers=numbers, needs_device=needs_device
    )


def _station(name: str, meaning: str, *numbers: str) -> FaultKind:
    return FaultKind(name=name, layer=Layer.STATION, meaning=meaning, numbers=numbers, needs_device=False)


FAULTS: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        _device("freeze", "the same values again and again"),
        _device("sensor_off", "taken off the body", roles=_WORN),
        _device("low_perfusion", "cold hand: `share` of the perfusion is left", "share", roles=_OXIMETER),
        _device("motion_artefact", "the hand moves: wrong values, flagged", roles=_OXIMETER),
        _device(
            "rate_error",
            "counts `offset_per_min` too many and does not know it",
            "offset_per_min",
            roles=_WORN,
        ),
        _device("measurement_error", "the cuff shows an error", roles=("cuff",)),
        _device("clock_step", "the cuff's clock jumps by `step_s`, for good", "step_s", roles=("cuff",)),
        _device("clock_drift", "the sensor's clock runs `drift_ppm` faster", "drift_ppm", roles=_IMUS),
        _radio("link_loss", "the link drops; the device cannot be heard until the end"),
        _radio("out_of_range", "carried away; the link ends by supervision timeout"),
        _radio("battery_death", "off without a word, until the battery is changed at the end"),
        _radio("loss", "values are lost in bursts: `share` of them, `burst` in a row", "share", "burst"),
        _radio("duplicate", "a `share` of the values comes twice", "share"),
        _radio("reorder", "a `share` of the values comes after the next", "share"),
        _radio("delay", "values come `delay_s` late, and up to `jitter_s` more", "delay_s", "jitter_s"),
        _radio("corrupt", "a `share` of the values has `bits` wrong bits", "share", "bits"),
        _radio("truncate", "a `share` of the values is cut off", "share"),
        _radio("wrong_device", "another product of the same kind and name is there too, on somebody else"),
        _radio("noisy_air", "a `share` of the connection events is repeated", "share"),
        _radio("silent_scan", "running scans hear nothing more", needs_device=False),
        # The recorded failures of real systems.
        _radio("callback_doubled", "the notification callback is doubled after a reconnect"),
        _radio("drop_after_subscribe", "the link drops right after subscribing"),
        _radio("first_values_lost", "the first notifications after subscribing are lost"),
        _radio("second_subscribe_hangs", "a second start_notify hangs", needs_device=False),
        _radio("stale_subscriptions", "subscriptions survive a disconnect"),
        _radio("abort_by_local", "le-connection-abort-by-local; a retry works"),
        _radio("crowded_air", "the adapter carries 150 packets a second", needs_device=False),
        _radio("in_progress", "InProgress on parallel scan and connect", needs_device=False),
        _radio("stale_in_progress", "InProgress until the device is removed"),
        _radio("still_connected", "connected since our crash: not advertising"),
        _radio("device_forgotten", "removed from BlueZ after a while"),
        _radio("dead_end_after_timeout", "dead end after a connect timeout", needs_device=False),
        _radio("drop_during_discovery", "the link drops during service discovery"),
        _radio("services_late", "ServicesResolved before the services are there"),
        _radio("stale_services", "stale GATT cache after a firmware change"),
        _radio("lost_bonds", "the device has forgotten its bonds"),
        _radio("address_changes", "the random address changes every minute"),
        _radio("adapter_reset", "the adapter is down until the end", needs_device=False),
        _radio("bus_dies", "D-Bus dies", needs_device=False),
        _radio("out_of_slots", "one connection slot only", needs_device=False),
        _radio("slow_interval", "a connection interval of 200 ms"),
        # What happens to the station is told to whoever drives it (`Truth.faults`): no simulator can do it.
        _station("broker_down", "the therapist's broker cannot be reached"),
        _station("disk_full", "nothing more can be recorded"),
        _station("clock_set", "the station's clock of day is set by `step_s`", "step_s"),
        _station("queue_late", "inputs are worked off `late_s` late", "late_s"),
    )
}
