"""Answers that drivers wait for, among everything else that arrives."""

import pytest

from devices.drivers.driver import Driver
from devices.frames import LinkState
from protocols.ble import movesense, polar_pmd, viatom_bp2, viatom_oxyii
from protocols.ble.codec import assigned_numbers as sig
from tests.devices.links import running
from tests.support.products import Product, bp2_cuff, heart_rate, movesense_imu, o2ring_s, polar_sensor
from tests.support.scripted_link import Air, live, until
from tests.support.virtual_time import in_virtual_time


def interrupted(product: Product, write: str, stream: str, *noise: bytes) -> None:
    """Before each answer the product says something else on the same characteristic."""
    answer = product.device.characteristics[write].reply
    assert answer is not None

    def reply(data: bytes) -> None:
        for payload in noise:
            product.device.send(stream, payload)
        answer(data)

    product.device.characteristics[write].reply = reply


@in_virtual_time
async def test_other_answers_are_not_ours() -> None:
    polar = polar_sensor()
    interrupted(
        polar, polar_pmd.CONTROL_POINT, polar_pmd.CONTROL_POINT, b"", b"\xf0\x02\x00\x00\x00", b"\x01\x02"
    )
    ring = o2ring_s()
    ring.options["serial"] = "2301234567"
    live_values = viatom_oxyii.Reply(opcode=viatom_oxyii.Opcode.SETUP)
    interrupted(
        ring, viatom_oxyii.WRITE, viatom_oxyii.NOTIFY, b"\xa5", viatom_oxyii.encode_reply(live_values)
    )
    sense = movesense_imu()
    other = movesense.encode_notification(movesense.Response(reference=7, status=500))
    interrupted(sense, movesense.WRITE, movesense.NOTIFY, b"", other)
    for product in (polar, ring, sense):
        async with running(Air(product.device), product.config) as (link, taken):
            await live(link)
            assert LinkState.BACKING_OFF not in taken.states


@in_virtual_time
async def test_a_bp2_whose_state_cannot_be_read_has_not_answered() -> None:
    product = bp2_cuff()
    broken = viatom_bp2.encode_reply(viatom_bp2.Reply(opcode=viatom_bp2.Opcode.REGISTERS, content=b"x"))
    product.device.characteristics[viatom_bp2.WRITE].reply = lambda _: product.device.send(
        viatom_bp2.NOTIFY, broken
    )
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.LOST in taken.states)
        assert "no data for 15.0 s" in "".join(event.reason for event in taken.events)


@in_virtual_time
async def test_a_device_without_a_serial_number_cannot_prove_who_it_is() -> None:
    strap = heart_rate()
    del strap.device.characteristics[sig.SERIAL_NUMBER]
    strap.options["serial"] = "S-1"
    async with running(Air(strap.device), strap.config) as (link, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states)
        assert isinstance(link.driver, Driver)
        assert "the device says 'nothing'" in taken.events[-1].reason


@pytest.mark.parametrize("make", [o2ring_s, bp2_cuff])
@in_virtual_time
async def test_without_a_wall_clock_no_clock_is_set(make: type) -> None:
    product = make()
    async with running(Air(product.device), product.config, local_time=None) as (link, _):
        await live(link)
        assert not [w for w in product.device.operations("write") if " a5c0" in w or " a5ec" in w]
