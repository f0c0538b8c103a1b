"""Check values of the catalogue of parametrised CRC algorithms, over the digits 1 to 9."""

from hypothesis import given
from hypothesis import strategies as st

from protocols.ble.codec.checksums import crc8, crc8_maxim, sum7, sum8, xor8

DIGITS = b"123456789"


def test_crc8_has_the_check_value_of_crc_8_smbus() -> None:
    assert crc8(DIGITS) == 0xF4


def test_crc8_maxim_has_the_check_value_of_crc_8_maxim_dow() -> None:
    assert crc8_maxim(DIGITS) == 0xA1


def test_sums() -> None:
    assert sum8(DIGITS) == 477 % 256
    assert sum7(DIGITS) == 477 % 128
    assert xor8(DIGITS) == 0x31


@given(st.binary(max_size=60))
def test_a_checksum_behind_its_bytes_cancels(data: bytes) -> None:
    assert crc8(data + bytes((crc8(data),))) == 0
    assert crc8_maxim(data + bytes((crc8_maxim(data),))) == 0
    assert xor8(data + bytes((xor8(data),))) == 0
    assert sum8(data + bytes((-sum8(data) & 0xFF,))) == 0


def test_of_nothing() -> None:
    assert crc8(b"") == crc8_maxim(b"") == sum8(b"") == sum7(b"") == xor8(b"") == 0
