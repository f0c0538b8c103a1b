"""The failures that real BLE systems have on record, and for each the fault that shows it on a virtual radio.

A driver that survives this table has met, in virtual time, what made users of comparable systems complain.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.faults import bluez_errors as bluez
from simulators.faults.adapter import AdapterReset
from simulators.faults.connecting import (
    BusyAdapter,
    ConnectFails,
    DeadEndAfterTimeout,
    DeviceForgotten,
    OutOfSlots,
    StaleInProgress,
    StillConnected,
)
from simulators.faults.links import (
    AddressRotation,
    CrowdedAir,
    DropAtStage,
    LostBonds,
    SlowInterval,
    StaleSubscriptions,
)
from simulators.faults.schedule import Fault
from simulators.faults.stages import StageHangs, bus_dies
from simulators.faults.subscriptions import (
    DoubledCallbacks,
    FirstValuesLost,
    MissingServices,
    StaleServices,
)
from simulators.radio.fault_hooks import HookPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureMode:
    """One recorded failure: a short name, what happens, where it is on record, and the fault for an address.

    `services` that the fault hides are given as full UUIDs; only `services_late` uses them.
    """

    name: str
    failure: str
    records: tuple[str, ...]
    fault: Callable[[str, frozenset[str]], Fault]


FAILURE_MODES = (
    FailureMode(
        name="callback_doubled",
        failure="the notification callback is doubled after a reconnect",
        records=("bleak #2002",),
        fault=lambda address, _: DoubledCallbacks(address=address),
    ),
    FailureMode(
        name="drop_after_subscribe",
        failure="the link drops right after subscribing",
        records=("bleak #1885",),
        fault=lambda address, _: DropAtStage(address=address, stage=HookPoint.SUBSCRIBED, after_s=0.01),
    ),
    FailureMode(
        name="first_values_lost",
        failure="the first notifications after subscribing are lost",
        records=("bleak #374",),
        fault=lambda address, _: FirstValuesLost(address=address, count=3),
    ),
    FailureMode(
        name="second_subscribe_hangs",
        failure="a second start_notify hangs",
        records=("bleak #484", "bleak #1645", "bleak #1969"),
        fault=lambda address, _: StageHangs(stage=HookPoint.SUBSCRIBE, address=address, nth=frozenset({2})),
    ),
    FailureMode(
        name="stale_subscriptions",
        failure="subscriptions survive a disconnect; stop_notify on a dead link raises",
        records=("bleak #472",),
        fault=lambda address, _: StaleSubscriptions(address=address),
    ),
    FailureMode(
        name="abort_by_local",
        failure="le-connection-abort-by-local; an immediate retry usually works",
        records=("bleak #993", "bleak #1673", "bleak #1220"),
        fault=lambda address, _: ConnectFails(address=address, script=(bluez.abort_by_local,)),
    ),
    FailureMode(
        name="crowded_air",
        failure="several IMUs: drops grow with count times rate",
        records=("bleak #1858",),
        fault=lambda _address, _: CrowdedAir(packets_per_s=150.0),
    ),
    FailureMode(
        name="in_progress",
        failure="InProgress on parallel scan and connect: one lock per adapter",
        records=("bleak #1036", "bleak #694", "bleak #958", "bleak #971"),
        fault=lambda _address, _: BusyAdapter(),
    ),
    FailureMode(
        name="stale_in_progress",
        failure="stale InProgress after kill -9, until the device is removed",
        records=("bleak-retry-connector #226",),
        fault=lambda address, _: StaleInProgress(address=address),
    ),
    FailureMode(
        name="still_connected",
        failure="device still connected after our crash: not advertising, not found",
        records=("bleak #992", "bleak #367"),
        fault=lambda address, _: StillConnected(address=address),
    ),
    FailureMode(
        name="device_forgotten",
        failure="device removed from BlueZ when scanning stops, or after hours",
        records=("bleak #1176", "bleak #713"),
        fault=lambda address, _: DeviceForgotten(address=address, after_s=30.0),
    ),
    FailureMode(
        name="dead_end_after_timeout",
        failure="dead end after a connect timeout",
        records=("bleak #490",),
        fault=lambda _address, _: DeadEndAfterTimeout(),
    ),
    FailureMode(
        name="drop_during_discovery",
        failure="the link drops during service discovery",
        records=("bleak #1489",),
        fault=lambda address, _: DropAtStage(address=address, stage=HookPoint.DISCOVER, after_s=0.2),
    ),
    FailureMode(
        name="services_late",
        failure="ServicesResolved before the services are exported",
        records=("bluez #1489",),
        fault=lambda address, services: MissingServices(address=address, services=services),
    ),
    FailureMode(
        name="stale_services",
        failure="stale GATT cache after a firmware change",
        records=("bleak #882", "bleak #628"),
        fault=lambda address, _: StaleServices(address=address),
    ),
    FailureMode(
        name="lost_bonds",
        failure="pairing needs an agent; cuffs bond first, drop, lose keys",
        records=("bleak #1434", "bleak #1380", "hass-omron #125", "hass-omron #91"),
        fault=lambda address, _: LostBonds(address=address),
    ),
    FailureMode(
        name="address_changes",
        failure="private address changes after pairing or over time",
        records=("bleak #1737", "bleak #1237"),
        fault=lambda address, _: AddressRotation(address=address, every_s=60.0),
    ),
    FailureMode(
        name="adapter_reset",
        failure="scanning dies silently; adapter wedges; bluetoothd restarts",
        records=("HA core PR #77043", "bluez #1554", "bleak #887", "signalk-server PR #3057"),
        fault=lambda _address, _: AdapterReset(error=bluez.service_unknown),
    ),
    FailureMode(
        name="bus_dies",
        failure="D-Bus dies: EOFError, BrokenPipe",
        records=("bleak #1921",),
        fault=lambda _address, _: bus_dies(),
    ),
    FailureMode(
        name="out_of_slots",
        failure="out of connection slots",
        records=("bleak-retry-connector OUT_OF_SLOTS_ERRORS",),
        fault=lambda _address, _: OutOfSlots(slots=1),
    ),
    FailureMode(
        name="slow_interval",
        failure="slow interval, dropped samples",
        records=("OpenBCI_Python #42", "noble #293"),
        fault=lambda address, _: SlowInterval(address=address, interval_s=0.2),
    ),
)
