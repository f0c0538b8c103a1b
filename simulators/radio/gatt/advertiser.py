"""A peripheral's advertising: on while it is wanted and nobody is connected."""

import asyncio
from collections.abc import Callable

from bumble.device import Device
from bumble.hci import OwnAddressType


class Advertiser:
    """Keeps a device advertising. `keep` does the work; everything else only says what is wanted.

    Args:
        device: The device.
        content: Gives advertising data and scan response as they are now.
        interval_s: Time between two advertising events.
        public_address: Whether it advertises with its public address.
        wanted: Whether to begin at once.
    """

    def __init__(
        self,
        device: Device,
        *,
        content: Callable[[], tuple[bytes, bytes]],
        interval_s: float,
        public_address: bool,
        wanted: bool,
    ) -> None:
        self._device = device
        self._content = content
        self._interval_ms = interval_s * 1000
        self._own = OwnAddressType.PUBLIC if public_address else OwnAddressType.RANDOM
        self._wanted = wanted
        self._is_stale = False
        self._changed = asyncio.Event()

    def want(self, wanted: bool) -> None:
        """Advertise whenever nobody is connected, with the content as it is now; or no more."""
        self._wanted = wanted
        self._is_stale = True
        self._changed.set()

    def look_again(self) -> None:
        """Somebody connected, or left, or the address changed."""
        self._changed.set()

    async def keep(self) -> None:
        """Switch advertising on and off as it is wanted, until cancelled."""
        device = self._device
        while True:
            wanted = self._wanted and not device.connections
            if device.is_advertising and (self._is_stale or not wanted):
                await device.stop_advertising()
            self._is_stale = False
            if wanted and not device.is_advertising:
                advertising_data, scan_response = self._content()
                await device.start_advertising(
                    own_address_type=self._own,
                    advertising_data=advertising_data,
                    scan_response_data=scan_response,
                    advertising_interval_min=self._interval_ms,
                    advertising_interval_max=self._interval_ms,
                )
            await self._changed.wait()
            self._changed.clear()
