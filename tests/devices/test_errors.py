"""What bleak and the host stack raise, in our words."""

import inspect

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from devices import errors
from devices.errors import (
    ConnectFailedError,
    DeviceError,
    DeviceVanishedError,
    GattRefusedError,
    LinkDroppedError,
    MissingCharacteristicError,
    OutOfSlotsError,
    PairingError,
    RadioBusyError,
    RadioLostError,
    RadioProblem,
    RadioUnavailableError,
    UnexpectedLinkError,
    classify,
)
from devices.link.backoff import backoff_for


def dbus(name: str, *body: str) -> BleakDBusError:
    return BleakDBusError(name, list(body))


@pytest.mark.parametrize(
    ("raised", "operation", "meaning"),
    [
        (dbus("org.bluez.Error.Failed", "le-connection-abort-by-local"), "connect", ConnectFailedError),
        (dbus("org.bluez.Error.InProgress", "Operation already in progress"), "connect", RadioBusyError),
        (dbus("org.bluez.Error.InProgress"), "scan", RadioBusyError),
        (dbus("org.bluez.Error.AuthenticationFailed"), "connect", PairingError),
        (dbus("org.bluez.Error.NotConnected"), "write 2a2b", LinkDroppedError),
        (dbus("org.freedesktop.DBus.Error.UnknownObject", "no such object"), "connect", DeviceVanishedError),
        (dbus("org.freedesktop.DBus.Error.NoReply"), "connect", RadioLostError),
        (dbus("org.freedesktop.DBus.Error.ServiceUnknown"), "connect", RadioLostError),
        (dbus("org.freedesktop.DBus.Error.ServiceUnknown"), "scan", RadioUnavailableError),
        (dbus("org.bluez.Error.NotReady"), "scan", RadioUnavailableError),
        (dbus("org.bluez.Error.NotPermitted", "Not paired"), "subscribe 2a35", PairingError),
        (BleakError("adapter 'hci7' not found"), "scan", RadioUnavailableError),
        (dbus("org.bluez.Error.SomethingNew"), "connect", ConnectFailedError),
        (BleakDeviceNotFoundError("C0:00:00:00:00:01"), "connect", DeviceVanishedError),
        (BleakGATTProtocolError(0x05), "read 2a19", PairingError),
        (BleakGATTProtocolError(0x0F), "subscribe 2a35", PairingError),
        (BleakGATTProtocolError(0x80), "write 2a2b", GattRefusedError),
        (BleakCharacteristicNotFoundError("2a37"), "subscribe 2a37", MissingCharacteristicError),
        (BleakError("Service Scanner has not been performed yet"), "read 2a19", LinkDroppedError),
        (BleakError("Not connected"), "write 2a2b", LinkDroppedError),
        (BleakError("failed to connect"), "connect", ConnectFailedError),
        (BleakError("No available connection slots"), "connect", OutOfSlotsError),
        (BleakError("HCI_Error(hci/PIN_OR_KEY_MISSING_ERROR [0x6])"), "connect", PairingError),
        (BleakError("Peer removed pairing information"), "connect", PairingError),
        (TimeoutError("no free connection slot"), "connect", OutOfSlotsError),
        (TimeoutError(), "connect", ConnectFailedError),
        (TimeoutError(), "scan", RadioLostError),
        (EOFError(), "connect", RadioLostError),
        (BrokenPipeError(32, "Broken pipe"), "write 2a2b", RadioLostError),
        (ConnectionResetError(), "scan", RadioLostError),
        (FileNotFoundError(2, "No such file", "/run/dbus/system_bus_socket"), "scan", RadioUnavailableError),
        (KeyError("org.bluez.GattService1"), "connect", UnexpectedLinkError),
        (AttributeError("'NoneType' object has no attribute 'call'"), "read 2a19", UnexpectedLinkError),
        (AssertionError(), "scan", RadioLostError),
    ],
)
def test_classification(raised: Exception, operation: str, meaning: type[DeviceError]) -> None:
    assert type(classify(raised, operation)) is meaning


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        (BleakBluetoothNotAvailableReason.NO_BLUETOOTH, RadioProblem.NO_ADAPTER),
        (BleakBluetoothNotAvailableReason.POWERED_OFF, RadioProblem.POWERED_OFF),
        (BleakBluetoothNotAvailableReason.DENIED_BY_USER, RadioProblem.DENIED),
        (BleakBluetoothNotAvailableReason.UNKNOWN, RadioProblem.UNKNOWN),
    ],
)
def test_an_absent_radio_says_what_to_do(
    reason: BleakBluetoothNotAvailableReason, problem: RadioProblem
) -> None:
    error = classify(BleakBluetoothNotAvailableError("no", reason), "scan")
    assert isinstance(error, RadioUnavailableError)
    assert error.problem is problem
    assert str(error) == f"{problem}: {RadioUnavailableError.ADVICE[problem]}"


def test_every_problem_has_advice() -> None:
    assert set(RadioUnavailableError.ADVICE) == set(RadioProblem)


def test_our_own_errors_stay_what_they_are() -> None:
    error = GattRefusedError("write 2a2b", 0x80)
    assert classify(error, "connect") is error
    assert str(error) == "write 2a2b refused with ATT error 0x80"


def test_a_refusal_keeps_its_code() -> None:
    error = classify(BleakGATTProtocolError(0x80), "write 2a2b")
    assert isinstance(error, GattRefusedError)
    assert (error.operation, error.code) == ("write 2a2b", 0x80)


def concrete_errors() -> list[type[DeviceError]]:
    return [
        kind
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, DeviceError) and kind is not DeviceError
    ]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    for kind in concrete_errors():
        assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize("kind", concrete_errors(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_back_off(kind: type[DeviceError]) -> None:
    assert backoff_for(kind.__new__(kind)).first_s > 0
