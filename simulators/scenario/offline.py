"""The same values without a radio: what a station receives in a scenario, in order of time. Pure.

For tests that drive the service's core through an hour in seconds. Of the radio only the effects are left:
values arrive a little late, and those of an outage do not arrive.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter
from random import Random

from simulators.faults.values import Delay, Effect, ValueFault
from simulators.patient.body import Body
from simulators.peripherals.catalog import build, fault_plan
from simulators.peripherals.device import VirtualDevice
from simulators.peripherals.signal_source import FaultWindow, TimedNotification
from simulators.randomness import generator
from simulators.scenario.loader import FaultEntry, Scenario
from simulators.scenario.radio_faults import RADIO_FAULTS, Target

# Advertise, connect, discover, subscribe: what the station needs until the first value can come.
CONNECT_S = 1.2
# A value waits for the next connection event, then for the host: exponential, mean 2 ms.
_INTERVAL_S = 0.030
_HOST_DELAY_S = 0.002
# A station notices a device that has gone out of range when the supervision timeout has passed.
_SUPERVISION_S = 4.0
# A cuff stays this long on the link before and after its record.
_VISIT_S = 1.0
_DELIVERED_WITHIN_S = 10.0
# Random numbers are cheap by the thousand and dear one by one.
_DRAWN_AT_ONCE = 1024
# Faults that silence a device, and after how long the station knows. Other faults of links and of the host
# exist on the radio only.
_OUTAGES = {
    "link_loss": 0.0,
    "adapter_reset": 0.0,
    "out_of_range": _SUPERVISION_S,
    "battery_death": _SUPERVISION_S,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedValue:
    """A value of a device's characteristic (full UUID), as the station received it."""

    device: str
    characteristic: str
    received_ns: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """The station's link to a device came up, or went down (`reason` in words)."""

    device: str
    is_up: bool
    received_ns: int
    reason: str = ""


Received = ReceivedValue | LinkChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A device cannot be heard; the station notices at `noticed_s` and has it back at `back_s`."""

    start_s: float
    noticed_s: float
    back_s: float
    reason: str


def outages(scenario: Scenario, device: str) -> tuple[Outage, ...]:
    """When a device cannot be heard, in order."""
    found = []
    for entry in scenario.timeline:
        if not isinstance(entry, FaultEntry) or entry.device not in (device, None):
            continue
        if entry.fault not in _OUTAGES:
            continue
        noticed_s = entry.at_s + _OUTAGES[entry.fault]
        back_s = entry.at_s + entry.for_s + CONNECT_S
        # Shorter than the supervision timeout: the link layer repeats until it gets through again.
        if noticed_s < back_s:
            found.append(Outage(start_s=entry.at_s, noticed_s=noticed_s, back_s=back_s, reason=entry.fault))
    return tuple(sorted(found, key=lambda one: one.start_s))


class _Spoilt:
    """The faults of the scenario that lose, repeat, delay or damage a device's values.

    Faults that hold at the same time act one after the other, in the order of the timeline.
    """

    def __init__(self, body: Body, device: str) -> None:
        seed = body.scenario.seed
        self._effects: list[tuple[FaultWindow, Effect | float]] = []
        for window in fault_plan(body, device).windows:
            make = RADIO_FAULTS.get(window.kind)
            fault = None if make is None else make(Target(address=device, numbers=window.numbers))
            if isinstance(fault, Delay):
                self._effects.append((window, fault.delay_s))
            elif isinstance(fault, ValueFault):
                effect = fault.effect(Random(f"{seed}/{device}/{window.start_s}/{window.kind}"))
                self._effects.append((window, effect))

    def apply(self, sent: TimedNotification) -> list[TimedNotification]:
        """What comes out at the other end for one value: none, itself, several, another."""
        out = [sent]
        for window, effect in self._effects:
            if not window.start_s <= sent.at_s < window.end_s:
                continue
            if isinstance(effect, float):
                out = [replace(one, at_s=one.at_s + effect) for one in out]
            else:
                out = [
                    replace(one, at_s=one.at_s + delay_s, payload=payload)
                    for one in out
                    for delay_s, payload in effect(one.payload)
                ]
        return out


def received(scenario: Scenario, *, start_ns: int = 0, body: Body | None = None) -> Iterator[Received]:
    """Everything that the station receives until the scenario ends, in order of time.

    Args:
        scenario: What happens.
        start_ns: The station's monotonic clock when it begins.
        body: Of this scenario, if it is there already.
    """
    body = body or Body(scenario)
    streams = [
        _stream(scenario, device, _Spoilt(body, device.section.name), start_ns)
        for device in build(body)
        if not device.section.absent
    ]
    return heapq.merge(*streams, key=attrgetter("received_ns"))


def _stream(scenario: Scenario, device: VirtualDevice, faults: _Spoilt, start_ns: int) -> Iterator[Received]:
    return heapq.merge(
        sorted(_link_changes(scenario, device, start_ns), key=attrgetter("received_ns")),
        _values(scenario, device, faults, start_ns),
        key=attrgetter("received_ns"),
    )


def _link_changes(scenario: Scenario, device: VirtualDevice, start_ns: int) -> Iterator[LinkChange]:
    def change(t_s: float, *, is_up: bool, reason: str = "") -> LinkChange:
        return LinkChange(
            device=device.section.name, is_up=is_up, received_ns=start_ns + round(t_s * 1e9), reason=reason
        )

    if device.episodic:
        for cycle in device.cycles:
            spoken = [
                one.at_s
                for one in device.source.emissions(cycle.start_s)
                if cycle.start_s <= one.at_s <= cycle.end_s + _DELIVERED_WITHIN_S
            ]
            if spoken and spoken[-1] < scenario.duration_s:
                yield change(spoken[0] - _VISIT_S, is_up=True)
                yield change(spoken[-1] + _VISIT_S, is_up=False, reason="hung up")
        return
    yield change(CONNECT_S, is_up=True)
    for outage in outages(scenario, device.section.name):
        yield change(outage.noticed_s, is_up=False, reason=outage.reason)
        if outage.back_s < scenario.duration_s:
            yield change(outage.back_s, is_up=True)


def _values(
    scenario: Scenario, device: VirtualDevice, faults: _Spoilt, start_ns: int
) -> Iterator[ReceivedValue]:
    name = device.section.name
    waits = _waits(scenario.seed, name)
    gone = outages(scenario, name)
    last_s = 0.0
    for sent in device.source.emissions(CONNECT_S):
        if sent.at_s >= scenario.duration_s:
            return
        wait_s = next(waits)
        if any(outage.start_s <= sent.at_s < outage.back_s for outage in gone):
            continue
        for emission in faults.apply(sent):
            # A link never reorders.
            last_s = max(last_s, emission.at_s + wait_s)
            yield ReceivedValue(
                device=name,
                characteristic=emission.characteristic,
                received_ns=start_ns + round(last_s * 1e9),
                payload=emission.payload,
            )


def _waits(seed: int, name: str) -> Iterator[float]:
    """How long each value is on its way: until the next connection event, then in the host."""
    random = generator(seed, "offline", name)
    while True:
        until_event = _INTERVAL_S * random.random(_DRAWN_AT_ONCE)
        yield from (until_event + _HOST_DELAY_S * random.exponential(size=_DRAWN_AT_ONCE)).tolist()
