"""What the guest can be asked to try."""

from enum import StrEnum


class Part(StrEnum):
    """A part of the steps."""

    LINKS = "links"
    SERVICE = "service"
