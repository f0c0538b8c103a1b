"""A device's own clock: a quartz that drifts, and a time of day that somebody may set wrong."""

import asyncio


class DeviceClock:
    """Seconds as the device counts them, from the loop's seconds, a drift and steps.

    `drift_ppm` > 0 is a clock that runs fast: the device's second is shorter than the station's, so it sends
    more often than it says. Sensors are specified to 20-50 ppm; worn ones in the cold reach 100.
    """

    def __init__(self, *, drift_ppm: float = 0.0) -> None:
        self._drift_ppm = drift_ppm
        self._mark_s = 0.0
        self._mark_loop_s = asyncio.get_running_loop().time()

    @property
    def drift_ppm(self) -> float:
        """How much too fast it runs."""
        return self._drift_ppm

    @drift_ppm.setter
    def drift_ppm(self, drift_ppm: float) -> None:
        now_s = self.now_s()
        self._mark_s, self._mark_loop_s = now_s, asyncio.get_running_loop().time()
        self._drift_ppm = drift_ppm

    def now_s(self) -> float:
        """Seconds since the device was switched on, as it believes."""
        elapsed_s = asyncio.get_running_loop().time() - self._mark_loop_s
        return self._mark_s + elapsed_s * (1.0 + self._drift_ppm * 1e-6)

    def step(self, seconds: float) -> None:
        """Jump, as when the time is set or the device restarts its counter."""
        self._mark_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Sleep for that long by this clock."""
        await asyncio.sleep(seconds / (1.0 + self._drift_ppm * 1e-6))
