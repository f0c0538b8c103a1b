"""The checksums of the wire formats, each over all bytes that it is given.

CRC-8 parameters as in the catalogue of parametrised CRC algorithms: CRC-8/SMBUS (Viatom, Masimo) and
CRC-8/MAXIM-DOW (PC-60FW).
"""

from functools import reduce
from operator import xor


def _table(polynomial: int, *, reflected: bool) -> bytes:
    values = []
    for value in range(256):
        crc = value
        for _ in range(8):
            if reflected:
                crc = crc >> 1 ^ (polynomial if crc & 0x01 else 0)
            else:
                crc = (crc << 1 ^ (polynomial if crc & 0x80 else 0)) & 0xFF
        values.append(crc)
    return bytes(values)


_SMBUS = _table(0x07, reflected=False)
_MAXIM = _table(0x8C, reflected=True)  # 0x31 with its bits in reverse order


def crc8(data: bytes) -> int:
    """CRC-8/SMBUS: polynomial 0x07, start 0, not reflected."""
    crc = 0
    for byte in data:
        crc = _SMBUS[crc ^ byte]
    return crc


def crc8_maxim(data: bytes) -> int:
    """CRC-8/MAXIM-DOW: polynomial 0x31 reflected, start 0."""
    crc = 0
    for byte in data:
        crc = _MAXIM[crc ^ byte]
    return crc


def sum8(data: bytes | bytearray) -> int:
    """The sum, modulo 256."""
    return sum(data) & 0xFF


def sum7(data: bytes) -> int:
    """The sum, modulo 128: Contec and Beurer PO60 keep bit 7 for frame beginnings."""
    return sum(data) & 0x7F


def xor8(data: bytes) -> int:
    """All bytes combined by exclusive or."""
    return reduce(xor, data, 0)
