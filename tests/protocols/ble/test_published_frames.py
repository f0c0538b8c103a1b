"""Every published frame, both ways: bytes to what the source says, and back to the same bytes."""

import collections

import pytest

from protocols.ble import catalog
from protocols.ble.codec.errors import DecodeError
from tests.support.vectors import Vector, all_vectors, decoded_as, same

VECTORS = all_vectors()


def named(vector: Vector) -> str:
    return f"{vector.family}-{vector.id}"


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.error is None], ids=named)
def test_the_frame_decodes_to_what_its_source_says_and_encodes_to_itself(vector: Vector) -> None:
    message = catalog.message(vector.message)
    assert message is not None
    measurement = message.decode(vector.frame)
    assert vector.expected
    for path, expected in vector.expected.items():
        actual = decoded_as(measurement, path)
        assert same(actual, expected), f"{path}: {actual!r} is not {expected!r} ({vector.source})"
    assert message.encode(measurement) == vector.frame
    again = message.decode(vector.frame)
    assert again is measurement or again == measurement  # NaN equals itself only as the same object


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.error is not None], ids=named)
def test_a_frame_that_its_source_calls_invalid_is_refused_for_the_right_reason(vector: Vector) -> None:
    message = catalog.message(vector.message)
    assert message is not None
    with pytest.raises(DecodeError) as caught:
        message.decode(vector.frame)
    assert caught.value.damage == vector.error
    assert caught.value.format == vector.message
    assert caught.value.hex == vector.frame.hex()


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.error is None], ids=named)
def test_no_beginning_of_a_frame_is_taken_for_the_frame(vector: Vector) -> None:
    """A cut frame is an error, or (where the format has no length) another measurement that is stable."""
    message = catalog.message(vector.message)
    assert message is not None
    for length in range(len(vector.frame)):
        part = vector.frame[:length]
        try:
            measurement = message.decode(part)
        except DecodeError:
            continue
        encoded = message.encode(measurement)
        assert message.encode(message.decode(encoded)) == encoded


def test_the_catalogue_counts_the_published_frames_of_each_family() -> None:
    counted = collections.Counter(vector.family for vector in VECTORS)
    assert {family.name: family.vectors for family in catalog.FAMILIES} == {
        family.name: counted[family.name] for family in catalog.FAMILIES
    }
    assert set(counted) <= {family.name for family in catalog.FAMILIES}


def test_every_vector_names_its_source() -> None:
    assert all(vector.source for vector in VECTORS)
    assert len({(vector.family, vector.id) for vector in VECTORS}) == len(VECTORS)
