"""How long a link waits before it tries again, by what went wrong. Pure; the jitter is an argument."""

from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom

from devices.errors import (
    AttentionError,
    ConnectFailedError,
    DeviceError,
    DeviceVanishedError,
    GattRefusedError,
    LinkDroppedError,
    LinkTimeoutError,
    OutOfSlotsError,
    RadioBusyError,
    RadioLostError,
    RadioUnavailableError,
    SilenceError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """`first_s`, doubled with each failure in a row up to `ceiling_s`; at most `jitter` of it on top."""

    name: str
    first_s: float
    ceiling_s: float
    jitter: float = 0.25

    def delay_s(self, failures: int, unit_random: float) -> float:
        """The pause after the `failures`-th failure in a row (1, 2, ...); `unit_random` in [0, 1)."""
        # 2**16 seconds is more than any ceiling: the exponent is bounded so that no day-long outage
        # overflows.
        grown = self.first_s * 2.0 ** min(failures - 1, 16)
        return min(grown, self.ceiling_s) * (1.0 + self.jitter * unit_random)


# The jitter of a real station; tests pass their own.
SYSTEM_JITTER: Callable[[], float] = SystemRandom().random

# Interference at the instant of connecting. An immediate retry usually works (bleak #993, #1673, #1220);
# a quarter of a second lets BlueZ see the old connection end first.
TRANSIENT = Backoff(name="transient", first_s=0.25, ceiling_s=10.0)

# Another scan or connect runs on the adapter; BlueZ needs about half a second to finish one.
BUSY = Backoff(name="busy", first_s=0.5, ceiling_s=10.0)

# A live link fell. The patient watches: first retry at once, and never long pauses: a link that keeps falling
# and gives data in between is worth more than a quiet one.
DROPPED = Backoff(name="dropped", first_s=0.25, ceiling_s=2.0)

# Connected but silent, or an operation that never came back: the device needs to notice our disconnect
# (supervision timeouts are commonly 2 to 6 s) before it advertises again.
UNRESPONSIVE = Backoff(name="unresponsive", first_s=1.0, ceiling_s=20.0)

# The host stack forgot the device. It must advertise again anyway; the search is the waiting.
VANISHED = Backoff(name="vanished", first_s=0.5, ceiling_s=10.0)

# The controller frees a slot only after the old link's cleanup, about 4 s on ESP32 proxies
# (bleak-retry-connector BLEAK_OUT_OF_SLOTS_BACKOFF_TIME). More jitter: all links wait for the same slot.
SLOTS = Backoff(name="slots", first_s=4.0, ceiling_s=60.0, jitter=0.5)

# bluetoothd or D-Bus restarts: systemd takes 1 to 3 s. More jitter: every link fails at the same instant.
RADIO_LOST = Backoff(name="radio_lost", first_s=2.0, ceiling_s=30.0, jitter=0.5)

# No adapter: somebody has to plug one in. Look again often enough to be seen to react.
NO_RADIO = Backoff(name="no_radio", first_s=5.0, ceiling_s=30.0)

# A person must press a button, re-pair or swap the device. Retrying faster fills the screen and, with
# a wrong pairing, makes some cuffs lock up.
ATTENTION = Backoff(name="attention", first_s=30.0, ceiling_s=120.0)

_BY_ERROR: tuple[tuple[type[DeviceError], Backoff], ...] = (
    (AttentionError, ATTENTION),
    (RadioUnavailableError, NO_RADIO),
    (RadioBusyError, BUSY),
    (RadioLostError, RADIO_LOST),
    (OutOfSlotsError, SLOTS),
    (DeviceVanishedError, VANISHED),
    (ConnectFailedError, TRANSIENT),
    (LinkDroppedError, DROPPED),
    (SilenceError, UNRESPONSIVE),
    (LinkTimeoutError, UNRESPONSIVE),
    (GattRefusedError, UNRESPONSIVE),
)


def backoff_for(error: DeviceError) -> Backoff:
    """The back-off that `error` asks for."""
    for kind, backoff in _BY_ERROR:
        if isinstance(error, kind):
            return backoff
    return UNRESPONSIVE
