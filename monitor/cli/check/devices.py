"""The adapter, and each device of the settings: heard, connected to for a moment, read."""

from collections.abc import AsyncIterator, Callable

from devices.adapter.radio import Radio
from devices.adapter.scanner import ScanResult, scan
from devices.drivers.catalog import DRIVERS
from devices.errors import DeviceError
from devices.frames import LinkEvent, LinkState
from devices.link.probe import probe_devices
from monitor.cli.check.device_advice import Tried
from monitor.cli.check.device_finding import adapter, adapter_problem, device
from monitor.cli.check.finding import Finding
from monitor.cli.check.last_reading import last_reading
from monitor.clock import now_ns
from monitor.config import Station
from monitor.sensors import EPISODIC_ROLES
from monitor.station_devices import device_configs_of, sensors_of

_TOLD = frozenset({LinkState.CONNECTING, LinkState.LIVE, LinkState.LOST, LinkState.GIVEN_UP})


async def adapter_and_devices(
    station: Station, radio: Radio, *, listen_s: float, try_s: float, progress: Callable[[str], None]
) -> AsyncIterator[Finding]:
    """The adapter, then each device. Cuffs are only listened to: a cuff sends each reading once.

    `try_s` bounds how long the others are tried, all at once.
    """
    progress(f"listening for {listen_s:g} s")
    try:
        heard = await scan(radio, DRIVERS, seconds=listen_s, now_ns=now_ns)
        yield adapter(_name(station), heard)
        tried = await _tried(station, radio, try_s=try_s, progress=progress)
    except DeviceError as error:
        yield adapter_problem(error)
        return
    for settings in station.devices:
        yield _judged(station, settings.device, heard, tried)


async def _tried(
    station: Station, radio: Radio, *, try_s: float, progress: Callable[[str], None]
) -> dict[str, Tried]:
    cuffs = {one.device for one in station.devices if one.role in EPISODIC_ROLES}
    configs = [one for one in device_configs_of(station) if one.device not in cuffs]
    if not configs:
        return {}
    progress(f"connecting to {', '.join(one.device for one in configs)}, for at most {try_s:g} s")

    def tell(event: LinkEvent) -> None:
        if event.state in _TOLD:
            progress(f"{event.device}: {event.state.replace('_', ' ')} {event.reason}".rstrip())

    trials = await probe_devices(configs, radio, seconds=try_s, now_ns=now_ns, on_event=tell)
    sensors = {sensor.device: sensor for sensor in sensors_of(station)}
    return {
        trial.device: Tried(trial=trial, reading=last_reading(sensors[trial.device], trial.frames))
        for trial in trials
    }


def _judged(station: Station, name: str, heard: list[ScanResult], tried: dict[str, Tried]) -> Finding:
    settings = next(one for one in station.devices if one.device == name)
    others = [one for one in station.devices if one.device != name]
    return device(settings, heard, tried.get(name), others)


def _name(station: Station) -> str:
    if station.proxies:
        return f"{len(station.proxies)} ESPHome proxies"
    return station.station.adapter or "the first adapter"
