"""Device Information Service 0x180A: names and versions as text, System ID (2A23), PnP ID (2A50).

Device Information Service 1.1, sections 3.1 to 3.9. Text is UTF-8 and often padded with NUL bytes.
"""

import struct
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError, Fitting, check_length
from protocols.ble.codec.value import value

SERVICE: Final = assigned_numbers.DEVICE_INFORMATION_SERVICE
TEXTS: Final = (
    assigned_numbers.MANUFACTURER_NAME,
    assigned_numbers.MODEL_NUMBER,
    assigned_numbers.SERIAL_NUMBER,
    assigned_numbers.FIRMWARE_REVISION,
    assigned_numbers.HARDWARE_REVISION,
    assigned_numbers.SOFTWARE_REVISION,
)
SYSTEM_ID: Final = assigned_numbers.SYSTEM_ID
PNP_ID: Final = assigned_numbers.PNP_ID

# The longest attribute value (Core 5.4, Vol 3, Part F, 3.2.9).
_LONGEST_TEXT = 512
_PNP = Struct("<BHHH")


@value
class DeviceText:
    """One of the text characteristics; `padding` counts the NUL bytes after the text."""

    text: str
    padding: int = 0


@value
class SystemId:
    """2A23: 40 bits by the manufacturer above its 24-bit organisation identifier (OUI)."""

    manufacturer_identifier: int
    organisation_identifier: int


@value
class PnpId:
    """2A50: `vendor_source` 1 means a Bluetooth company identifier, 2 a USB vendor."""

    vendor_source: int
    vendor_id: int
    product_id: int
    product_version: int


def decode_text(data: bytes) -> DeviceText:
    """2A24 to 2A29, 0 to 512 bytes.

    Raises:
        DecodeError: when it is longer, or not UTF-8.
    """
    check_length("device_information.text", data, 0, _LONGEST_TEXT)
    content = data.rstrip(b"\0")
    try:
        return DeviceText(text=content.decode(), padding=len(data) - len(content))
    except UnicodeDecodeError as error:
        raise DecodeError(
            "device_information.text", data, Damage.VALUE, offset=error.start, field="text", expected="UTF-8"
        ) from None


def encode_text(value: DeviceText) -> bytes:
    """2A24 to 2A29, up to 512 bytes.

    Raises:
        EncodeError: when it is longer, or has no UTF-8 form.
    """
    name = "device_information.text"
    with Fitting(name, field="text", expected="text with a UTF-8 form"):
        content = value.text.encode()
    if content.endswith(b"\0") or value.padding < 0 or len(content) + value.padding > _LONGEST_TEXT:
        raise EncodeError(
            name, field="text", expected=f"at most {_LONGEST_TEXT} bytes, the last NULs as padding"
        )
    return content + bytes(value.padding)


def decode_system_id(data: bytes) -> SystemId:
    """2A23, 8 bytes, little-endian. Raises DecodeError on any other length."""
    check_length("device_information.system_id", data, 8)
    return SystemId(
        manufacturer_identifier=int.from_bytes(data[:5], "little"),
        organisation_identifier=int.from_bytes(data[5:], "little"),
    )


def encode_system_id(value: SystemId) -> bytes:
    """2A23, 8 bytes. Raises EncodeError when a part does not fit."""
    try:
        return value.manufacturer_identifier.to_bytes(5, "little") + value.organisation_identifier.to_bytes(
            3, "little"
        )
    except OverflowError as error:
        raise EncodeError(
            "device_information.system_id", field="identifier", expected="40 and 24 bits"
        ) from error


def decode_pnp_id(data: bytes) -> PnpId:
    """2A50, 7 bytes. Raises DecodeError on any other length."""
    check_length("device_information.pnp_id", data, _PNP.size)
    source, vendor, product, version = _PNP.unpack(data)
    return PnpId(vendor_source=source, vendor_id=vendor, product_id=product, product_version=version)


def encode_pnp_id(value: PnpId) -> bytes:
    """2A50, 7 bytes. Raises EncodeError when a part does not fit."""
    try:
        return _PNP.pack(value.vendor_source, value.vendor_id, value.product_id, value.product_version)
    except struct.error as error:
        raise EncodeError(
            "device_information.pnp_id", field="identifier", expected="a byte and three 16-bit words"
        ) from error
