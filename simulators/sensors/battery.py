"""A battery: a level that falls with time and can be set by the scenario."""

from collections.abc import Sequence

# A lithium cell under the light load of a sensor: 4.1 V full, 3.4 V when the electronics give up.
_FULL_V = 4.1
_EMPTY_V = 3.4


class Battery:
    """Level over time.

    Args:
        percent: Level at the start.
        drain_percent_per_h: How fast it falls.
        settings: Instants at which the scenario sets the level: (t_s, percent), from which it falls on.
    """

    def __init__(
        self, *, percent: float, drain_percent_per_h: float, settings: Sequence[tuple[float, float]] = ()
    ) -> None:
        self._known = [(0.0, percent), *sorted(settings)]
        self._drain_percent_per_s = drain_percent_per_h / 3600.0

    def percent(self, t_s: float) -> float:
        """Level at `t_s`, 0..100, not rounded."""
        since_s, level = self._known[0]
        for at_s, set_to in self._known:
            if at_s <= t_s:
                since_s, level = at_s, set_to
        return min(max(level - self._drain_percent_per_s * (t_s - since_s), 0.0), 100.0)

    def volts(self, t_s: float) -> float:
        """Voltage at `t_s`; a straight line is near enough for a sensor that only reports it."""
        return _EMPTY_V + (_FULL_V - _EMPTY_V) * self.percent(t_s) / 100.0
