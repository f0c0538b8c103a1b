"""What BlueZ and D-Bus answer when something is wrong, as bleak raises it.

The errors are bleak's own with BlueZ's texts, so that whatever classifies errors meets the real ones on any
system.
"""

from collections.abc import Callable

from bleak.exc import BleakDBusError, BleakError

MakeError = Callable[[], Exception]


def abort_by_local() -> Exception:
    """BlueZ gave the attempt up by itself (bleak #993, #1673, #1220)."""
    return BleakDBusError("org.bluez.Error.Failed", ["le-connection-abort-by-local"])


def in_progress() -> Exception:
    """Another operation holds the adapter or the device (bleak #1036, #694, #958, #971)."""
    return BleakDBusError("org.bluez.Error.InProgress", ["Operation already in progress"])


def not_ready() -> Exception:
    """The adapter is down."""
    return BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"])


def service_unknown() -> Exception:
    """Nobody answers for org.bluez: bluetoothd is not running."""
    text = "The name org.bluez was not provided by any .service files"
    return BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", [text])


def authentication_failed() -> Exception:
    """Nobody answered BlueZ's question for the user (bleak #1434)."""
    return BleakDBusError("org.bluez.Error.AuthenticationFailed", ["Authentication Failed"])


def out_of_slots() -> Exception:
    """The adapter or proxy has as many connections as it can hold."""
    return BleakError("failed to connect: no backend with an available connection slot was found")
