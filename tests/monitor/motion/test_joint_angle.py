import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.motion.joint_angle import InclinationAngle, hinge_angle, relative_orientation
from monitor.motion.quaternion import (
    IDENTITY,
    about_vertical,
    conjugate,
    exponential,
    multiply,
    normalised,
    rotate,
    unit,
    wrapped_rad,
)

components = st.floats(-1.0, 1.0)
directions = st.tuples(components, components, components).filter(lambda v: math.hypot(*v) > 0.2).map(unit)
attitudes = (
    st.tuples(components, components, components, components)
    .filter(lambda q: math.hypot(*q) > 0.2)
    .map(normalised)
)
angles = st.floats(-3.0, 3.0)


def hinge_pose(q1, axis, theta, mounting, delta):  # type: ignore[no-untyped-def]
    """Distal attitude in its own earth frame, and the axis in the distal sensor."""
    turn = exponential(tuple(theta * a for a in axis))
    q2 = multiply(about_vertical(-delta), multiply(multiply(q1, turn), mounting))
    return q2, rotate(conjugate(mounting), axis)


@given(attitudes, directions, angles, attitudes, angles)
def test_the_hinge_angle_is_found_for_any_mounting_and_heading(q1, axis, theta, mounting, delta) -> None:  # type: ignore[no-untyped-def]
    zero2, _ = hinge_pose(IDENTITY, axis, 0.0, mounting, 0.0)
    q2, _ = hinge_pose(q1, axis, theta, mounting, delta)
    q_zero = relative_orientation(IDENTITY, zero2, 0.0)
    found, swing = hinge_angle(relative_orientation(q1, q2, delta), q_zero, axis)
    assert found == pytest.approx(theta, abs=1e-6)
    assert swing == pytest.approx(0.0, abs=1e-3)


@given(attitudes, directions, angles, attitudes, angles)
def test_inclination_finds_it_without_heading(q1, axis, theta, mounting, delta) -> None:  # type: ignore[no-untyped-def]
    if abs(rotate(q1, axis)[2]) > 0.9:
        return  # a vertical axis shows nothing
    q2, axis2 = hinge_pose(q1, axis, theta, mounting, delta)
    zero2, _ = hinge_pose(q1, axis, 0.0, mounting, delta)
    inclination = InclinationAngle(axis, axis2)
    found = wrapped_rad(inclination.angle(q1, q2) - inclination.angle(q1, zero2))
    assert wrapped_rad(found - theta) == pytest.approx(0.0, abs=1e-6)


def test_what_is_not_hinge_rotation_is_swing() -> None:
    q_rel = multiply(exponential((0.0, 0.3, 0.0)), exponential((0.2, 0.0, 0.0)))
    found, swing = hinge_angle(q_rel, IDENTITY, (0.0, 1.0, 0.0))
    assert found == pytest.approx(0.3, abs=0.01)
    assert swing == pytest.approx(0.2, abs=0.01)
