"""Who types and who shows: the two ends' parts in pairing."""

from collections.abc import Callable

from bumble.device import Connection
from bumble.pairing import PairingConfig, PairingDelegate

Capability = PairingDelegate.IoCapability


class _StationDelegate(PairingDelegate):
    """A user at the station, who reads a peripheral's display and types."""

    def __init__(self, address: str, passkey: Callable[[str], int | None]) -> None:
        super().__init__(Capability.KEYBOARD_INPUT_ONLY)
        self._address = address
        self._passkey = passkey

    async def get_number(self) -> int | None:
        """The six digits, None to refuse."""
        return self._passkey(self._address)


class _PeripheralDelegate(PairingDelegate):
    """A peripheral with a display and a fixed or random passkey, or with neither."""

    def __init__(self, passkey: int | None, *, accepts: Callable[[], bool]) -> None:
        super().__init__(Capability.NO_OUTPUT_NO_INPUT if passkey is None else Capability.DISPLAY_OUTPUT_ONLY)
        self._passkey = passkey
        self._accepts = accepts

    async def accept(self) -> bool:
        """Whether it pairs now; many cuffs do so in pairing mode only."""
        return self._accepts()

    async def generate_passkey(self) -> int:
        """What the display shows."""
        return self._passkey or 0


def station_pairing(connection: Connection, passkey: Callable[[str], int | None] | None) -> PairingConfig:
    """The central's part: bonding, secure connections, a keyboard if there is an agent."""
    if passkey is None:
        return PairingConfig(mitm=False, delegate=PairingDelegate(Capability.NO_OUTPUT_NO_INPUT))
    delegate = _StationDelegate(connection.peer_address.to_string(False), passkey)
    return PairingConfig(mitm=True, delegate=delegate)


def peripheral_pairing(passkey: int | None, *, accepts: Callable[[], bool]) -> PairingConfig:
    """The peripheral's part: Just Works, or a display."""
    return PairingConfig(mitm=passkey is not None, delegate=_PeripheralDelegate(passkey, accepts=accepts))
