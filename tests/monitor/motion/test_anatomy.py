import pytest

from monitor.motion.anatomy import beyond_deg, limits_deg


@pytest.mark.parametrize(
    ("joint", "angle_deg", "beyond"),
    [("knee_right", 90.0, 0.0), ("knee", 200.0, 35.0), ("elbow_left", -45.0, 20.0), ("rig", 180.0, 0.0)],
)
def test_an_angle_that_no_joint_reaches(joint: str, angle_deg: float, beyond: float) -> None:
    assert beyond_deg(joint, angle_deg) == beyond
    assert limits_deg(joint)[0] < limits_deg(joint)[1]
