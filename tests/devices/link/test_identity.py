"""Which device is ours."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig
from devices.drivers.heart_rate import HeartRateStrap
from devices.link.identity import IdentityState
from protocols.ble.codec.assigned_numbers import HEART_RATE_SERVICE

OURS, OTHER = "C0:00:00:00:00:01", "C0:00:00:00:00:02"


def advert(address: str = OURS, name: str = "Strap 1", *, strap: bool = True) -> Advertisement:
    uuids = frozenset({HEART_RATE_SERVICE} if strap else ())
    return Advertisement(address=address, name=name, received_ns=0, rssi_dbm=-50, service_uuids=uuids)


def identity(**settings: str) -> IdentityState:
    serial = settings.pop("serial", None)
    config = DeviceConfig(
        device="strap", family="heart_rate", options={"serial": serial} if serial else {}, **settings
    )
    return IdentityState(config, HeartRateStrap)


def test_an_address_decides_alone() -> None:
    ours = identity(address=OURS.lower())
    assert ours.pinned
    assert ours.accepts(advert(name="", strap=False))
    assert not ours.accepts(advert(OTHER))


def test_a_name_is_compared_whole() -> None:
    ours = identity(name="Strap 1")
    assert ours.accepts(advert(OTHER, "Strap 1", strap=False))
    assert not ours.accepts(advert(name="Strap 10"))


def test_without_address_and_name_the_family_decides() -> None:
    ours = identity()
    assert not ours.pinned
    assert ours.accepts(advert())
    assert not ours.accepts(advert(strap=False))


def test_once_taken_it_stays_the_same_device() -> None:
    ours = identity()
    ours.pin(OURS)
    assert ours.accepts(advert(OURS))
    assert not ours.accepts(advert(OTHER))


def test_a_changed_address_is_worth_a_look_only_with_a_serial_number() -> None:
    assert not identity(address=OURS, name="Strap 1").accepts(advert(OTHER, "Strap 1"))
    assert identity(address=OURS, serial="S-1").accepts(advert(OTHER, "whatever"))
    assert identity(address=OURS, name="Strap 1", serial="S-1").accepts(advert(OTHER, "Strap 1"))
    assert not identity(address=OURS, name="Strap 1", serial="S-1").accepts(advert(OTHER, "Strap 2"))


def test_a_stranger_is_not_looked_at_twice() -> None:
    ours = identity(address=OURS, serial="S-1")
    ours.reject(OTHER)
    assert not ours.accepts(advert(OTHER))
    assert ours.accepts(advert(OURS))
