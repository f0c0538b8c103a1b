"""A driver: the knowledge of one family of products."""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from devices.adapter.advertisement import Advertisement
from devices.errors import OptionError, UnknownOptionError
from devices.link.connection import Connection
from protocols.ble.codec.assigned_numbers import SERIAL_NUMBER

Option = str | int | float | bool
OptionType = TypeVar("OptionType", str, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """One sensor of the station.

    `device` is the station's name for it, `role` what it measures (`oximeter`, `proximal`, ...). `address`,
    or else `name` (exactly as advertised), says which of several equal products it is; with neither, the
    only one in range is taken.

    Options that every driver knows: `serial` (the device's own serial number: it is checked, and lets the
    link follow a device that changes its address), `bond` (pair before use), `passkey` (shown on the
    device), `set_time`.
    """

    device: str
    family: str
    role: str = ""
    address: str | None = None
    name: str | None = None
    options: Mapping[str, Option] = field(default_factory=dict)

    def text(self, key: str, default: str = "") -> str:
        """A text option. Raises OptionError where something else is given."""
        return self._option(key, default, str)

    def flag(self, key: str, *, default: bool) -> bool:
        """A yes-or-no option. Raises OptionError where something else is given."""
        return self._option(key, default, bool)

    def number(self, key: str, default: float) -> float:
        """A numeric option. Raises OptionError where something else is given."""
        value = self.options.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise OptionError(self.device, key, expected="a number", found=value)
        return float(value)

    @property
    def passkey(self) -> int | None:
        """The six digits that the device shows when it is paired; text where they begin with 0."""
        value = self.options.get("passkey")
        if value is None:
            return None
        digits = f"{value:06d}" if type(value) is int else value
        if not isinstance(digits, str) or not re.fullmatch(r"[0-9]{6}", digits):
            raise OptionError(self.device, "passkey", expected="six digits", found=value)
        return int(digits)

    def _option(self, key: str, default: OptionType, kind: type[OptionType]) -> OptionType:
        value = self.options.get(key, default)
        if not isinstance(value, kind):
            raise OptionError(self.device, key, expected=f"a {kind.__name__}", found=value)
        return value


COMMON_OPTIONS = frozenset({"serial", "bond", "passkey", "set_time"})


class Driver(ABC):
    """One family's driver, made once a link. It keeps no state that outlives a connection.

    `family` is the name in the settings, `title` what people call it. `required` are the characteristics
    without which it cannot work, `subscriptions` those that are subscribed to where the device has them,
    `data` those whose frames prove that the sensor is alive: battery reports do not. `episodic` devices
    come, give what they have and go (cuffs); the others stream and are LOST after `stale_after_s` without
    data, or `first_data_within_s` after they went live. `bonds` says that the product serves bonded hosts
    only, `advice` what to do at the device to pair it. `own_options` are those that it knows beside the
    common ones.

    Raises:
        ConfigurationError: an option that it does not know, or a value that an option cannot have.
    """

    family: ClassVar[str]
    title: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ()
    subscriptions: ClassVar[tuple[str, ...]] = ()
    data: ClassVar[frozenset[str]] = frozenset()
    episodic: ClassVar[bool] = False
    bonds: ClassVar[bool] = False
    advice: ClassVar[str] = ""
    own_options: ClassVar[frozenset[str]] = frozenset()
    stale_after_s: ClassVar[float] = 5.0
    first_data_within_s: ClassVar[float] = 10.0

    def __init__(self, config: DeviceConfig) -> None:
        known = COMMON_OPTIONS | self.own_options
        for option in config.options:
            if option not in known:
                raise UnknownOptionError(config.device, option, tuple(sorted(known)))
        # Used by the link; read here, so that a wrong one is found before anything runs.
        config.text("serial")
        self.config = config
        self.passkey = config.passkey
        self.wants_bond = config.flag("bond", default=self.bonds)
        self.sets_clock = config.flag("set_time", default=True)

    @classmethod
    @abstractmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Whether a device that advertises this is of this family.

        Several families share their UUIDs: look at name, services and manufacturer data together. The
        catalogue asks the drivers in its order; the first that says yes gets the device.
        """

    @classmethod
    def remark(cls, advertisement: Advertisement) -> str:
        """What the product says of itself before anybody connects, in words for a person; mostly nothing."""
        del advertisement
        return ""

    def missing(self, connection: Connection) -> str | None:
        """The first characteristic that the device should have and has not; None if all are there."""
        return next((uuid for uuid in self.required if not connection.has(uuid)), None)

    async def serial_number(self, connection: Connection) -> str | None:
        """The device's own serial number, before anything of it is believed; None if it does not say."""
        if not connection.has(SERIAL_NUMBER):
            return None
        return (await connection.read(SERIAL_NUMBER)).decode("utf-8", "replace").strip("\0 ")

    async def start(self, connection: Connection) -> None:
        """Make the data flow: subscribe, then send what the product needs to begin. LIVE when it returns.

        Subscribing comes first, or the first answers are lost (bleak #374).
        """
        await self.subscribe(connection)

    async def subscribe(self, connection: Connection) -> None:
        """Subscribe to those of `subscriptions` that the device has."""
        for characteristic in self.subscriptions:
            if connection.has(characteristic):
                await connection.subscribe(characteristic)

    async def keep_alive(self, connection: Connection) -> None:
        """Whatever the device needs while it is live (polls, keep-alives).

        Returning means that the device has given all it had: the link disconnects in peace and searches
        again.
        """
        del connection
        await asyncio.Event().wait()

    async def farewell(self, connection: Connection) -> None:
        """What the device should hear before we leave a connection that still stands, so that it can rest."""
        del connection
