"""Which of the devices in range is the configured one. Pure.

To take another patient's sensor for this one's is worse than to take none. So an address decides where
there is one; without it a device is taken only while it is the only one that fits, and kept for the
session; a changed address is followed only when the device then proves its serial number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver

# The nearest; a clinic is full of devices.
NAMED_AT_MOST = 3


@dataclass(slots=True)
class IdentityState:
    """What a link has learnt about who its device is."""

    config: DeviceConfig
    driver: type[Driver]
    addresses: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with what the settings say."""
        if self.config.address is not None:
            self.addresses.add(self.config.address.upper())

    @property
    def serial(self) -> str:
        """The serial number that the device must show; empty if any will do."""
        return self.config.text("serial")

    @property
    def pinned(self) -> bool:
        """Whether it is settled which device this is."""
        return bool(self.addresses)

    def knows(self, advertisement: Advertisement) -> bool:
        """Whether the address alone says that it is ours."""
        return advertisement.address in self.addresses

    def accepts(self, advertisement: Advertisement) -> bool:
        """Whether it is worth a connection."""
        if self.knows(advertisement):
            return True
        if advertisement.address in self.strangers or (self.pinned and not self.serial):
            return False
        if self.config.name is not None:
            return advertisement.name == self.config.name
        return self.driver.matches(advertisement)

    def near_misses(self, heard: Iterable[Advertisement]) -> str:
        """What in range may be the device under another name or address, in words; empty if nothing."""
        others = sorted(
            (one for one in heard if not self.knows(one) and one.address not in self.strangers),
            key=lambda one: (-one.rssi_dbm, one.address),
        )
        kin = [one for one in others if self.driver.matches(one)][:NAMED_AT_MOST]
        if kin:
            wanted = self.config.address or f"the name {self.config.name!r}"
            return (
                f"heard {_listed(kin)}, of this family but not {wanted}: if that is it, correct `name` or "
                "`address` in station.toml"
            )
        if self.config.address is not None or not others:
            return ""
        wanted = "a name of this family" if self.config.name is None else f"the name {self.config.name!r}"
        return (
            f"nothing in range has {wanted}; heard {_listed(others[:NAMED_AT_MOST])}: if one of them is it, "
            "give its `address` in station.toml"
        )

    def pin(self, address: str) -> None:
        """From now on this address is ours."""
        self.addresses.add(address.upper())

    def reject(self, address: str) -> None:
        """This address belongs to somebody else's device."""
        self.strangers.add(address.upper())


def _listed(advertisements: Sequence[Advertisement]) -> str:
    return ", ".join(
        f"{repr(one.name) if one.name else 'a device without a name'} ({one.address})"
        for one in advertisements
    )
