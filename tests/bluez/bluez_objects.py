"""BlueZ's names, refusals and object tree, as bluetoothd 5.66 shows them on D-Bus."""

from collections.abc import Iterator
from typing import NamedTuple

from dbus_fast import Message, Variant

from tests.bluez.dbus_service import Properties, Refusal
from tests.bluez.gatt_devices import FakeCharacteristic, FakeDevice

ADAPTER_PATH = "/org/bluez/hci0"
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
AGENT = "org.bluez.Agent1"
AGENT_MANAGER = "org.bluez.AgentManager1"

IN_PROGRESS = Refusal("org.bluez.Error.InProgress", "Operation already in progress")
NOT_READY = Refusal("org.bluez.Error.NotReady", "Resource Not Ready")
NOT_CONNECTED = Refusal("org.bluez.Error.NotConnected", "Not Connected")
NOT_PAIRED = Refusal("org.bluez.Error.NotPermitted", "Not paired")
NO_DISCOVERY = Refusal("org.bluez.Error.Failed", "No discovery started")
ABORTED = Refusal("org.bluez.Error.Failed", "le-connection-abort-by-local")
DOES_NOT_EXIST = Refusal("org.bluez.Error.DoesNotExist", "Does Not Exist")
AUTHENTICATION_FAILED = Refusal("org.bluez.Error.AuthenticationFailed", "Authentication Failed")


def unknown_object(call: Message) -> Refusal:
    """What GDBus says about an object that is not, or no longer, there."""
    text = f'Method "{call.member}" with signature "" on interface "{call.interface}" doesn\'t exist'
    return Refusal("org.freedesktop.DBus.Error.UnknownObject", text)


class GattObject(NamedTuple):
    """A service, or a characteristic with what it stands for."""

    path: str
    interface: str
    properties: Properties
    characteristic: FakeCharacteristic | None


def path_of(device: FakeDevice) -> str:
    """The device's object."""
    return f"{ADAPTER_PATH}/dev_{device.address.replace(':', '_')}"


def adapter_properties(*, powered: bool, discovering: bool) -> Properties:
    """The adapter's."""
    return {
        "Address": Variant("s", "00:AA:01:00:00:00"),
        "Powered": Variant("b", powered),
        "Discovering": Variant("b", discovering),
        "Roles": Variant("as", ["central", "peripheral"]),
    }


def device_properties(device: FakeDevice, *, resolved: bool) -> Properties:
    """A device's."""
    return {
        "Adapter": Variant("o", ADAPTER_PATH),
        "Address": Variant("s", device.address),
        "AddressType": Variant("s", "random"),
        "Name": Variant("s", device.name),
        "Alias": Variant("s", device.name),
        "UUIDs": Variant("as", list(device.advertised)),
        "RSSI": Variant("n", device.rssi_dbm),
        "Paired": Variant("b", device.paired),
        "Trusted": Variant("b", device.trusted),
        "Connected": Variant("b", device.connected),
        "ServicesResolved": Variant("b", resolved),
    }


def gatt_objects(device: FakeDevice) -> Iterator[GattObject]:
    """A device's table; a service comes before its characteristics. Handles leave room for descriptors."""
    handle = 9
    for uuid, characteristics in device.services.items():
        handle += 1
        service = f"{path_of(device)}/service{handle:04x}"
        about = {
            "UUID": Variant("s", uuid),
            "Primary": Variant("b", True),
            "Device": Variant("o", path_of(device)),
        }
        yield GattObject(service, SERVICE, about, None)
        for characteristic in characteristics:
            handle += 1
            about = {
                "UUID": Variant("s", characteristic.uuid),
                "Service": Variant("o", service),
                "Flags": Variant("as", list(characteristic.flags)),
                "Notifying": Variant("b", characteristic.notifying),
                "MTU": Variant("q", 247),
            }
            yield GattObject(f"{service}/char{handle:04x}", CHARACTERISTIC, about, characteristic)
            handle += 2
