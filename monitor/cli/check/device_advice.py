"""From what was tried to one sentence on what to do. Pure.

Whoever reads it stands in the gym with the sensor in the hand: the sentence names the thing to do, not the
error. docs/bluez.md has the longer story of each.
"""

from dataclasses import dataclass

from devices.adapter.scanner import ScanResult
from devices.drivers.catalog import DRIVERS
from devices.drivers.driver import Driver
from devices.errors import (
    ConnectFailedError,
    DeviceError,
    DeviceVanishedError,
    GattRefusedError,
    LinkDroppedError,
    LinkTimeoutError,
    MissingCharacteristicError,
    OutOfSlotsError,
    PairingError,
    RadioBusyError,
    RadioLostError,
    SettingNotTakenError,
    SilenceError,
    UnknownModelError,
    WrongDeviceError,
)
from devices.link.probe import ProbeResult
from monitor.alerts.predicates.sensors import BATTERY_EMPTY_PERCENT, BATTERY_LOW_PERCENT
from monitor.cli.check.last_reading import LastReading
from monitor.config import DeviceSettings
from monitor.sensors import SensorRole

# Below this a link drops when somebody walks between (dBm; BLE receivers end at about -95).
WEAK_DBM = -85

_HELD_ELSEWHERE = "if a phone or another program holds it, disconnect it there"
_NO_DATA = {
    SensorRole.OXIMETER: "put it on a finger, and see that its own display shows a value",
    SensorRole.HEART_RATE_STRAP: "wear it, and moisten its electrodes",
    SensorRole.EXERCISE_MACHINE: "wake it: press a key on its console, or turn what turns",
}
_NO_DATA_ELSE = "switch it off and on, then check again"

# From the particular to the general.
_BY_PROBLEM: tuple[tuple[type[DeviceError], str], ...] = (
    (WrongDeviceError, "it is another piece of the same product: correct `address` or `serial`"),
    (UnknownModelError, "no memory map is known for its model: take its readings by hand"),
    (
        MissingCharacteristicError,
        "it is another product than `family` says: see what `kinewatch scan` calls it",
    ),
    (SettingNotTakenError, "switch it off and on; if it stays so, leave that option out of its settings"),
    (
        OutOfSlotsError,
        "the adapter has no connection free: disconnect other devices, or add an adapter",
    ),
    (RadioBusyError, "another program scans or connects on this adapter: end it, and check again"),
    (RadioLostError, "the Bluetooth service restarted: see `journalctl -u bluetooth`, and check again"),
    (LinkTimeoutError, f"it does not answer: bring it nearer, change its battery; {_HELD_ELSEWHERE}"),
    (
        DeviceVanishedError,
        f"it went away while we connected: bring it near, keep it awake; {_HELD_ELSEWHERE}",
    ),
    (ConnectFailedError, f"bring it nearer, change its battery; {_HELD_ELSEWHERE}"),
    (LinkDroppedError, "its link drops: bring it nearer, and the adapter away from USB 3 ports and disks"),
    (GattRefusedError, "it refuses us: switch it off and on; if it is paired with a phone, remove it there"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a trial, and what its frames say."""

    trial: ProbeResult
    reading: LastReading


def cuff_advice(settings: DeviceSettings, match: ScanResult | None) -> tuple[bool, str]:
    """Whether all is well with a cuff that was heard, and what to do. None of its readings is taken here."""
    if match is None:
        return True, ""
    if match.family not in (settings.family, None) and driver_of(settings.family).family != "blood_pressure":
        return False, f"the settings say {settings.family}, it is {match.family}: is it the right device?"
    if match.advertisement.rssi_dbm < WEAK_DBM:
        return False, "too weak: bring it nearer"
    return True, "its readings are left for the session"


def sensor_advice(settings: DeviceSettings, match: ScanResult | None, tried: Tried) -> tuple[bool, str]:
    """Whether all is well with a sensor that was tried, and what to do."""
    trial, reading = tried.trial, tried.reading
    battery = battery_of(tried)
    weak = trial.rssi_dbm is not None and trial.rssi_dbm < WEAK_DBM
    advice = _why_no_data(settings, match, trial) if trial.first_data_after_s is None else ""
    problems = (
        (bool(advice), advice),
        (
            reading.unreadable > 0 and not reading.has_value,
            f"its frames cannot be read as {settings.family}: `kinewatch scan` says what it is",
        ),
        (
            battery is not None and battery < BATTERY_EMPTY_PERCENT,
            "charge it or change its battery before the session",
        ),
        (weak, "too weak: bring it nearer"),
    )
    for is_so, what_to_do in problems:
        if is_so:
            return False, what_to_do
    if not reading.has_value:
        return True, _NO_DATA.get(settings.role, _NO_DATA_ELSE)
    return True, "charge it soon" if battery is not None and battery < BATTERY_LOW_PERCENT else ""


def _why_no_data(settings: DeviceSettings, match: ScanResult | None, trial: ProbeResult) -> str:
    problem = trial.problem
    if isinstance(problem, PairingError):
        advice = driver_of(settings.family).advice or "put it into its pairing mode"
        address = match.advertisement.address if match else settings.address or "ADDRESS"
        return f"not paired: {advice}; if that does not help, `bluetoothctl remove {address}` and again"
    if match is not None and match.family not in (settings.family, None):
        return f"the settings say {settings.family}, it is {match.family}: is it the right device?"
    if trial.live_after_s is not None and (problem is None or isinstance(problem, SilenceError)):
        return f"connected, but it sends nothing: {_NO_DATA.get(settings.role, _NO_DATA_ELSE)}"
    return advice_for(problem) or f"bring it nearer, switch it off and on; {_HELD_ELSEWHERE}"


def advice_for(problem: DeviceError | None) -> str:
    """What to do about a failure; empty for those that say nothing to a person."""
    return next((advice for kind, advice in _BY_PROBLEM if isinstance(problem, kind)), "")


def driver_of(family: str) -> type[Driver]:
    """The family's driver; the settings have been checked, so that there is one."""
    return next(driver for driver in DRIVERS if driver.family == family)


def battery_of(tried: Tried | None) -> float | None:
    """In per cent, by the profile or in the family's own words."""
    if tried is None:
        return None
    standard = tried.trial.battery_percent
    return tried.reading.battery_percent if standard is None else float(standard)
