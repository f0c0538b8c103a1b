from enum import IntEnum

import pytest

from protocols.ble.codec import lepu_frame
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED
from protocols.ble.date_time import DateTime
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import INFO


class Opcode(IntEnum):
    """Some opcode."""

    ONE = 1


def seal(**parts: object) -> bytes:
    whole = {"opcode": Opcode.ONE, "is_reply": False, "sequence": 0, "content": b""} | parts
    return lepu_frame.seal("f.m", **whole)  # type: ignore[arg-type]


def test_a_frame_is_sealed_with_complement_length_and_crc() -> None:
    assert seal(content=b"\x05\x06", sequence=7, is_reply=True).hex()[:-2] == "a501fe010702000506"
    assert lepu_frame.unseal("f.m", seal(content=b"\x05"), is_reply=False) == (1, 0, b"\x05")


@pytest.mark.parametrize(
    "parts", [{"opcode": 1}, {"sequence": 256}, {"content": bytes(lepu_frame.LONGEST_CONTENT + 1)}]
)
def test_what_cannot_be_sealed_is_refused(parts: dict[str, object]) -> None:
    with pytest.raises(EncodeError):
        seal(**parts)


@pytest.mark.parametrize("family", ["viatom_bp2", "viatom_oxyii"])
@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("a5e11e000200", (Damage.TOO_SHORT, 6)),
        ("a4e11e00020000bf", (Damage.HEADER, 0)),
        ("a5e11f00020000bf", (Damage.VALUE, 2)),
        ("a5e11e01020000bf", (Damage.VALUE, 3)),
        ("a5e11e00020100bf", (Damage.TOO_SHORT, 8)),
        ("a5e11e00020000bf00", (Damage.LENGTH_FIELD, 5)),
        ("a5e11e00020000be", (Damage.CHECKSUM, 7)),
    ],
)
def test_each_damage_is_named_and_placed(family: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"{family}.command", frame) == refusal


def test_device_info_knows_serial_number_and_clock() -> None:
    assert INFO.serial_number == "SN01"
    assert INFO.clock == DateTime(2026, 3, 1, 23, 55, 6)
    assert INFO.hardware_version == 0
    assert INFO.model == ""


def test_a_serial_number_beyond_the_end_is_refused() -> None:
    content = bytearray(INFO.content)
    content[37] = 23
    assert refused("viatom_bp2.info", content.hex()) == (Damage.VALUE, 37)
    does_not_fit("viatom_bp2.info", lepu_frame.DeviceInfo(content=bytes(content)))
    does_not_fit("viatom_oxyii.info", lepu_frame.DeviceInfo(content=b""))


def test_the_size_is_known_with_the_head() -> None:
    frame = bytearray(seal(content=b"\x05\x06"))
    sizes = [lepu_frame.frame_size(frame[:length], 0) for length in (1, 2, 3, 6, 7)]
    assert sizes == [UNDECIDED, UNDECIDED, UNDECIDED, UNDECIDED, len(frame)]
    frame[2] ^= 1
    assert lepu_frame.frame_size(frame, 0) == NO_FRAME
    assert lepu_frame.frame_size(frame, 1) == NO_FRAME
