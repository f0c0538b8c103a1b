"""Advertising data: what a peripheral says about itself before anybody connects, as values and as bytes.

Layouts: Core Specification Supplement, Part A; lengths: Core 5.4, Vol 6 Part B 2.3.1.1.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from simulators.radio.errors import AdvertisementTooLongError

LEGACY_LIMIT_BYTES = 31
BASE_UUID_SUFFIX = "-0000-1000-8000-00805f9b34fb"

# LE General Discoverable, BR/EDR not supported: what every battery-driven sensor says.
FLAGS_GENERAL_DISCOVERABLE = 0x06


def full_uuid(uuid: int | str) -> str:
    """The lower-case 128-bit form of a UUID given as a 16-bit number or in 4, 8 or 36 characters."""
    if isinstance(uuid, int):
        return f"{uuid:08x}{BASE_UUID_SUFFIX}"
    text = uuid.lower()
    return f"{text:0>8}{BASE_UUID_SUFFIX}" if len(text) in {4, 8} else str(UUID(text))


def short_uuid(uuid: int | str) -> int | None:
    """The 16-bit number of a UUID, None if it has none."""
    text = full_uuid(uuid)
    return int(text[4:8], 16) if text.startswith("0000") and text.endswith(BASE_UUID_SUFFIX) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertisement:
    """The content of one advertising or scan response packet; an empty field is left out of the packet.

    `service_uuids` and the keys of `service_data` are 16-bit numbers or UUID strings, the keys of
    `manufacturer_data` company identifiers. `flags` None leaves the flags out, as in a scan response.
    """

    local_name: str | None = None
    service_uuids: tuple[int | str, ...] = ()
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    service_data: Mapping[int | str, bytes] = field(default_factory=dict)
    tx_power_dbm: int | None = None
    appearance: int | None = None
    flags: int | None = None

    def encode(self, part: str = "advertising data") -> bytes:
        """The packet's bytes.

        Raises:
            AdvertisementTooLongError: they are more than a legacy packet holds.
        """
        data = b"".join(bytes([len(body) + 1, kind]) + body for kind, body in self._structures())
        if len(data) > LEGACY_LIMIT_BYTES:
            raise AdvertisementTooLongError(part, len(data), LEGACY_LIMIT_BYTES)
        return data

    def _structures(self) -> Iterator[tuple[int, bytes]]:
        if self.flags is not None:
            yield 0x01, bytes([self.flags])
        short = [number for number in map(short_uuid, self.service_uuids) if number is not None]
        if short:
            yield 0x03, struct.pack(f"<{len(short)}H", *short)
        full = [UUID(full_uuid(uuid)) for uuid in self.service_uuids if short_uuid(uuid) is None]
        if full:
            yield 0x07, b"".join(uuid.bytes[::-1] for uuid in full)
        if self.tx_power_dbm is not None:
            yield 0x0A, struct.pack("b", self.tx_power_dbm)
        if self.appearance is not None:
            yield 0x19, struct.pack("<H", self.appearance)
        for uuid, body in self.service_data.items():
            number = short_uuid(uuid)
            if number is not None:
                yield 0x16, struct.pack("<H", number) + body
            else:
                yield 0x21, UUID(full_uuid(uuid)).bytes[::-1] + body
        for company, body in self.manufacturer_data.items():
            yield 0xFF, struct.pack("<H", company) + body
        if self.local_name is not None:
            yield 0x09, self.local_name.encode()


def decode(data: bytes) -> Advertisement:
    """What a scanner makes of the bytes it heard; unknown and damaged structures are skipped."""
    name: str | None = None
    uuids: list[int | str] = []
    manufacturer: dict[int, bytes] = {}
    service_data: dict[int | str, bytes] = {}
    tx_power: int | None = None
    appearance: int | None = None
    flags: int | None = None
    for kind, body in _split(data):
        match kind:
            case 0x01 if body:
                flags = body[0]
            case 0x02 | 0x03:
                uuids += [
                    full_uuid(number) for (number,) in struct.iter_unpack("<H", body[: len(body) // 2 * 2])
                ]
            case 0x06 | 0x07:
                uuids += [str(UUID(bytes=body[i : i + 16][::-1])) for i in range(0, len(body) - 15, 16)]
            case 0x08 | 0x09:
                name = body.decode(errors="replace")
            case 0x0A if body:
                tx_power = struct.unpack_from("b", body)[0]
            case 0x19 if len(body) == 2:
                appearance = int.from_bytes(body, "little")
            case 0x16 if len(body) >= 2:
                service_data[full_uuid(int.from_bytes(body[:2], "little"))] = body[2:]
            case 0x21 if len(body) >= 16:
                service_data[str(UUID(bytes=body[:16][::-1]))] = body[16:]
            case 0xFF if len(body) >= 2:
                manufacturer[int.from_bytes(body[:2], "little")] = body[2:]
    return Advertisement(
        local_name=name,
        service_uuids=tuple(uuids),
        manufacturer_data=manufacturer,
        service_data=service_data,
        tx_power_dbm=tx_power,
        appearance=appearance,
        flags=flags,
    )


def _split(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(data) and data[at]:
        end = at + 1 + data[at]
        if end > len(data):
            return
        yield data[at + 1], data[at + 2 : end]
        at = end
