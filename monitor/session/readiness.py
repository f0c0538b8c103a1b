"""Is everything there that exercise is watched with? Unknown is not ready."""

from monitor.alerts.context.situation import Situation
from monitor.sensors import EPISODIC_ROLES, SensorRole

# A cuff speaks only when it measures, a cadence sensor sleeps until somebody pedals.
NOT_WAITED_FOR = EPISODIC_ROLES | {SensorRole.EXERCISE_MACHINE}


NO_PRESSURE = "no blood pressure at rest yet, and a cuff is prescribed: measure before the first exercise"


def lacks_pressure(situation: Situation) -> bool:
    """Whether a cuff is prescribed and has measured nothing in this session."""
    has_cuff = any(one.role is SensorRole.CUFF for one in situation.sensors.values())
    is_prescribed = situation.pressure_due_every_s is not None and has_cuff
    return is_prescribed and situation.pressures.latest is None


def not_ready(situation: Situation, now_ns: int) -> list[str]:
    """Which sensors give no valid data at `now_ns`, a phrase each."""
    missing = []
    for device, sensor in situation.sensors.items():
        if sensor.role in NOT_WAITED_FOR:
            continue
        if not sensor.seen:
            missing.append(f"no valid data from {device} yet")
        elif now_ns - sensor.valid_ns > sensor.continuous_within_ns:
            missing.append(f"no valid data from {device} at present")
    return missing
