"""Flag bits that the SIG's services reserve for future use.

A receiver must not mind them, and some devices set them. They are kept, so that what a device has sent can be
sent again to the byte.
"""

from typing import Final

from protocols.ble.codec.errors import EncodeError

# Of 2A35, 2A36, 2A37, 2A5E and 2A5F alike.
RESERVED_FLAGS: Final = 0xE0


def reserved(format_name: str, bits: int) -> int:
    """`bits` as they go into the flags.

    Raises:
        EncodeError: when there are others than bits 5 to 7 among them.
    """
    if bits & ~RESERVED_FLAGS:
        raise EncodeError(format_name, field="reserved_flags", expected="bits 5 to 7 only")
    return bits
