"""When an alert sounds, and again. Pure.

After IEC 60601-1-8: bursts by priority, repeated while nobody has acknowledged the alert (a high one every
2.5 to 15 s, a medium one every 2.5 to 30 s), a low one once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from protocols.units import NS_PER_S

AGAIN_AFTER_S: Mapping[str, float] = {"high": 10.0, "medium": 25.0}
_RANK = {"high": 0, "medium": 1, "low": 2}


@dataclass(slots=True)
class AlarmSignal:
    """Ask it as often as you like; it says which burst is due."""

    _known: dict[str, str] = field(default_factory=dict)
    _last_ns: int | None = None

    def due(self, waiting: Iterable[tuple[str, str]], *, now_ns: int) -> str | None:
        """`waiting`: (id, priority) of what nobody has acknowledged; the priority to sound now, or None.

        What is new, or has risen, sounds at once.
        """
        present = dict(waiting)
        new = [
            priority
            for key, priority in present.items()
            if key not in self._known or _RANK[priority] < _RANK[self._known[key]]
        ]
        self._known = present
        worst = min(present.values(), key=_RANK.__getitem__, default=None)
        if not new:
            again_s = AGAIN_AFTER_S.get(worst or "")
            if again_s is None or self._last_ns is None or now_ns - self._last_ns < again_s * NS_PER_S:
                return None
        self._last_ns = now_ns
        return worst
