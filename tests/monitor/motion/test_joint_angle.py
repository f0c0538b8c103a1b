import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.motion.joint_angle import HingeGeometry, InclinationAngle, hinge_angle, relative_orientation
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
        assume(False)  # a vertical axis shows nothing
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


@given(st.tuples(attitudes, attitudes, attitudes), st.tuples(directions, directions), angles, angles)
def test_both_angles_at_once_are_those_of_each_alone(attitude, axes, delta, zero) -> None:  # type: ignore[no-untyped-def]
    (q1, q2, q_zero), (axis1, axis2) = attitude, axes
    geometry = HingeGeometry(axis1=axis1, axis2=axis2, q_zero=q_zero, inclination_zero_rad=zero)
    twist, swing = hinge_angle(relative_orientation(q1, q2, delta), q_zero, axis1)
    found_twist, found_swing = geometry.heading_angle(q1, q2, delta)
    # Turned by half a circle about another axis a rotation has no twist to speak of.
    if swing < math.pi - 1e-3:
        assert -math.pi < found_twist <= math.pi
        assert wrapped_rad(found_twist - twist) == pytest.approx(0.0, abs=1e-9)
    assert found_swing == pytest.approx(swing, abs=1e-6)
    if max(abs(rotate(q1, axis1)[2]), abs(rotate(q2, axis2)[2])) < 0.999:  # a vertical axis shows nothing
        tilt = InclinationAngle(axis1, axis2).angle(q1, q2) - zero
        assert wrapped_rad(geometry.inclination_angle(q1, q2) - tilt) == pytest.approx(0.0, abs=1e-9)


def test_a_rotation_that_rounding_has_made_longer_than_one_has_no_swing() -> None:
    longer = tuple(component * (1.0 + 1e-12) for component in exponential((0.0, 0.3, 0.0)))
    geometry = HingeGeometry(
        axis1=(0.0, 1.0, 0.0), axis2=(0.0, 1.0, 0.0), q_zero=IDENTITY, inclination_zero_rad=0.0
    )
    found, swing = geometry.heading_angle(IDENTITY, longer, 0.0)
    assert found == pytest.approx(0.3, abs=1e-9)
    assert swing == 0.0
