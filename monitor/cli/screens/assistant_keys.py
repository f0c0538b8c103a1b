"""What the assistant's keys ask for: single keys, because hands are busy; twice where a slip would cost much.

c calibrate   z zero   b begin   B begin with what is there   ! stop, symptom   a acknowledge topmost alert
r then two digits: exertion on Borg's scale, r13    e e end the session
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

KEY_HELP = (
    "keys: c calibrate, z zero, b begin (B without what is missing), ! symptom (stop), "
    "a acknowledge the topmost alert, r13 exertion 13, e e end, Ctrl-C leave"
)

# A second `e` later than this is a new first one.
END_AGAIN_WITHIN_S = 5.0
# A half-typed rating is forgotten: the digits that follow minutes later mean something else.
RATING_WITHIN_S = 10.0

NS_PER_S = 1_000_000_000

_PLAIN: Mapping[str, tuple[str, Mapping[str, str | bool]]] = {
    "c": ("calibrate", {}),
    "z": ("zero", {}),
    "b": ("begin", {}),
    "B": ("begin", {"accept_missing": True}),
    "!": ("symptom", {"symptom": "stop"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command for the session."""

    verb: str
    arguments: Mapping[str, str | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sentence for whoever pressed the key."""

    sentence: str


@dataclass(slots=True)
class AssistantKeys:
    """Keys in, commands out. Time is an argument; an unknown key does nothing."""

    _end_pressed_ns: int | None = None
    _rating_pressed_ns: int | None = None
    _digits: str = ""

    def press(self, key: str, *, now_ns: int, topmost_alert_id: str | None) -> Asked | Told | None:
        """One key; `topmost_alert_id` is the first alert on the screen that nobody has acknowledged."""
        if self._is_rating(now_ns):
            if key.isdecimal() and key.isascii():
                return self._digit(key)
            self._rating_pressed_ns = None
        if key == "e":
            return self._end(now_ns)
        self._end_pressed_ns = None
        if key == "r":
            self._rating_pressed_ns, self._digits = now_ns, ""
            return Told(sentence="exertion: two digits, 06 to 20")
        if key == "a":
            return _acknowledge(topmost_alert_id)
        verb, arguments = _PLAIN.get(key, (None, {}))
        return Asked(verb=verb, arguments=dict(arguments)) if verb else None

    def _is_rating(self, now_ns: int) -> bool:
        pressed_ns = self._rating_pressed_ns
        return pressed_ns is not None and now_ns - pressed_ns <= RATING_WITHIN_S * NS_PER_S

    def _digit(self, key: str) -> Asked | None:
        self._digits += key
        if len(self._digits) < len("06"):
            return None
        self._rating_pressed_ns = None
        # The session knows the scale's range and refuses what is outside it.
        return Asked(verb="rating", arguments={"scale": "rpe", "value": float(self._digits)})

    def _end(self, now_ns: int) -> Asked | Told:
        pressed_ns = self._end_pressed_ns
        if pressed_ns is not None and now_ns - pressed_ns <= END_AGAIN_WITHIN_S * NS_PER_S:
            self._end_pressed_ns = None
            return Asked(verb="end")
        self._end_pressed_ns = now_ns
        return Told(sentence="press e again to end the session")


def _acknowledge(alert_id: str | None) -> Asked | Told:
    if alert_id is None:
        return Told(sentence="no alert waits to be acknowledged")
    return Asked(verb="acknowledge", arguments={"alert_id": alert_id})
