"""BlueST boards: known by what they say in place of a company's data."""

import pytest

from devices.adapter.advertisement import Advertisement
from devices.drivers.bluest import BlueSt
from protocols.ble import bluest
from tests.devices.links import running
from tests.support.products import ADDRESS, PRODUCTS
from tests.support.scripted_link import Air, live
from tests.support.virtual_time import in_virtual_time

OWN = bytes.fromhex(ADDRESS.replace(":", ""))
MOTION = bluest.ACCELEROMETER | bluest.GYROSCOPE


def heard(data: bytes, address: str = ADDRESS) -> Advertisement:
    return Advertisement(
        address=address,
        name="",
        received_ns=0,
        rssi_dbm=-60,
        service_uuids=frozenset(),
        manufacturer_data={int.from_bytes(data[:2], "little"): data[2:]},
    )


def said(device: int = 0x02, features: int = MOTION, address: bytes | None = OWN) -> bytes:
    return bluest.encode_advertisement(
        bluest.Advertisement(device=device, features=features, address=address)
    )


@pytest.mark.parametrize(
    ("advertisement", "is_one"),
    [
        (heard(said()), True),
        (heard(said(features=bluest.ACCELEROMETER)), False),
        # Another device's address inside: a company's data that look like ours.
        (heard(said(address=bytes(6))), False),
        (heard(said(address=None)), True),
        (heard(said(device=0x40, address=None)), False),
        # macOS hides addresses behind identifiers.
        (heard(said(), "1B9E5C0A-0000-4000-8000-000000000001"), True),
        (heard(b"\x4c\x00" + bytes(10)), False),
        (heard(b"\x01\x02" + bytes(3)), False),
    ],
)
def test_a_board_is_known_by_version_features_and_its_own_address(
    advertisement: Advertisement, is_one: bool
) -> None:
    assert BlueSt.matches(advertisement) is is_one


@in_virtual_time
async def test_of_two_streams_with_the_same_samples_one_is_taken() -> None:
    product = PRODUCTS["bluest"]()
    motion = product.device.characteristics[bluest.MOTION]
    product.device.characteristics[bluest.ACC_GYR] = type(motion)(["notify"])
    product.stream, product.data = bluest.ACC_GYR, bytes(14)
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=30.0)
        assert product.device.operations("subscribe") == [bluest.ACC_GYR]
