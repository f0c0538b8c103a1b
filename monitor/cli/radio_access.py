"""The radio that `station.toml` names: an adapter of this machine, or ESPHome proxies; or one elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from devices.adapter.esphome import Proxy, proxied_radio
from devices.adapter.radio import Radio
from devices.adapter.scanner import probe
from devices.errors import DeviceError
from monitor.config import ProxySettings, Station
from monitor.errors import RunFailedError
from monitor.secret_sources import secret_in_environment, secret_in_file


@asynccontextmanager
async def radio_of(station: Station, spec: str | None = None) -> AsyncIterator[Radio]:
    """A radio that answers, for as long as the context lasts; with `spec` the controller there.

    Raises:
        WrongUseError: a proxy's key cannot be had.
        RunFailedError: there is no radio; the message says why and what to do.
    """
    if spec is not None:
        async with radio_at(spec) as radio:
            yield radio
        return
    try:
        if station.proxies:
            async with proxied_radio(
                [_proxy(one, index) for index, one in enumerate(station.proxies)]
            ) as radio:
                yield radio
            return
        settings = station.station
        own = Radio(adapter=settings.adapter, may_power_cycle=settings.power_cycle_adapter)
        await probe(own)
    except DeviceError as exc:
        raise RunFailedError(str(exc)) from exc
    yield own


@asynccontextmanager
async def radio_at(spec: str) -> AsyncIterator[Radio]:
    """The radio whose controller a transport leads to (`--radio`).

    Raises:
        RunFailedError: the transport cannot be opened, or nothing answers there.
    """
    # Only here: the backends that speak to any controller are the simulators'.
    from simulators.radio.errors import TransportError
    from simulators.radio.transports import RemoteRadio

    remote = RemoteRadio(spec)
    try:
        await remote.__aenter__()
    except TransportError as exc:
        raise RunFailedError(f"--radio {exc}") from exc
    try:
        yield Radio(remote.client_backend, remote.scanner_backend)
    finally:
        await remote.__aexit__(None, None, None)


def _proxy(settings: ProxySettings, index: int) -> Proxy:
    key: str | None = None
    if settings.key_env is not None:
        key = secret_in_environment(settings.key_env, key=f"proxies[{index}].key_env")
    elif settings.key_file is not None:
        key = secret_in_file(settings.key_file, key=f"proxies[{index}].key_file")
    return Proxy(address=settings.address, encryption_key=key)
