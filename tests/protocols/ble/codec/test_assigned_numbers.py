import pytest

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.assigned_numbers import short_number, uuid16


def test_a_16_bit_number_becomes_a_full_lower_case_uuid_and_back() -> None:
    assert uuid16(0x2A5F) == "00002a5f-0000-1000-8000-00805f9b34fb"
    assert short_number("00002A5F-0000-1000-8000-00805F9B34FB") == 0x2A5F


@pytest.mark.parametrize(
    "uuid", ["2a5f", "0000ffe5-0000-1000-8000-00805f9a34fb", "12342a5f-0000-1000-8000-00805f9b34fb", ""]
)
def test_other_uuids_have_no_short_number(uuid: str) -> None:
    assert short_number(uuid) is None


def test_constants_are_on_the_bluetooth_base() -> None:
    uuids = [
        text for text in vars(assigned_numbers).values() if isinstance(text, str) and text.startswith("0000")
    ]
    assert len(uuids) > 30
    assert all(short_number(uuid) is not None for uuid in uuids)
    assert len(set(uuids)) == len(uuids)
