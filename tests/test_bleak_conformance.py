"""A canary against the installed bleak: its backend base classes are not promised to be stable.

Our backends satisfy any mock of ours; only the real base classes can say that they have changed. When this
fails after an update of bleak, read what is new there before anything else.
"""

import inspect

import bleak
import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTServiceCollection

from simulators.radio.air import VirtualRadio
from simulators.radio.bleak_backend.adapter import VirtualAdapter
from simulators.radio.bleak_backend.client import VirtualClient
from simulators.radio.bleak_backend.scanner import VirtualScanner

CLIENT_ABSTRACT = {
    "connect",
    "disconnect",
    "is_connected",
    "mtu_size",
    "pair",
    "read_gatt_char",
    "read_gatt_descriptor",
    "start_notify",
    "stop_notify",
    "unpair",
    "write_gatt_char",
    "write_gatt_descriptor",
}
# Not abstract, but raising: implemented for programs that ask.
CLIENT_OPTIONAL = {"name"}


def test_what_a_client_backend_must_implement() -> None:
    assert BaseBleakClient.__abstractmethods__ == CLIENT_ABSTRACT
    assert VirtualClient.__abstractmethods__ == frozenset()
    assert set(vars(VirtualClient)) >= CLIENT_ABSTRACT | CLIENT_OPTIONAL


def test_what_a_scanner_backend_must_implement() -> None:
    assert BaseBleakScanner.__abstractmethods__ == {"start", "stop"}
    assert VirtualScanner.__abstractmethods__ == frozenset()
    used = {"create_or_update_device", "call_detection_callbacks", "is_allowed_uuid"}
    assert set(vars(BaseBleakScanner)) >= used


def test_what_an_adapter_backend_must_implement() -> None:
    public = {name for name in vars(BaseBleakAdapter) if not name.startswith("_")}
    assert public == {"get", "get_connected_devices"}
    assert set(vars(VirtualAdapter)) >= public


@pytest.mark.parametrize(
    ("ours", "base"), [(VirtualClient, BaseBleakClient), (VirtualScanner, BaseBleakScanner)]
)
def test_every_method_takes_what_the_base_takes(ours: type, base: type) -> None:
    for name in base.__abstractmethods__:  # type: ignore[attr-defined]
        expected = inspect.getattr_static(base, name)
        if isinstance(expected, property):
            assert isinstance(inspect.getattr_static(ours, name), property), name
            continue
        theirs = [(p.name, p.kind) for p in inspect.signature(expected).parameters.values()]
        mine = [(p.name, p.kind) for p in inspect.signature(getattr(ours, name)).parameters.values()]
        assert mine == theirs, name
        assert inspect.iscoroutinefunction(getattr(ours, name)), name


async def test_bleak_makes_our_backends_as_it_makes_its_own() -> None:
    """The constructors' arguments, as bleak 3 passes them."""
    async with VirtualRadio() as radio:
        client = BleakClient(
            BLEDevice("C0:00:00:00:00:01", "x", {}),
            lambda _: None,
            services=["180d"],
            timeout=1.0,
            pair=True,
            bluez={"adapter": "hci0"},
            winrt={"use_cached_services": True},
            backend=radio.client_backend,
        )
        scanner = BleakScanner(
            lambda _, __: None,
            ["180d"],
            "passive",
            bluez={"adapter": "hci0"},
            cb={"use_bdaddr": True},
            backend=radio.scanner_backend,
        )
        adapter = await BleakAdapter.get(bluez={"adapter": "hci0"}, backend=radio.adapter_backend)
    assert (client.backend_id, scanner.backend_id) == ("VirtualClient", "VirtualScanner")
    assert isinstance(adapter, BleakAdapter)


def test_the_names_that_the_plugin_replaces_exist() -> None:
    for kind in ("client", "scanner", "adapter"):
        assert callable(getattr(bleak, f"get_platform_{kind}_backend_type"))


def test_what_an_advertisement_consists_of() -> None:
    assert AdvertisementData._fields == (
        "local_name",
        "manufacturer_data",
        "service_data",
        "service_uuids",
        "tx_power",
        "rssi",
        "platform_data",
    )


def test_a_table_of_services_can_be_filled() -> None:
    for name in ("add_service", "add_characteristic", "add_descriptor", "get_characteristic"):
        assert callable(getattr(BleakGATTServiceCollection, name))
