"""Jumper JPD-500F/G, OXY500 BT and relatives ("My Oximeter", "Medical"): values and pleth.

Sources: public drivers of the JPD-500F. No pairing, no start command, no checksum. The service's UUID
differs in one digit from that of the Yonker cuffs (CDEACD80), which also send kinds 80 and 81.
"""

from typing import Final

from protocols.ble.codec.errors import EncodeError, Fitting, check_length, too_short, unknown_code
from protocols.ble.codec.sentinel import or_sentinel
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("My Oximeter", "JPD", "PLS-01BT", "OXY500 BT", "OXY550 BT", "JPO", "Medical")
SERVICE: Final = "cdeacb80-5235-4c07-8846-93a37ee6b86d"
NOTIFY: Final = "cdeacb81-5235-4c07-8846-93a37ee6b86d"
WRITE: Final = "cdeacb82-5235-4c07-8846-93a37ee6b86d"

_PLETH, _VALUES = 0x80, 0x81
_VALUES_SIZE = 4
# Ten in all that is published; a notification at the smallest MTU has room for 19.
_MOST_SAMPLES = 19
_MISSING_PULSE = 0xFF
_MISSING_SPO2 = 0x7F


@value
class Values:
    """Kind 81. None: no finger yet. A perfusion index of 0 is "none"."""

    pulse_rate_per_min: int | None
    spo2_percent: int | None
    perfusion_index_percent: float


@value
class Pleth:
    """Kind 80: samples of the pleth, arbitrary units."""

    samples: tuple[int, ...]


def decode_notification(data: bytes) -> Values | Pleth:
    """A notification. Raises DecodeError for other kinds and lengths."""
    name = "jumper.notification"
    check_length(name, data, 1, _MOST_SAMPLES + 1)
    if data[0] == _PLETH:
        if len(data) < 2:
            raise too_short(name, data, "samples", 1, 1)
        return Pleth(samples=tuple(data[1:]))
    if data[0] != _VALUES:
        raise unknown_code(name, data, 0, "kind", "80 (pleth) or 81 (values)")
    check_length(name, data, _VALUES_SIZE)
    return Values(
        pulse_rate_per_min=None if data[1] == _MISSING_PULSE else data[1],
        spo2_percent=None if data[2] == _MISSING_SPO2 else data[2],
        perfusion_index_percent=data[3] / 10,
    )


def encode_notification(value: Values | Pleth) -> bytes:
    """A notification. Raises EncodeError when a value does not fit."""
    name = "jumper.notification"
    with Fitting(name, field="value", expected="values that fit their bytes"):
        if isinstance(value, Pleth):
            if not 1 <= len(value.samples) <= _MOST_SAMPLES:
                raise EncodeError(name, field="samples", expected=f"1 to {_MOST_SAMPLES}")
            return bytes((_PLETH, *value.samples))
        return bytes(
            (
                _VALUES,
                or_sentinel(value.pulse_rate_per_min, _MISSING_PULSE),
                or_sentinel(value.spo2_percent, _MISSING_SPO2),
                round(value.perfusion_index_percent * 10),
            )
        )
