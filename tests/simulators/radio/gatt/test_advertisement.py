"""Advertising data both ways, and as an independent implementation reads it."""

import pytest
from bumble.core import AdvertisingData
from hypothesis import given
from hypothesis import strategies as st

from simulators.radio.errors import AdvertisementTooLongError
from simulators.radio.gatt.advertisement import Advertisement, decode, full_uuid, short_uuid

LONG = "12345678-1234-5678-1234-56789abcdef0"


@pytest.mark.parametrize(
    ("given_uuid", "full", "short"),
    [
        (0x180D, "0000180d-0000-1000-8000-00805f9b34fb", 0x180D),
        ("180D", "0000180d-0000-1000-8000-00805f9b34fb", 0x180D),
        ("0000180d", "0000180d-0000-1000-8000-00805f9b34fb", 0x180D),
        ("0000180D-0000-1000-8000-00805F9B34FB", "0000180d-0000-1000-8000-00805f9b34fb", 0x180D),
        ("1234180d", "1234180d-0000-1000-8000-00805f9b34fb", None),
        (LONG.upper(), LONG, None),
    ],
)
def test_uuids(given_uuid: int | str, full: str, short: int | None) -> None:
    assert full_uuid(given_uuid) == full
    assert short_uuid(given_uuid) == short


def test_a_wrong_uuid() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        full_uuid("heart rate")


@pytest.mark.parametrize(
    ("said", "expected_hex"),
    [
        (Advertisement(), ""),
        (Advertisement(flags=6), "020106"),
        (Advertisement(local_name="HR"), "03094852"),
        # Core Specification Supplement, Part A 1.1: 16-bit UUIDs, least significant octet first.
        (Advertisement(service_uuids=(0x180D, 0x180F)), "05030d180f18"),
        (Advertisement(service_uuids=(LONG,)), "1107f0debc9a785634127856341278563412"),
        (Advertisement(manufacturer_data={0x0059: b"\x01\x02"}), "05ff59000102"),
        (Advertisement(service_data={0x1822: b"\xaa", LONG: b"\xbb"}),
         "04162218aa1221f0debc9a785634127856341278563412bb"),
        (Advertisement(tx_power_dbm=-8, appearance=0x0341), "020af803194103"),
    ],
)  # fmt: skip
def test_bytes(said: Advertisement, expected_hex: str) -> None:
    assert said.encode().hex() == expected_hex


def test_too_long() -> None:
    assert len(Advertisement(local_name="x" * 29).encode()) == 31
    with pytest.raises(AdvertisementTooLongError) as caught:
        Advertisement(local_name="x" * 30).encode("scan response")
    assert (caught.value.part, caught.value.length, caught.value.limit) == ("scan response", 32, 31)


NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)
SAID = st.builds(
    Advertisement,
    local_name=st.none()
    # With everything else at its longest, four letters fill the 31 bytes.
    | st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=4),
    service_uuids=st.lists(st.integers(1, 0xFFFF), max_size=2, unique=True).map(tuple),
    manufacturer_data=st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=3), max_size=1),
    service_data=st.dictionaries(st.integers(1, 0xFFFF), st.binary(max_size=2), max_size=1),
    tx_power_dbm=st.none() | st.integers(-127, 20),
    flags=st.none() | st.integers(0, 31),
)


@given(SAID)
def test_what_was_said_is_understood(said: Advertisement) -> None:
    understood = decode(said.encode())
    assert understood.local_name == said.local_name
    assert understood.service_uuids == tuple(full_uuid(uuid) for uuid in said.service_uuids)
    assert understood.manufacturer_data == said.manufacturer_data
    assert understood.service_data == {full_uuid(uuid): body for uuid, body in said.service_data.items()}
    assert understood.tx_power_dbm == said.tx_power_dbm
    assert understood.flags == said.flags


@given(SAID)
def test_bumble_understands_the_same(said: Advertisement) -> None:
    theirs = AdvertisingData.from_bytes(said.encode())
    name = theirs.get(AdvertisingData.COMPLETE_LOCAL_NAME, raw=False)
    assert name == said.local_name
    companies = theirs.get_all(AdvertisingData.MANUFACTURER_SPECIFIC_DATA, raw=False)
    assert dict(companies) == said.manufacturer_data


@given(st.binary(max_size=62))
def test_any_bytes_are_read_without_error(data: bytes) -> None:
    decode(data)


def test_what_is_cut_off_is_left_out() -> None:
    assert decode(bytes.fromhex("020106 0a0948")).flags == 6
    assert decode(bytes.fromhex("0a0948")).local_name is None
    assert decode(bytes.fromhex("1107f0debc9a785634127856341278563412")).service_uuids == (LONG,)
    assert decode(bytes.fromhex("03194103")).appearance == 0x0341
    assert decode(bytes.fromhex("1221f0debc9a785634127856341278563412bb")).service_data == {LONG: b"\xbb"}
