"""Devices for the fake BlueZ: what they advertise, their GATT table, and what goes wrong with them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from protocols.ble import blood_pressure as blp
from protocols.ble import heart_rate as hrs
from protocols.ble.blood_pressure import BloodPressureMeasurement
from protocols.ble.heart_rate import HeartRateMeasurement


@dataclass(eq=False, kw_only=True)
class FakeCharacteristic:
    """One characteristic; `written` collects what it was given, `bonded_only` asks for a bond first."""

    uuid: str
    flags: Sequence[str]
    value: bytes = b""
    bonded_only: bool = False
    notifying: bool = False
    subscriptions: int = 0
    written: list[bytes] = field(default_factory=list)
    on_subscribe: Callable[[], None] | None = None


@dataclass(eq=False, kw_only=True)
class FakeDevice:
    """One device in the range of the fake adapter.

    What goes wrong, each as often as its number says and then no more:

    aborted_connects: the connection stands, then BlueZ aborts it (le-connection-abort-by-local).
    vanished_connects: BlueZ has forgotten the device when it is to connect (UnknownObject).
    drops_in_discovery: the link drops before its services are resolved.
    early_resolves: ServicesResolved is true before any service is exported.
    stuck: Connect answers InProgress until the device is removed from BlueZ.
    passkey: what it shows when pairing; None is Just Works. Without an agent pairing fails in either case.
    """

    address: str
    name: str
    advertised: Sequence[str]
    services: Mapping[str, Sequence[FakeCharacteristic]]
    rssi_dbm: int = -58
    in_range: bool = True
    aborted_connects: int = 0
    vanished_connects: int = 0
    drops_in_discovery: int = 0
    early_resolves: int = 0
    stuck: bool = False
    passkey: int | None = None
    connected: bool = False
    paired: bool = False
    trusted: bool = False
    passkeys_typed: list[int] = field(default_factory=list)

    def __getitem__(self, uuid: str) -> FakeCharacteristic:
        """Its first characteristic with that UUID."""
        return next(c for table in self.services.values() for c in table if c.uuid == uuid)


def heart_rate_strap(address: str = "C0:00:00:00:00:01") -> FakeDevice:
    """A strap as the profile wants it."""
    measurement = FakeCharacteristic(uuid=hrs.MEASUREMENT, flags=["notify"])
    return FakeDevice(
        address=address, name="Strap", advertised=[hrs.SERVICE], services={hrs.SERVICE: [measurement]}
    )


def beat(rate_per_min: int) -> bytes:
    """One measurement of a strap."""
    return hrs.encode_measurement(HeartRateMeasurement(heart_rate_per_min=rate_per_min))


def bonding_cuff(address: str = "C0:00:00:00:00:02", *, passkey: int | None = None) -> FakeDevice:
    """A cuff that speaks to bonded hosts only."""
    measurement = FakeCharacteristic(uuid=blp.MEASUREMENT, flags=["indicate"], bonded_only=True)
    return FakeDevice(
        address=address,
        name="Cuff",
        advertised=[blp.SERVICE],
        services={blp.SERVICE: [measurement]},
        passkey=passkey,
    )


def record(systolic: int) -> bytes:
    """One stored record of a cuff, in mmHg."""
    return blp.encode_measurement(
        BloodPressureMeasurement(systolic=systolic, diastolic=80.0, mean_arterial_pressure=94.0)
    )
