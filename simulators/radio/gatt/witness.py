"""Somebody who looks on: what a peripheral sends, and to whom it is connected."""

from typing import Protocol


class Witness(Protocol):
    """Told of what happens at a peripheral, at the instant at which it happens; it changes nothing."""

    def link_changed(self, *, is_up: bool) -> None:
        """A central has connected, or has gone."""

    def sent(self, characteristic: str, value: bytes) -> None:
        """A value of that characteristic (full UUID) went out, after all faults that the sensor has."""
