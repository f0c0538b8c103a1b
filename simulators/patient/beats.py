"""Beat-to-beat intervals of the virtual patient: every cardiac sensor hears the same heart."""

import numpy as np
from numpy.typing import NDArray

from simulators.patient.vitals import Patient, Vital
from simulators.randomness import generator

# A premature beat comes after this part of the interval; the pause after it makes up for the rest.
_PREMATURE = 0.62


class Beats:
    """Instants of all beats of a session.

    RR = 60 / HR + respiratory wave + 0.1 Hz wave + white scatter. Variability falls exponentially from the
    profile's RMSSD at rest to about 3 ms at 60 % of the heart-rate reserve.
    """

    def __init__(self, patient: Patient) -> None:
        profile = patient.profile
        random = generator(patient.seed, "beats")
        reserve = profile.maximum_heart_rate_per_min - profile.resting_heart_rate_per_min
        # RMSSD(h) = rest * exp(-h / scale), so that it is 3 ms at h = 0.6 of the reserve.
        scale = 0.6 / max(np.log(profile.rmssd_rest_ms / 3.0), 0.1)
        phase = random.uniform(0.0, 2.0 * np.pi, 2)
        times: list[float] = [0.0]
        t_s, owed_s = 0.0, 0.0
        while t_s < patient.duration_s + 30.0:
            rate = patient.value(Vital.HEART_RATE_PER_MIN, t_s)
            breaths_hz = patient.value(Vital.BREATHS_PER_MIN, t_s) / 60.0
            used = max((rate - profile.resting_heart_rate_per_min) / reserve, 0.0)
            rmssd_s = 1e-3 * profile.rmssd_rest_ms * float(np.exp(-used / scale))
            # The breathing wave makes most of the RMSSD: A sin(2 pi f t) has 1.41 A |sin(pi f RR)|.
            swing = 0.9 * rmssd_s / (1.41 * max(float(np.sin(np.pi * breaths_hz * 60.0 / rate)), 0.2))
            interval = 60.0 / rate
            interval += swing * float(np.sin(2.0 * np.pi * breaths_hz * t_s + phase[0]))
            interval += 0.7 * rmssd_s * float(np.sin(2.0 * np.pi * 0.1 * t_s + phase[1]))
            interval += 0.3 * rmssd_s * float(random.standard_normal())
            whole = interval
            if owed_s > 0.0:
                interval += owed_s
                owed_s = 0.0
            elif random.random() < profile.ectopic_share:
                interval *= _PREMATURE
                owed_s = whole - interval
            t_s += max(interval, 0.25)
            times.append(t_s)
        self.t_s: NDArray[np.float64] = np.array(times)

    def between(self, start_s: float, end_s: float) -> NDArray[np.float64]:
        """RR intervals in s that were completed in [start_s, end_s), oldest first."""
        first, last = np.searchsorted(self.t_s, (start_s, end_s))
        first = max(int(first), 1)
        return np.asarray(np.diff(self.t_s[first - 1 : int(last)]), dtype=np.float64)

    def phase(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Beats since the start, shape of `t_s`; the fraction is the cardiac phase."""
        return np.interp(t_s, self.t_s, np.arange(len(self.t_s), dtype=np.float64))
