"""What a peripheral offers: services and characteristics, described in a few words each."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bumble import att
from bumble import gatt as bumble_gatt
from bumble.core import UUID
from bumble.device import Connection
from bumble.gatt_server import Server

from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.advertisement import full_uuid, short_uuid

Read = bytes | Callable[[], bytes]
Write = Callable[[bytes], Awaitable[None] | None]

_Permissions = att.Attribute.Permissions
_Properties = bumble_gatt.Characteristic.Properties


class Security(Enum):
    """What a link must be before a characteristic may be read, written or subscribed to."""

    OPEN = _Permissions(0)
    ENCRYPTED = _Permissions.READ_REQUIRES_ENCRYPTION | _Permissions.WRITE_REQUIRES_ENCRYPTION
    AUTHENTICATED = (
        _Permissions.READ_REQUIRES_ENCRYPTION
        | _Permissions.WRITE_REQUIRES_ENCRYPTION
        | _Permissions.READ_REQUIRES_AUTHENTICATION
        | _Permissions.WRITE_REQUIRES_AUTHENTICATION
    )


@dataclass(slots=True, kw_only=True, eq=False)
class Characteristic:
    """One characteristic. Its properties follow from what is given: `read`, `write`, `notify`, `indicate`.

    `read` is the value itself (assign to `read` to change it) or gives it when asked. `write` takes a written
    value and may be a coroutine function; it raises `WriteRefusedError` to answer with an ATT error.
    `with_response` and `without_response` say which kinds of write are offered.
    """

    uuid: int | str
    read: Read | None = None
    write: Write | None = None
    with_response: bool = True
    without_response: bool = False
    notify: bool = False
    indicate: bool = False
    security: Security = Security.OPEN
    descriptors: Mapping[int | str, bytes] = field(default_factory=dict)
    attribute: bumble_gatt.Characteristic[bytes] = field(init=False, repr=False)

    def build(self, server: Server) -> bumble_gatt.Characteristic[bytes]:
        """Make bumble's characteristic for that server, which then carries the handle."""
        properties = _Properties(0)
        permissions = self.security.value
        if self.read is not None:
            properties |= _Properties.READ
            permissions |= _Permissions.READABLE
        if self.write is not None:
            permissions |= _Permissions.WRITEABLE
            properties |= _Properties.WRITE if self.with_response else 0
            properties |= _Properties.WRITE_WITHOUT_RESPONSE if self.without_response else 0
        properties |= _Properties.NOTIFY if self.notify else 0
        properties |= _Properties.INDICATE if self.indicate else 0
        descriptors = [
            bumble_gatt.Descriptor(bumble_uuid(uuid), _Permissions.READABLE, value)
            for uuid, value in self.descriptors.items()
        ]
        self.attribute = bumble_gatt.Characteristic(
            bumble_uuid(self.uuid),
            properties,
            permissions,
            att.AttributeValue(read=self._on_read, write=self._on_write),
            descriptors,
        )
        if self.security is not Security.OPEN and (self.notify or self.indicate):
            # Bumble's own configuration descriptor is open to everybody.
            descriptors.append(
                bumble_gatt.Descriptor(
                    bumble_gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
                    _Permissions.READABLE | _Permissions.WRITEABLE | self.security.value,
                    server.make_descriptor_value(self.attribute),
                )
            )
        return self.attribute

    def _on_read(self, _: Connection) -> bytes:
        value = self.read() if callable(self.read) else self.read
        return value or b""

    async def _on_write(self, _: Connection, value: bytes) -> None:
        try:
            result = self.write(value) if self.write is not None else None
            if inspect.isawaitable(result):
                await result
        except WriteRefusedError as error:
            raise att.ATT_Error(error.code) from error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """A primary service and its characteristics."""

    uuid: int | str
    characteristics: Sequence[Characteristic]

    def build(self, server: Server) -> bumble_gatt.Service:
        """Make bumble's service for that server."""
        return bumble_gatt.Service(
            bumble_uuid(self.uuid), [characteristic.build(server) for characteristic in self.characteristics]
        )


def enforce_permissions(server: Server) -> None:
    """Let a server refuse reads and writes of attributes that have no such permission.

    Bumble's does not look: a central that writes through a stale handle would overwrite the table itself.
    """

    def refuse(code: att.ErrorCode) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def refused(*_: object) -> None:
            raise att.ATT_Error(code)

        return refused

    for attribute in server.attributes:
        if not attribute.permissions & _Permissions.READABLE:
            attribute.read_value = refuse(att.ErrorCode.READ_NOT_PERMITTED)  # type: ignore[method-assign]
        if not attribute.permissions & _Permissions.WRITEABLE:
            attribute.write_value = refuse(att.ErrorCode.WRITE_NOT_PERMITTED)  # type: ignore[method-assign]


def bumble_uuid(uuid: int | str) -> UUID:
    """A UUID in bumble's form, short where there is a short form."""
    number = short_uuid(uuid)
    return UUID.from_16_bits(number) if number is not None else UUID(full_uuid(uuid))


def battery_service(level_percent: Callable[[], int]) -> tuple[Service, Characteristic]:
    """Battery Service 1.1 with its level, which notifies; the characteristic is for `Peripheral.notify`."""
    level = Characteristic(uuid=0x2A19, read=lambda: bytes([level_percent()]), notify=True)
    return Service(uuid=0x180F, characteristics=[level]), level


def device_information_service(
    *,
    manufacturer: str | None = None,
    model: str | None = None,
    serial_number: str | None = None,
    hardware_revision: str | None = None,
    firmware_revision: str | None = None,
    software_revision: str | None = None,
) -> Service:
    """Device Information Service 1.1 with the strings that are given."""
    strings = {
        0x2A29: manufacturer,
        0x2A24: model,
        0x2A25: serial_number,
        0x2A27: hardware_revision,
        0x2A26: firmware_revision,
        0x2A28: software_revision,
    }
    return Service(
        uuid=0x180A,
        characteristics=[
            Characteristic(uuid=uuid, read=text.encode())
            for uuid, text in strings.items()
            if text is not None
        ],
    )
