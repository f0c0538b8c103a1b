"""Sensors against each other: they mark, they never substitute.

Two sensors that count the same heart must agree. When they do not, the reading that is easier to fool is
marked: the oximeter's pulse (and with it its SpO2, which comes from the same pulses) against the strap,
the cuff's pulse against either, any optical rate against the rhythm of the steps.
"""

from copy import deepcopy
from dataclasses import dataclass

from protocols.units import NS_PER_S


def near_cadence(rate_per_min: float, cadence_per_min: float, *, within_per_min: float = 6.0) -> bool:
    """Whether a rate may be the steps: the cadence, its double or its half.

    Of optical rates that were wrong while running 80 % lay there; so did 22 % of the right ones: suspect,
    never more.
    """
    return any(abs(rate_per_min - factor * cadence_per_min) <= within_per_min for factor in (0.5, 1.0, 2.0))


def cuff_disagrees(cuff_per_min: float, heart_per_min: float, *, share: float = 0.15) -> bool:
    """Whether a cuff's pulse is off the mean heart rate during its measurement: repeat it, mark it unsure."""
    return abs(cuff_per_min - heart_per_min) > share * heart_per_min


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementParams:
    """When two rates disagree, and for how long before it is said."""

    absolute_per_min: float = 10.0
    relative: float = 0.1
    hold_s: float = 8.0
    # Both have to be this fresh to be compared.
    fresh_s: float = 5.0
    # How much later than the heart each source shows a change; compared at the same instant of the heart.
    pulse_latency_s: float = 10.0
    strap_latency_s: float = 1.5


@dataclass(slots=True, kw_only=True)
class AgreementState:
    """Recent strap rates (t_ns, rate), the last pulse, and since when they disagree."""

    strap: list[tuple[int, float]]
    since_ns: int | None = None
    disagrees: bool = False


class PulseAgreement:
    """Oximeter's pulse against a strap's heart rate.

    Call `strap` and `pulse` with every accepted rate; `disagrees` becomes true when they have been apart for
    `hold_s` and false as soon as they agree again or one of them is gone.
    """

    def __init__(self, params: AgreementParams | None = None) -> None:
        self.params = params or AgreementParams()
        self._state = AgreementState(strap=[])

    @property
    def state(self) -> AgreementState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: AgreementState) -> None:
        self._state = deepcopy(value)

    @property
    def disagrees(self) -> bool:
        """Whether the pulse (and the SpO2 from it) is to be marked."""
        return self._state.disagrees

    def strap(self, t_ns: int, rate_per_min: float) -> None:
        """A heart rate from the strap."""
        params = self.params
        keep_ns = round((params.pulse_latency_s + 2.0 * params.fresh_s) * NS_PER_S)
        self._state.strap = [(t, r) for t, r in self._state.strap if t > t_ns - keep_ns]
        self._state.strap.append((t_ns, rate_per_min))

    def pulse(self, t_ns: int, rate_per_min: float) -> bool:
        """A pulse rate from the oximeter; returns `disagrees`.

        The pulse of now shows the heart of `pulse_latency_s` ago: it is compared with what the strap said
        then, and with what it says now; agreement with either is agreement.
        """
        state, params = self._state, self.params
        if self._near_strap(t_ns, rate_per_min) is not False:
            state.since_ns = None
        elif state.since_ns is None:
            state.since_ns = t_ns
        state.disagrees = state.since_ns is not None and t_ns - state.since_ns >= params.hold_s * NS_PER_S
        return state.disagrees

    def confirms(self, t_ns: int, rate_per_min: float) -> bool:
        """Whether the strap was heard at `t_ns` and agrees with this rate."""
        return self._near_strap(t_ns, rate_per_min) is True

    def _near_strap(self, t_ns: int, rate_per_min: float) -> bool | None:
        """Whether the strap, now or when the pulse was made, agrees; None when it was not heard."""
        params = self.params
        delay_ns = round((params.pulse_latency_s - params.strap_latency_s) * NS_PER_S)
        compared = [
            rate for rate in (self._strap_rate(t_ns), self._strap_rate(t_ns - delay_ns)) if rate is not None
        ]
        if not compared:
            return None
        return any(
            abs(rate - rate_per_min) <= max(params.absolute_per_min, params.relative * rate)
            for rate in compared
        )

    def _strap_rate(self, t_ns: int) -> float | None:
        """What the strap said nearest to `t_ns`; None when that is too far."""
        if not self._state.strap:
            return None
        t, rate = min(self._state.strap, key=lambda item: abs(item[0] - t_ns))
        return rate if abs(t - t_ns) <= self.params.fresh_s * NS_PER_S else None
