"""The adapter, and each device of the settings: is it heard, how strongly, which driver takes it."""

from devices.catalog import DRIVERS
from devices.discovery import Found, probe, scan
from devices.errors import DeviceError
from devices.radio import Radio
from monitor.cli.finding import Finding
from monitor.clock import now_ns
from monitor.config import DeviceSettings, Station
from monitor.samples import SensorRole


async def adapter_and_devices(station: Station, *, listen_s: float) -> list[Finding]:
    """The adapter, then each device of the settings: heard, how strongly, and by which driver."""
    radio = Radio(adapter=station.station.adapter)
    try:
        await probe(radio)
        heard = await scan(radio, DRIVERS, seconds=listen_s, now_ns=now_ns)
    except DeviceError as exc:
        return [Finding(subject="adapter", is_ok=False, found=str(exc))]
    found = f"{station.station.adapter or 'the first one'}, heard {len(heard)} devices"
    adapter = Finding(subject="adapter", is_ok=True, found=found)
    return [adapter, *(device(one, heard) for one in station.devices)]


# Below this a link drops when somebody walks between (dBm; BLE receivers end at about -95).
WEAK_DBM = -85


def device(settings: DeviceSettings, heard: list[Found]) -> Finding:
    """One device of the settings among what was heard. A cuff is only on the air after a reading."""
    subject = f"device {settings.device}"
    match = next((one for one in heard if _is_it(settings, one)), None)
    if match is None:
        is_cuff = settings.role is SensorRole.CUFF
        advice = (
            "a cuff is heard only after a reading: take one to be sure"
            if is_cuff
            else "switch it on and bring it near; if another program holds it, disconnect it there"
        )
        return Finding(subject=subject, is_ok=is_cuff, found="not heard", advice=advice)
    rssi_dbm = match.advertisement.rssi_dbm
    found = f"heard at {rssi_dbm} dBm, driver {match.family or 'none'}"
    if match.family != settings.family:
        advice = f"the settings say {settings.family}; is it the right device?"
        return Finding(subject=subject, is_ok=False, found=found, advice=advice)
    if rssi_dbm < WEAK_DBM:
        return Finding(subject=subject, is_ok=False, found=found, advice="too weak: bring it nearer")
    return Finding(subject=subject, is_ok=True, found=found)


def _is_it(settings: DeviceSettings, one: Found) -> bool:
    if settings.address is not None:
        return one.advertisement.address.upper() == settings.address.upper()
    if settings.name is not None:
        return one.advertisement.name == settings.name
    return one.family == settings.family
