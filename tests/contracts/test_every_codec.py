"""What holds for every message of the catalogue, whatever it is about."""

import pickle
import random
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ble import catalog
from protocols.ble.catalog import Direction, Message
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError, ProtocolError
from tests.support.damaged_frames import damaged, sealed
from tests.support.measurement_strategies import variations
from tests.support.samples import samples

MESSAGES = catalog.messages()
SAMPLES = samples()

by_name = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)


def frames(message: Message) -> list[bytes]:
    return [message.encode(sample) for sample in SAMPLES[message.name]]


def equal(one: Any, other: Any) -> bool:
    """Measurements are equal, or both hold the same floats that are not numbers."""
    return bool(one == other) or repr(one) == repr(other)


def check(message: Message, data: bytes) -> None:
    """Any bytes: a measurement that is stable, or a `DecodeError` that says where and why."""
    outcome = attempt(message.decode, data)
    if isinstance(outcome, DecodeError):
        assert outcome.format == message.name
        assert outcome.damage in Damage
        assert 0 <= outcome.offset <= len(data)
        assert outcome.field
        assert outcome.expected
        assert outcome.hex == data[:64].hex()
        assert len(str(outcome)) < 500
        return
    encoded = message.encode(outcome)
    assert equal(message.decode(encoded), outcome)
    if not message.name.startswith(MANY_TO_ONE):
        assert encoded == data


def attempt(function: Callable[[Any], Any], argument: Any) -> Any:
    """What the function returns, or the protocol error that it raises; any other exception goes through."""
    try:
        return function(argument)
    except ProtocolError as error:
        return error


# Unused bits of an experimental format, and of one whose notes do not name them, are sent as 0; JSON may be
# spaced in many ways; a float that is not a number has many forms.
MANY_TO_ONE = (
    "enhanced_blood_pressure.",
    "nonin.pulse_intervals",
    "viatom_o2.info",
    "movella_dot.",
    "metamotion.",
    "movesense.",
    "thingy52.gravity",
    "polar_pmd_control.",
)


@by_name
def test_there_is_a_sample_of_it(message: Message) -> None:
    assert SAMPLES[message.name]


@by_name
def test_samples_come_back_from_the_wire_as_they_were(message: Message) -> None:
    for sample in SAMPLES[message.name]:
        data = message.encode(sample)
        assert isinstance(data, bytes)
        assert equal(message.decode(data), sample)


@by_name
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_generated_values_come_back_or_are_refused(message: Message, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(SAMPLES[message.name]))
    measurement = data.draw(variations(sample, message.name))
    encoded = attempt(message.encode, measurement)
    if isinstance(encoded, EncodeError):
        assert encoded.format.partition(".")[0] in message.name or encoded.format.startswith(SHARED_PARTS)
        assert encoded.field
        return
    decoded = message.decode(encoded)
    assert equal(decoded, measurement)
    assert message.encode(decoded) == encoded


# Parts that several formats are made of speak for themselves.
SHARED_PARTS = ("date_time.", "ieee11073.", "polar_pmd")


@by_name
@settings(max_examples=15, deadline=None)
@given(data=st.binary(max_size=600))
def test_any_bytes_are_a_measurement_or_a_decode_error(message: Message, data: bytes) -> None:
    check(message, data)


@by_name
def test_damaged_frames_are_measurements_or_decode_errors(message: Message) -> None:
    source = random.Random(message.name)
    corpus = frames(message)
    for _ in range(150):
        check(message, damaged(source, corpus))


@by_name
def test_no_byte_under_a_right_checksum_is_overlooked(message: Message) -> None:
    """Each byte in turn is another: that is refused, or comes back."""
    for frame in frames(message)[:4]:
        for at in range(min(len(frame), 64)):
            for changed in (frame[at] ^ 0x01, frame[at] ^ 0x50, 0xFF):
                check(message, sealed(message.decode, frame[:at] + bytes((changed,)) + frame[at + 1 :]))


@by_name
def test_a_frame_cut_anywhere_is_seen_through(message: Message) -> None:
    for frame in frames(message):
        for length in range(len(frame)):
            check(message, frame[:length])


@by_name
def test_a_frame_with_something_behind_it_is_seen_through(message: Message) -> None:
    for frame in frames(message):
        for tail in (b"\x00", b"\xff", b"\x00" * 600):
            check(message, frame + tail)


@by_name
def test_a_flood_is_refused_without_being_looked_through(message: Message) -> None:
    for byte in (b"\x00", b"\xff"):
        with pytest.raises(DecodeError) as caught:
            message.decode(byte * 70_000)
        assert len(str(caught.value)) < 500


@by_name
def test_measurements_are_values(message: Message) -> None:
    for sample in SAMPLES[message.name]:
        if not is_dataclass(sample):
            continue
        hash(sample)
        assert sample != object()
        assert equal(pickle.loads(pickle.dumps(sample)), sample)  # noqa: S301  # our own bytes
        assert repr(sample).startswith(f"{type(sample).__name__}(")
        for field in fields(sample):
            with pytest.raises(FrozenInstanceError):
                setattr(sample, field.name, None)
            with pytest.raises(FrozenInstanceError):
                delattr(sample, field.name)


@by_name
def test_a_message_off_the_air_names_its_characteristic(message: Message) -> None:
    no_characteristic = {"prefixed_blood_pressure.measurement"}  # the reporter did not say
    if message.direction is Direction.PART or message.name in no_characteristic:
        assert message.characteristics == ()
        return
    assert message.uuids
    for uuid in message.uuids:
        assert catalog.full_uuid(uuid) == uuid, "full and in lower case"


@by_name
def test_an_envelope_is_a_message_with_content(message: Message) -> None:
    if message.envelope is None:
        return
    envelope = catalog.message(message.envelope)
    assert envelope is not None
    assert all(
        hasattr(sample, "content") or hasattr(sample, "parameters") for sample in SAMPLES[envelope.name]
    )


def test_names_are_unique_and_every_family_has_its_own_messages() -> None:
    names = [message.name for message in MESSAGES]
    assert len(set(names)) == len(names)
    assert len({family.name for family in catalog.FAMILIES}) == len(catalog.FAMILIES)
