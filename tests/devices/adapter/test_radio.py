"""What bleak is given."""

from typing import ClassVar

import pytest
from bleak.backends.device import BLEDevice

from devices.adapter import radio as radio_module
from devices.adapter.host_stack import NoHostStack
from devices.adapter.radio import CONNECT_TIMEOUT_S, Radio
from tests.support.scripted_link import Air, ScriptedDevice
from tests.support.virtual_time import in_virtual_time

DEVICE = BLEDevice("C0:00:00:00:00:01", "Strap", None)


class Recording:
    """Stands for a backend and keeps what it is made with."""

    made: ClassVar[list[tuple[tuple[object, ...], dict[str, object]]]] = []

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.made.append((args, kwargs))


@pytest.mark.parametrize(("adapter", "bluez"), [(None, {}), ("hci1", {"adapter": "hci1"})])
def test_the_adapter_reaches_client_and_scanner(adapter: str | None, bluez: dict[str, str]) -> None:
    Recording.made = []
    radio = Radio(Recording, Recording, adapter)  # type: ignore[arg-type]
    radio.client(DEVICE, print, pair=True)
    radio.scanner(print)
    (_, client), (_, scanner) = Recording.made
    assert client["bluez"] == scanner["bluez"] == bluez
    assert client["timeout"] == CONNECT_TIMEOUT_S


@in_virtual_time
async def test_two_clients_are_never_the_same() -> None:
    air = Air(ScriptedDevice(address=DEVICE.address, name="Strap"))
    radio = Radio(air.client_backend, air.scanner_backend)
    assert radio.client(DEVICE, print, pair=False) is not radio.client(DEVICE, print, pair=False)


def test_off_linux_there_is_no_housekeeping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio_module.sys, "platform", "darwin")
    assert isinstance(Radio().host_stack, NoHostStack)


@in_virtual_time
async def test_a_radio_without_a_host_stack_has_nothing_to_do() -> None:
    host = NoHostStack()
    await host.release(DEVICE.address)
    await host.forget(DEVICE.address)
    async with host.pairing(DEVICE.address, None):
        pass
