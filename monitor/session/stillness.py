"""Has the joint been still for a moment?"""

from monitor.motion.joint_angle import JointAngleBlock

# Slower than this a joint is held, not moved (the tremor of a tired leg stays below).
STILL_DEG_S = 8.0


class Stillness:
    """`update` with angles; True once the joint has been still for `for_ns`."""

    def __init__(self, *, for_ns: int) -> None:
        self._for_ns = for_ns
        self._since_ns: int | None = None

    def update(self, angles: JointAngleBlock) -> bool:
        """Angles that are not valid say nothing, and break a stretch of stillness."""
        rows = zip(angles.t_ns.tolist(), angles.rate_deg_s.tolist(), angles.valid.tolist(), strict=True)
        for t_ns, rate, valid in rows:
            if not valid or abs(rate) > STILL_DEG_S:
                self._since_ns = None
            elif self._since_ns is None:
                self._since_ns = t_ns
            elif t_ns - self._since_ns >= self._for_ns:
                return True
        return False
