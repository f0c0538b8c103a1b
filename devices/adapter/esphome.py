"""Remote radios: ESPHome Bluetooth proxies in place of the station's own adapter.

Needs the packages `bleak-esphome` and `habluetooth`, which are no dependencies of ours: they are imported
when a proxy is used. habluetooth keeps one manager for the whole process and puts itself in bleak's place;
both are undone at the end.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from devices.adapter.host_stack import NoHostStack
from devices.adapter.radio import CONNECT_TIMEOUT_S, Radio
from devices.errors import ConfigurationError

log = logging.getLogger(__name__)

# A proxy that cannot be told goodbye within this time is left to find out by itself.
GOODBYE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """One ESPHome node with `bluetooth_proxy`: its name or address, and its API encryption key (base64)."""

    address: str
    encryption_key: str | None = field(default=None, repr=False)


class ProxyRadio(Radio):
    """A radio behind proxies: whichever hears a device best and has a slot free connects to it."""

    def __init__(self, habluetooth: ModuleType) -> None:
        super().__init__(host_stack=NoHostStack())
        self._habluetooth: Any = habluetooth

    def client(
        self, device: BLEDevice, on_disconnect: Callable[[BleakClient], None], *, pair: bool
    ) -> BleakClient:
        """A client that chooses its proxy when it connects."""
        client: BleakClient = self._habluetooth.HaBleakClientWrapper(
            device,
            disconnected_callback=on_disconnect,
            timeout=CONNECT_TIMEOUT_S,
            pair=pair,
            # It asks everybody to use bleak-retry-connector; the retries are ours.
            _is_retry_client=True,
        )
        return client

    def scanner(self, on_advertisement: Callable[[BLEDevice, AdvertisementData], None]) -> BleakScanner:
        """What all proxies hear, each device from the one that hears it best."""
        scanner: BleakScanner = self._habluetooth.HaBleakScannerWrapper(detection_callback=on_advertisement)
        return scanner


@asynccontextmanager
async def proxied_radio(proxies: Sequence[Proxy]) -> AsyncIterator[ProxyRadio]:
    """A radio through `proxies`, for as long as the block lasts. A proxy that is away is waited for.

    Raises:
        ConfigurationError: the packages for it are not installed.
    """
    habluetooth, bleak_esphome = _packages()
    async with _managed(habluetooth):
        connections = [
            bleak_esphome.APIConnectionManager({"address": one.address, "noise_psk": one.encryption_key})
            for one in proxies
        ]
        async with asyncio.TaskGroup() as group:
            starting = [
                group.create_task(connection.start(), name=f"proxy {one.address}")
                for one, connection in zip(proxies, connections, strict=True)
            ]
            try:
                yield ProxyRadio(habluetooth)
            finally:
                for task in starting:
                    task.cancel()
                await _say_goodbye(connections)


def _packages() -> tuple[Any, Any]:
    try:
        return importlib.import_module("habluetooth"), importlib.import_module("bleak_esphome")
    except ImportError as exc:
        raise ConfigurationError(
            f"Bluetooth proxies need a package that is not installed: {exc.name} (pip install bleak-esphome)"
        ) from exc


@asynccontextmanager
async def _managed(habluetooth: Any) -> AsyncIterator[None]:
    manager = habluetooth.BluetoothManager()
    habluetooth.set_manager(manager)
    await manager.async_setup()
    try:
        yield
    finally:
        manager.async_stop()


async def _say_goodbye(connections: Sequence[Any]) -> None:
    for connection in connections:
        try:
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await connection.stop()
        except Exception as exc:  # noqa: BLE001 -- a proxy in trouble must not keep the others from hearing it
            log.debug("proxy: %r", exc)
