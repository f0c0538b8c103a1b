import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from monitor.motion.quaternion import (
    IDENTITY,
    about_vertical,
    conjugate,
    conjugate_rows,
    cross,
    dot,
    exponential,
    matrix,
    multiply,
    multiply_rows,
    normalised,
    rotate,
    rotate_rows,
    unit,
    up,
    wrapped_rad,
)

components = st.floats(-1.0, 1.0, allow_nan=False)
vectors = st.tuples(components, components, components)
quaternions = (
    st.tuples(components, components, components, components)
    .filter(lambda q: math.hypot(*q) > 0.1)
    .map(normalised)
)


def scipy_of(q: tuple[float, ...]) -> Rotation:
    return Rotation.from_quat(q, scalar_first=True)


@given(quaternions, quaternions, vectors)
def test_agrees_with_an_independent_implementation(p, q, v) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_allclose(
        scipy_of(multiply(p, q)).as_matrix(), (scipy_of(p) * scipy_of(q)).as_matrix(), atol=1e-9
    )
    np.testing.assert_allclose(rotate(q, v), scipy_of(q).apply(v), atol=1e-9)
    np.testing.assert_allclose(matrix(q), scipy_of(q).as_matrix(), atol=1e-9)
    np.testing.assert_allclose(up(q), scipy_of(q).inv().apply([0, 0, 1]), atol=1e-9)
    np.testing.assert_allclose(rotate(conjugate(q), rotate(q, v)), v, atol=1e-9)


@given(vectors)
def test_exponential_is_the_rotation_vector(v) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_allclose(
        scipy_of(exponential(v)).as_matrix(), Rotation.from_rotvec(v).as_matrix(), atol=1e-9
    )


@given(st.lists(st.tuples(quaternions, quaternions, vectors), min_size=1, max_size=5))
def test_rows_are_the_same_as_one_by_one(rows) -> None:  # type: ignore[no-untyped-def]
    p, q, v = (np.array(column) for column in zip(*rows, strict=True))
    np.testing.assert_allclose(multiply_rows(p, q), [multiply(a, b) for a, b, _ in rows], atol=1e-12)
    np.testing.assert_allclose(rotate_rows(q, v), [rotate(b, c) for _, b, c in rows], atol=1e-12)
    np.testing.assert_allclose(conjugate_rows(q), [conjugate(b) for _, b, _ in rows])


def test_vectors() -> None:
    assert cross((1, 0, 0), (0, 1, 0)) == (0, 0, 1)
    assert dot((1, 2, 3), (4, 5, 6)) == 32
    assert unit((0.0, 3.0, 4.0)) == (0.0, 0.6, 0.8)
    with pytest.raises(ZeroDivisionError):
        unit((0.0, 0.0, 0.0))


def test_the_zero_quaternion_becomes_the_identity() -> None:
    assert normalised((0.0, 0.0, 0.0, 0.0)) == IDENTITY


@given(st.floats(-50.0, 50.0))
def test_wrapping_keeps_the_angle(angle: float) -> None:
    wrapped = wrapped_rad(angle)
    assert -math.pi < wrapped <= math.pi + 1e-12
    assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=1e-9)


def test_about_vertical_leaves_up_where_it_is() -> None:
    assert rotate(about_vertical(1.3), (0.0, 0.0, 1.0)) == pytest.approx((0.0, 0.0, 1.0))
