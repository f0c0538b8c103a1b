"""What `kinewatch scan` says of each device in range. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devices.adapter.scanner import ScanResult
from devices.drivers.driver import DeviceConfig
from monitor.cli.check.device_advice import WEAK_DBM, Tried, battery_of, driver_of, sensor_advice
from monitor.cli.check.device_finding import advertised_remark
from monitor.cli.check.last_reading import likely_role
from monitor.config import DeviceSettings
from monitor.foreign_text import toml_string
from monitor.sensors import SensorRole
from protocols.mqtt.plain_text import plain

_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """One device: as heard, as tried if it was, and what to do about it."""

    found: ScanResult
    tried: Tried | None = None

    @property
    def facts(self) -> dict[str, object]:
        """For programs."""
        heard = self.found.advertisement
        reading = self.tried.reading if self.tried else None
        return {
            "address": heard.address,
            "name": heard.name,
            "rssi_dbm": heard.rssi_dbm,
            "family": self.found.family,
            "says": advertised_remark(self.found),
            "battery_percent": battery_of(self.tried),
            "reading": {str(code): value for code, value in reading.values.items()} if reading else None,
            "motion_hz": reading.motion_hz if reading else None,
            "advice": self.advice,
        }

    @property
    def line(self) -> str:
        """For people."""
        heard = self.found.advertisement
        words = [advertised_remark(self.found)]
        if self.tried is not None:
            battery = battery_of(self.tried)
            words += [f"battery {battery:.0f} %" if battery is not None else "", self.tried.reading.text]
        said = "".join(f", {word}" for word in words if word)
        advice = f" - {self.advice}" if self.advice else ""
        name = heard.name or "(no name)"
        return plain(
            f"{heard.address}  {heard.rssi_dbm:>4} dBm  {self.found.family or '-':<18} {name}{said}{advice}"
        )

    @property
    def advice(self) -> str:
        """One sentence; empty where there is nothing to do."""
        family, heard = self.found.family, self.found.advertisement
        if family is None:
            return "no driver would take it"
        if self.tried is not None:
            return sensor_advice(settings_of(self.found), self.found, self.tried)[1]
        if heard.rssi_dbm < WEAK_DBM:
            return "too weak: bring it nearer"
        driver = driver_of(family)
        return f"pair it first: {driver.advice}" if driver.bonds and driver.advice else ""


def config_of(found: ScanResult) -> DeviceConfig:
    """How a link is told of a device that no settings name; its address is its name."""
    heard = found.advertisement
    return DeviceConfig(device=heard.address, family=found.family or "", address=heard.address)


def settings_of(found: ScanResult) -> DeviceSettings:
    """What the station's settings would say of it."""
    family, address = found.family or "", found.advertisement.address
    return DeviceSettings(device=_slug(found), family=family, role=likely_role(family), address=address)


def station_toml(found: Sequence[ScanResult]) -> str:
    """The `[[devices]]` of `station.toml` for all that a driver would take, to be pasted and corrected."""
    return "\n\n".join(_sections(found)) + "\n"


def _sections(found: Sequence[ScanResult]) -> Iterator[str]:
    """Names differ; of two IMUs the stronger is taken for the proximal one: somebody has to look."""
    taken: set[str] = set()
    roles: set[SensorRole] = set()
    for one in found:
        if one.family is None:
            continue
        settings = settings_of(one)
        role, remark = settings.role, ""
        if role is SensorRole.IMU_PROXIMAL:
            role = SensorRole.IMU_DISTAL if role in roles else role
            remark = "  # nearer to the trunk: imu_proximal, the other: imu_distal"
        roles.add(role)
        name = settings.device
        name = next(
            chosen for n in range(1, 100) if (chosen := name if n == 1 else f"{name}-{n}") not in taken
        )
        taken.add(name)
        heard = one.advertisement
        yield (
            f"[[devices]]  # {plain(heard.name or 'no name', max_length=64)}, {heard.rssi_dbm} dBm\n"
            f"device = {toml_string(name)}\nfamily = {toml_string(settings.family)}\n"
            f'role = "{role}"{remark}\naddress = {toml_string(heard.address)}'
        )


def _slug(found: ScanResult) -> str:
    name = _SLUG.sub("-", (found.advertisement.name or found.family or "").lower()).strip("-")
    return name[:32].strip("-") or "sensor"
