"""How long each event took: said, stored, published, confirmed; in wall-clock milliseconds. Pure."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from monitor.alerts.transition import Transition
from monitor.delivery.health import DeliveryTimes

# A day of alerts; the oldest give way.
MAX_KEPT = 10_000


class Timings:
    """`wall_s` is a stopwatch that runs with the wall, also when the loop's clock does not."""

    def __init__(self, wall_s: Callable[[], float]) -> None:
        self._wall_s = wall_s
        self._started_s: dict[str, float] = {}
        self._times: OrderedDict[str, DeliveryTimes] = OrderedDict()

    @property
    def times(self) -> list[DeliveryTimes]:
        """All events, oldest first."""
        return list(self._times.values())

    def start(self, message_id: str, transition: Transition) -> None:
        """The session has just said it."""
        if len(self._times) >= MAX_KEPT:
            self._started_s.pop(self._times.popitem(last=False)[0], None)
        self._started_s[message_id] = self._wall_s()
        self._times[message_id] = DeliveryTimes(
            message_id=message_id,
            alert_id=transition.alert_id,
            seq=transition.seq,
            to_state=transition.to_state.value,
        )

    def stored(self, message_id: str) -> DeliveryTimes | None:
        """It is on disk."""
        return self._mark(message_id, "stored_ms", lambda times, ms: replace(times, stored_ms=ms))

    def published(self, message_id: str) -> DeliveryTimes | None:
        """The broker has acknowledged it, for the first time."""
        return self._mark(message_id, "published_ms", lambda times, ms: replace(times, published_ms=ms))

    def confirmed(self, message_id: str) -> DeliveryTimes | None:
        """The therapist's application has confirmed it, for the first time."""
        return self._mark(message_id, "confirmed_ms", lambda times, ms: replace(times, confirmed_ms=ms))

    def _mark(
        self, message_id: str, what: str, marked: Callable[[DeliveryTimes, float], DeliveryTimes]
    ) -> DeliveryTimes | None:
        """The new times, or None: not one of this run's, or marked before."""
        times = self._times.get(message_id)
        if times is None or getattr(times, what) is not None:
            return None
        passed_ms = (self._wall_s() - self._started_s[message_id]) * 1000
        self._times[message_id] = marked(times, passed_ms)
        return self._times[message_id]
