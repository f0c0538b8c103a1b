"""QardioArm and QardioArm 2: the control characteristic beside the standard Blood Pressure Service.

Source: community revivals (LibreArm, qcardio). While it inflates, 2A35 carries partial values with a
diastolic of 0; the last one is final when nothing follows for 1.5 s.

The cuff is started by writing F1 01. That cannot be built here: inflating a cuff is left to a hand on the
device.
"""

from enum import Enum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import check_length, unknown_code

NAME_PREFIXES: Final = ("QardioARM",)
SERVICE: Final = assigned_numbers.BLOOD_PRESSURE_SERVICE
CONTROL: Final = "583cb5b3-875d-40ed-9098-c39eb0c1983d"

# A measurement is complete when 2A35 has been silent for this long.
FINAL_AFTER_S: Final = 1.5


class Command(Enum):
    """What may be written: it lets the air out."""

    CANCEL = bytes.fromhex("f102")


def decode_command(data: bytes) -> Command:
    """A command, 2 bytes. Raises DecodeError for anything but CANCEL."""
    name = "qardioarm.command"
    check_length(name, data, 2)
    try:
        return Command(data)
    except ValueError:
        raise unknown_code(name, data, 0, "command", "f1 02 (cancel); starting is not supported") from None


def encode_command(command: Command) -> bytes:
    """A command, 2 bytes."""
    return command.value
