"""Links through ESPHome proxies: habluetooth's manager and wrappers, a remote scanner of ours behind them."""

import asyncio
import sys
from typing import Any

import pytest

from devices.adapter.esphome import Proxy, proxied_radio
from devices.adapter.scanner import Scanner
from devices.drivers.catalog import driver_for
from devices.errors import ConfigurationError
from devices.link.supervisor import SupervisedLink
from tests.devices.links import Taken
from tests.support.products import Product, heart_rate
from tests.support.scripted_link import Air, until

NOT_INSTALLED = "bleak-esphome is not installed"


def test_a_key_is_not_shown() -> None:
    assert "c2VjcmV0" not in repr(Proxy(address="proxy.local", encryption_key="c2VjcmV0"))


async def test_without_the_packages_the_settings_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "habluetooth", None)
    with pytest.raises(ConfigurationError, match="pip install bleak-esphome"):
        async with proxied_radio([]):
            pass


class ScriptedProxy:
    """A proxy that hears one product and has a number of connection slots."""

    def __init__(self, habluetooth: Any, air: Air, product: Product, *, slots: int = 1) -> None:
        self.slots = slots
        connector = habluetooth.HaBluetoothConnector(
            client=air.client_backend,
            source="AA:BB:CC:DD:EE:01",
            can_connect=lambda: product.device.client is None and self.slots > 0,
        )
        self._scanner = habluetooth.BaseHaRemoteScanner("AA:BB:CC:DD:EE:01", "proxy", connector, True)
        self._manager = habluetooth.get_manager()
        self._device = product.device

    async def run(self) -> None:
        unsetup = self._scanner.async_setup()
        unregister = self._manager.async_register_scanner(self._scanner)
        try:
            count = 0
            while True:
                await asyncio.sleep(0.02)
                count += 1
                self._scanner._async_on_advertisement(
                    self._device.address,
                    self._device.rssi_dbm,
                    self._device.name,
                    list(self._device.service_uuids),
                    {},
                    {0xFFFF: count.to_bytes(4, "little")},
                    None,
                    {},
                    asyncio.get_running_loop().time(),
                )
        finally:
            unregister()
            unsetup()


async def test_a_link_lives_behind_a_proxy() -> None:
    habluetooth = pytest.importorskip("habluetooth", reason=NOT_INSTALLED)
    pytest.importorskip("bleak_esphome", reason=NOT_INSTALLED)
    product = heart_rate()
    air = Air(product.device, latency_s=0.001)
    taken = Taken()

    def now_ns() -> int:
        return int(asyncio.get_running_loop().time() * 1e9)

    async with proxied_radio([]) as radio, asyncio.TaskGroup() as group:
        proxy = ScriptedProxy(habluetooth, air, product)
        discovery = Scanner(radio, now_ns=now_ns, unit_random=lambda: 0.0)
        link = SupervisedLink(
            product.config, driver_for(product.config), discovery, taken, now_ns, unit_random=lambda: 0.0
        )
        tasks = [group.create_task(work) for work in (proxy.run(), discovery.run(), link.run())]
        await until(lambda: link.state == "live", within_s=10.0)
        product.talk()
        assert taken.payloads(product.stream) == [product.data]
        product.device.drop()
        await until(lambda: link.health().reconnects == 1, within_s=10.0)
        product.talk()
        assert len(taken.payloads(product.stream)) == 2
        for task in tasks:
            task.cancel()
