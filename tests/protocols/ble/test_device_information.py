"""Device information: padded text, identifiers, and each damage."""

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.device_information import (
    DeviceText,
    PnpId,
    SystemId,
    decode_pnp_id,
    decode_system_id,
    decode_text,
    encode_text,
)
from tests.support.refusals import does_not_fit, refused


def test_text_may_be_padded() -> None:
    assert decode_text(b"WT901\0\0") == DeviceText(text="WT901", padding=2)
    assert encode_text(DeviceText(text="WT901", padding=2)) == b"WT901\0\0"
    assert decode_text("µ".encode()) == DeviceText(text="µ")


def test_a_nul_inside_belongs_to_the_text() -> None:
    assert decode_text(b"a\0b") == DeviceText(text="a\0b")


def test_the_example_of_the_specification() -> None:
    """System ID of the Bluetooth address 00:1B:DC:05:B5:54 made an EUI-64: 001BDC FFFE 05B554."""
    assert decode_system_id(bytes.fromhex("54b505feffdc1b00")) == SystemId(
        manufacturer_identifier=0xFFFE05B554, organisation_identifier=0x001BDC
    )


def test_a_product() -> None:
    assert decode_pnp_id(bytes.fromhex("016b0005000101")) == PnpId(
        vendor_source=1, vendor_id=0x6B, product_id=5, product_version=0x0101
    )


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("text", "61ff", (Damage.VALUE, 1)),
        ("text", "61" * 513, (Damage.TOO_LONG, 512)),
        ("system_id", "00" * 7, (Damage.TOO_SHORT, 7)),
        ("pnp_id", "00" * 8, (Damage.TOO_LONG, 7)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"device_information.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("device_information.text", DeviceText(text="a\0"))
    does_not_fit("device_information.text", DeviceText(text="a", padding=-1))
    does_not_fit("device_information.text", DeviceText(text="a" * 512, padding=1))
    does_not_fit("device_information.text", DeviceText(text="\udc80"))
    does_not_fit(
        "device_information.system_id",
        SystemId(manufacturer_identifier=1 << 40, organisation_identifier=0),
    )
    does_not_fit(
        "device_information.pnp_id",
        PnpId(vendor_source=1, vendor_id=1 << 16, product_id=0, product_version=0),
    )
