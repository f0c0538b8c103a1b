"""Advertisements as our own value."""

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from devices.adapter.advertisement import Advertisement


def heard(name: str | None, *, known_as: str | None = None) -> Advertisement:
    data = AdvertisementData(
        local_name=name,
        manufacturer_data={0x020E: b"\1"},
        service_data={"0000feed-0000-1000-8000-00805f9b34fb": b"\2"},
        service_uuids=["0000180D-0000-1000-8000-00805F9B34FB"],
        tx_power=None,
        rssi=-71,
        platform_data=(),
    )
    return Advertisement.of(BLEDevice("c0:00:00:00:00:01", known_as, None), data, 42)


def test_addresses_are_upper_and_uuids_lower_case() -> None:
    assert heard("Strap") == Advertisement(
        address="C0:00:00:00:00:01",
        received_ns=42,
        rssi_dbm=-71,
        name="Strap",
        service_uuids=frozenset({"0000180d-0000-1000-8000-00805f9b34fb"}),
        manufacturer_data={0x020E: b"\1"},
        service_data={"0000feed-0000-1000-8000-00805f9b34fb": b"\2"},
    )


def test_a_name_known_from_before_stands_in_for_a_missing_one() -> None:
    assert heard(None, known_as="Strap").name == "Strap"
    assert heard("New", known_as="Old").name == "New"
    assert heard(None).name == ""


def test_services_by_number() -> None:
    assert heard("Strap").has_service(0x180D)
    assert not heard("Strap").has_service(0x1810)
