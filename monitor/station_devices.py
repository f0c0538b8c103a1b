"""The devices of `station.toml` as the drivers and as the core know them, if they do know them."""

from pathlib import Path

from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.errors import ConfigurationError
from monitor.config import Station
from monitor.errors import SettingsError
from monitor.ingest.errors import UnknownFamilyError
from monitor.ingest.ingest import Ingest
from monitor.sensors import SensorConfig


def sensors_of(station: Station) -> tuple[SensorConfig, ...]:
    """For the session's core."""
    return tuple(
        SensorConfig(device=one.device, family=one.family, role=one.role, arm=one.arm, options=one.options)
        for one in station.devices
    )


def device_configs_of(station: Station) -> tuple[DeviceConfig, ...]:
    """For the links."""
    return tuple(
        DeviceConfig(
            device=one.device,
            family=one.family,
            role=one.role.value,
            address=one.address,
            name=one.name,
            options=one.options,
        )
        for one in station.devices
    )


def readings_sent_once(station: Station) -> frozenset[tuple[str, str]]:
    """(device, characteristic) of what comes, gives what it has, and goes: it is never sent again."""
    drivers = [(config.device, driver_for(config)) for config in device_configs_of(station)]
    return frozenset(
        (device, characteristic)
        for device, driver in drivers
        if driver.episodic
        for characteristic in driver.data
    )


def check_devices(station: Station, path: Path) -> None:
    """Refuse a family or an option that no driver or no reader has, before anything starts.

    Raises:
        SettingsError: naming the device's key and what there is.
    """
    problems: list[tuple[str, str]] = []
    for index, (config, sensor) in enumerate(
        zip(device_configs_of(station), sensors_of(station), strict=True)
    ):
        try:
            driver_for(config)
            Ingest([sensor])
        except (ConfigurationError, UnknownFamilyError) as exc:
            problems.append((f"devices[{index}]", str(exc)))
    if problems:
        raise SettingsError(path, problems)
