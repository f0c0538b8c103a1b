"""What a calibration leaves behind for the online angle."""

from dataclasses import dataclass

from monitor.motion.quaternion import Quaternion, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class HingeCalibration:
    """What the online angle needs. Axes are unit vectors, positive rotation about them is flexion."""

    axis_proximal: Vector
    axis_distal: Vector
    q_zero: Quaternion  # relative orientation at the zero pose
    inclination_zero_rad: float
    delta_rad: float  # heading at the end of the calibration
