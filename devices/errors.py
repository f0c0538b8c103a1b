"""What can go wrong between a sensor and us, sorted by who must act.

DeviceError
├── ConfigurationError          the settings ask for something that no driver has
│   ├── UnknownFamilyError
│   ├── UnknownOptionError
│   └── OptionError
├── RadioError                  the station's radio; every link on it suffers
│   ├── RadioUnavailableError   no adapter, switched off, no permission, no D-Bus: a person at the station
│   ├── RadioBusyError          another scan or connect is in the way: passes by itself
│   ├── RadioLostError          D-Bus or the Bluetooth daemon died under us: passes when it is back
│   └── OutOfSlotsError         the adapter or proxy carries as many links as it can
├── LinkError                   this link only; it is tried again by itself
│   ├── ConnectFailedError      the connection was not established
│   ├── DeviceVanishedError     the host stack has forgotten the device, or it does not answer
│   ├── LinkDroppedError        established, then gone
│   ├── LinkTimeoutError        an operation did not come back
│   ├── SilenceError            connected, says the flag; but no data
│   ├── GattRefusedError        the device answered an operation with an ATT error
│   ├── SettingNotTakenError    the device was told something and did otherwise
│   └── UnexpectedLinkError     something the host stack does not document
└── AttentionError              trying again will not help; a person must do something to the device
    ├── PairingError            pairing was refused, or a key is missing on one side
    ├── UnknownModelError       a family of several models, and it is none that we know
    ├── MissingCharacteristicError   not the product it was taken for, or a stale service cache
    └── WrongDeviceError        the name is right, the serial number is not

`classify` turns whatever bleak lets through into one of these. It is the only place that looks at another
library's messages.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)


class DeviceError(Exception):
    """Base of everything that `devices` raises."""


class ConfigurationError(DeviceError):
    """The settings ask for something that no driver has."""


class UnknownFamilyError(ConfigurationError):
    """No driver serves this family. `family` is the name asked for, `known` what there is."""

    def __init__(self, family: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no driver for the family {family!r}; known: {', '.join(known)}")
        self.family = family
        self.known = known


class UnknownOptionError(ConfigurationError):
    """`device` has an option that its driver does not know. `known` are those that it does."""

    def __init__(self, device: str, option: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{device}: option {option} is not known; known: {', '.join(known)}")
        self.device = device
        self.option = option
        self.known = known


class OptionError(ConfigurationError):
    """Option `option` of `device` should be `expected`, but is `found`."""

    def __init__(self, device: str, option: str, *, expected: str, found: object) -> None:
        super().__init__(f"{device}: option {option} must be {expected}, not {found!r}")
        self.device = device
        self.option = option
        self.expected = expected
        self.found = found


class RadioError(DeviceError):
    """The station's radio has a problem."""


class RadioProblem(StrEnum):
    """Why there is no radio, in the words of the person who can change it."""

    NO_HOST_STACK = "the system's Bluetooth service (BlueZ on D-Bus) is not running"
    NO_ADAPTER = "this machine has no Bluetooth adapter"
    POWERED_OFF = "the Bluetooth adapter is switched off"
    DENIED = "this user may not use Bluetooth"
    UNKNOWN = "Bluetooth is not available"


class RadioUnavailableError(RadioError):
    """There is no usable adapter. `problem` says which kind of absence it is."""

    ADVICE: ClassVar[Mapping[RadioProblem, str]] = {
        RadioProblem.NO_HOST_STACK: "install bluez and start bluetooth.service",
        RadioProblem.NO_ADAPTER: "plug one in, or name another one as `adapter` in station.toml",
        RadioProblem.POWERED_OFF: "switch it on (bluetoothctl power on)",
        RadioProblem.DENIED: "allow it in the system's privacy settings or D-Bus policy",
        RadioProblem.UNKNOWN: "see the system's Bluetooth log",
    }

    def __init__(self, problem: RadioProblem) -> None:
        super().__init__(f"{problem}: {self.ADVICE[problem]}")
        self.problem = problem


class RadioBusyError(RadioError):
    """The host stack is in the middle of another scan or connect."""


class RadioLostError(RadioError):
    """The connection to the host stack broke, or its daemon restarted."""


class OutOfSlotsError(RadioError):
    """No further connection fits on this adapter or proxy."""


class LinkError(DeviceError):
    """One link failed. It is tried again after a pause."""


class ConnectFailedError(LinkError):
    """The connection was not established."""


class DeviceVanishedError(LinkError):
    """The host stack no longer knows the device; it must be seen again first."""


class LinkDroppedError(LinkError):
    """The connection ended while it was needed."""


class LinkTimeoutError(LinkError):
    """`operation` took longer than `timeout_s` seconds."""

    def __init__(self, operation: str, timeout_s: float) -> None:
        super().__init__(f"no answer to {operation} within {timeout_s:g} s")
        self.operation = operation
        self.timeout_s = timeout_s


class SilenceError(LinkError):
    """No data for `silent_s` seconds although the link is reported as connected."""

    def __init__(self, silent_s: float) -> None:
        super().__init__(f"no data for {silent_s:.1f} s")
        self.silent_s = silent_s


class GattRefusedError(LinkError):
    """The device answered with ATT error `code` (Core 5.4, vol. 3, part F, 3.4.1.1)."""

    def __init__(self, operation: str, code: int) -> None:
        super().__init__(f"{operation} refused with ATT error 0x{code:02X}")
        self.operation = operation
        self.code = code


class SettingNotTakenError(LinkError):
    """The device's `setting` should be `expected` and is `found`."""

    def __init__(self, setting: str, *, expected: str, found: str) -> None:
        super().__init__(f"{setting} should be {expected}, the device says {found}")
        self.setting = setting
        self.expected = expected
        self.found = found


class UnexpectedLinkError(LinkError):
    """An error without a documented meaning; the cause is chained."""


class AttentionError(DeviceError):
    """Trying again at once will not help: somebody has to do something to the device."""


class PairingError(AttentionError):
    """Pairing was refused, or one side has lost its key."""


class MissingCharacteristicError(AttentionError):
    """The device lacks `characteristic`, which its driver cannot do without."""

    def __init__(self, characteristic: str) -> None:
        super().__init__(f"the device has no characteristic {characteristic}")
        self.characteristic = characteristic


class UnknownModelError(AttentionError):
    """The device says that it is a `model`, and the driver knows only those in `known`."""

    def __init__(self, model: str, known: tuple[str, ...]) -> None:
        said = f"is a {model}" if model else "does not say which model it is"
        super().__init__(f"the device {said}; known: {', '.join(known)} (option `model`)")
        self.model = model
        self.known = known


class WrongDeviceError(AttentionError):
    """The device at this address is not the configured one."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected serial number {expected!r}, the device says {found!r}")
        self.expected = expected
        self.found = found


# What leaks out of bleak and dbus-fast in the field, next to their own errors: a dead D-Bus socket
# (OSError, EOFError: bleak #1921), stale or half-exported objects (KeyError, AttributeError: bluez #1489),
# and bleak's internal checks (AssertionError).
HOST_STACK_ERRORS = (
    BleakError,
    OSError,
    EOFError,
    TimeoutError,
    KeyError,
    AttributeError,
    AssertionError,
)

_UNAVAILABLE = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: RadioProblem.NO_ADAPTER,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: RadioProblem.NO_ADAPTER,
    BleakBluetoothNotAvailableReason.POWERED_OFF: RadioProblem.POWERED_OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: RadioProblem.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: RadioProblem.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: RadioProblem.DENIED,
}

_SECURITY_CODES = frozenset(
    {
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
    }
)

_DBUS_KINDS: dict[str, type[DeviceError]] = {
    "org.bluez.Error.InProgress": RadioBusyError,
    "org.bluez.Error.AuthenticationFailed": PairingError,
    "org.bluez.Error.AuthenticationCanceled": PairingError,
    "org.bluez.Error.AuthenticationRejected": PairingError,
    "org.bluez.Error.AuthenticationTimeout": PairingError,
    "org.bluez.Error.DoesNotExist": DeviceVanishedError,
    "org.bluez.Error.NotConnected": LinkDroppedError,
    "org.freedesktop.DBus.Error.UnknownObject": DeviceVanishedError,
    "org.freedesktop.DBus.Error.UnknownMethod": DeviceVanishedError,
    "org.freedesktop.DBus.Error.NoReply": RadioLostError,
    "org.freedesktop.DBus.Error.Disconnected": RadioLostError,
    "org.freedesktop.DBus.Error.ServiceUnknown": RadioLostError,
    "org.freedesktop.DBus.Error.NameHasNoOwner": RadioLostError,
}

# ESPHome proxies and BlueZ have no error code for a full adapter, only these words
# (bleak-retry-connector, OUT_OF_SLOTS_ERRORS).
_SLOT_WORDS = ("available connection", "connection slot")


# The peripheral has forgotten us while our side still has the key: HCI's words (Core 5.4, vol. 1, part F,
# 2.6) as stacks print them, and CoreBluetooth's (CBError.peerRemovedPairingInformation).
_LOST_KEY_WORDS = ("pin or key missing", "pin_or_key_missing", "peer removed pairing information")


# bluetoothd is not on the bus at all.
_NO_DAEMON = frozenset(
    {"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"}
)


def classify(exc: Exception, operation: str) -> DeviceError:
    """What bleak raised, in our words, while it did `operation` (`connect`, `scan`, `read 2a19`, ...).

    Whatever goes wrong with a scan is the radio's problem: the answer is a `RadioError` then.
    """
    if isinstance(exc, DeviceError):
        return exc
    text = f"{operation}: {exc}" if str(exc) else f"{operation}: {type(exc).__name__}"
    meaning = _meaning(exc, operation, text)
    if operation == "scan" and not isinstance(meaning, RadioError):
        return RadioLostError(text)
    return meaning


def _meaning(exc: Exception, operation: str, text: str) -> DeviceError:
    words_of_text = text.lower()
    if any(words.lower() in words_of_text for words in _SLOT_WORDS):
        return OutOfSlotsError(text)
    if any(words in words_of_text for words in _LOST_KEY_WORDS):
        return PairingError(text)
    for kind, meaning in _MEANINGS:
        if isinstance(exc, kind):
            return meaning(exc, operation, text)
    return UnexpectedLinkError(text)


def _unavailable(exc: Any, _operation: str, _text: str) -> DeviceError:
    return RadioUnavailableError(_UNAVAILABLE.get(exc.reason, RadioProblem.UNKNOWN))


def _refused(exc: Any, operation: str, text: str) -> DeviceError:
    return PairingError(text) if exc.code in _SECURITY_CODES else GattRefusedError(operation, int(exc.code))


def _not_found(exc: Any, _operation: str, _text: str) -> DeviceError:
    return MissingCharacteristicError(str(exc.char_specifier))


def _from_dbus(exc: Any, operation: str, text: str) -> DeviceError:
    if operation == "scan" and exc.dbus_error in _NO_DAEMON:
        return RadioUnavailableError(RadioProblem.NO_HOST_STACK)
    if exc.dbus_error == "org.bluez.Error.NotReady":
        return RadioUnavailableError(RadioProblem.POWERED_OFF)
    # Without these words NotPermitted is about the characteristic's own properties.
    if exc.dbus_error == "org.bluez.Error.NotPermitted" and "Not paired" in text:
        return PairingError(text)
    return _DBUS_KINDS.get(exc.dbus_error, ConnectFailedError)(text)


def _from_bleak(_exc: Any, operation: str, text: str) -> DeviceError:
    # Bleak has a typed error for "no adapter at all", and only words for the absence of a named one.
    if operation == "scan" and "adapter" in text and "not found" in text:
        return RadioUnavailableError(RadioProblem.NO_ADAPTER)
    # "Not connected", "Service Discovery has not been performed yet": bleak's words for a link that is gone.
    return ConnectFailedError(text) if operation == "connect" else LinkDroppedError(text)


# In this order: TimeoutError and FileNotFoundError are OSErrors, and all of bleak's are BleakErrors.
_MEANINGS: tuple[tuple[type[Exception], Callable[[Any, str, str], DeviceError]], ...] = (
    (BleakBluetoothNotAvailableError, _unavailable),
    (BleakGATTProtocolError, _refused),
    (BleakCharacteristicNotFoundError, _not_found),
    (BleakDeviceNotFoundError, lambda _, __, text: DeviceVanishedError(text)),
    (BleakDBusError, _from_dbus),
    (BleakError, _from_bleak),
    (TimeoutError, lambda _, __, text: ConnectFailedError(text)),
    # There is no D-Bus socket on this machine.
    (FileNotFoundError, lambda _, __, ___: RadioUnavailableError(RadioProblem.NO_HOST_STACK)),
    (OSError, lambda _, __, text: RadioLostError(text)),
    (EOFError, lambda _, __, text: RadioLostError(text)),
)
