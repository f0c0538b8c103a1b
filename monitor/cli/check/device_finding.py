"""What `kinewatch check` says of the adapter and of each device. Pure."""

from collections.abc import Sequence

from devices.adapter.scanner import ScanResult
from devices.errors import DeviceError, RadioUnavailableError
from monitor.cli.check.device_advice import (
    Tried,
    advice_for,
    battery_of,
    cuff_advice,
    driver_of,
    sensor_advice,
)
from monitor.cli.check.finding import Fact, Finding
from monitor.config import DeviceSettings
from monitor.sensors import EPISODIC_ROLES

_HELD_ELSEWHERE = "if a phone or another program holds it, disconnect it there"


def adapter_problem(error: DeviceError) -> Finding:
    """Why there is no radio to work with, and what to do."""
    if isinstance(error, RadioUnavailableError):
        found, advice = str(error.problem), error.ADVICE[error.problem]
    else:
        found, advice = str(error), advice_for(error) or "see the system's Bluetooth log"
    return Finding(subject="adapter", is_ok=False, found=found, advice=advice)


def adapter(name: str, heard: Sequence[ScanResult]) -> Finding:
    """The radio works; does it hear anybody?"""
    facts: dict[str, Fact] = {"adapter": name, "heard": len(heard)}
    if heard:
        return Finding(
            subject="adapter", is_ok=True, found=f"{name}, heard {len(heard)} devices", facts=facts
        )
    return Finding(
        subject="adapter",
        is_ok=False,
        found=f"{name}, heard nobody at all",
        advice="hold a sensor that is on next to it; if nothing changes, unplug the adapter and plug it in"
        " again, or `bluetoothctl power off` and `power on`",
        facts=facts,
    )


def device(
    settings: DeviceSettings,
    heard: Sequence[ScanResult],
    tried: Tried | None,
    others: Sequence[DeviceSettings] = (),
) -> Finding:
    """One device of the settings: as it was heard, and unless it is a cuff, as it was tried.

    `others` are the remaining devices of the settings: what they claim is not offered for this one.
    """
    subject = f"device {settings.device}"
    match = _match(settings, heard, tried)
    facts = _facts(settings, match, tried)
    fitting = _fitting(settings, heard, others)
    if settings.address is None and len(fitting) > 1 and (tried is None or tried.trial.live_after_s is None):
        return Finding(
            subject=subject,
            is_ok=False,
            found=f"{len(fitting)} devices fit: {_listed(fitting)}",
            advice="say which: set `address` in its settings, or switch the other one off",
            facts=facts,
        )
    if match is None and (tried is None or tried.trial.heard_after_s is None):
        return _not_heard(subject, settings, fitting, facts)
    found = _described(match, tried)
    if settings.role in EPISODIC_ROLES:
        is_ok, advice = cuff_advice(settings, match)
    elif tried is None:
        is_ok, advice = False, "it was not tried"
    else:
        is_ok, advice = sensor_advice(settings, match, tried)
    return Finding(subject=subject, is_ok=is_ok, found=found, advice=advice, facts=facts)


def _not_heard(
    subject: str, settings: DeviceSettings, fitting: Sequence[ScanResult], facts: dict[str, Fact]
) -> Finding:
    where = f"not heard at {settings.address}" if settings.address else "not heard"
    is_episodic = settings.role in EPISODIC_ROLES
    if fitting:
        advice = (
            f"the address is unknown here, but this one fits: {_listed(fitting)}; if it is yours, put its"
            " address into the settings"
        )
    elif is_episodic:
        advice = f"a {settings.role} is heard only after a reading: take one to be sure"
    else:
        advice = f"switch it on, charge it, and bring it near; {_HELD_ELSEWHERE}"
    return Finding(
        subject=subject, is_ok=is_episodic and not fitting, found=where, advice=advice, facts=facts
    )


def _match(settings: DeviceSettings, heard: Sequence[ScanResult], tried: Tried | None) -> ScanResult | None:
    address = (tried.trial.address if tried else "") or (settings.address or "").upper()
    for one in heard:
        if address and one.advertisement.address == address:
            return one
    if address:
        return None
    fitting = _fitting(settings, heard, ())
    return fitting[0] if len(fitting) == 1 else None


def _fitting(
    settings: DeviceSettings, heard: Sequence[ScanResult], others: Sequence[DeviceSettings]
) -> list[ScanResult]:
    """What could be meant, if not by its address: by name, or else by family."""
    claimed = {(one.address or "").upper() for one in others}
    return [
        one
        for one in heard
        if one.advertisement.address not in claimed
        and (
            one.advertisement.name == settings.name
            if settings.name is not None
            else one.family == settings.family
        )
    ]


def _described(match: ScanResult | None, tried: Tried | None) -> str:
    words = []
    if match is not None:
        words.append(f"heard at {match.advertisement.rssi_dbm} dBm, driver {match.family or 'none'}")
        words += [remark] if (remark := advertised_remark(match)) else []
    elif tried is not None and tried.trial.rssi_dbm is not None:
        words.append(f"heard at {tried.trial.rssi_dbm} dBm")
    if tried is not None:
        battery = battery_of(tried)
        words += [f"battery {battery:.0f} %"] if battery is not None else []
        words += [tried.reading.text] if tried.reading.text else []
        words += [tried.trial.reason] if tried.trial.first_data_after_s is None and tried.trial.reason else []
    return ", ".join(words)


def advertised_remark(found: ScanResult) -> str:
    """What the device says of itself before anybody connects."""
    return driver_of(found.family).remark(found.advertisement) if found.family else ""


def _facts(settings: DeviceSettings, match: ScanResult | None, tried: Tried | None) -> dict[str, Fact]:
    heard = match.advertisement if match else None
    trial = tried.trial if tried else None
    return {
        "device": settings.device,
        "family": match.family if match else None,
        "address": heard.address if heard else (trial.address or None) if trial else None,
        "rssi_dbm": heard.rssi_dbm if heard else trial.rssi_dbm if trial else None,
        "battery_percent": battery_of(tried),
        "model": (trial.model or None) if trial else None,
        "connected": trial is not None and trial.live_after_s is not None,
        "reading": {str(code): value for code, value in tried.reading.values.items()} if tried else None,
        "motion_hz": tried.reading.motion_hz if tried else None,
        "problem": (trial.reason or None) if trial else None,
    }


def _listed(found: Sequence[ScanResult]) -> str:
    said = [one.advertisement for one in found]
    return ", ".join(f"{one.address} ({one.name or 'no name'}, {one.rssi_dbm} dBm)" for one in said)
