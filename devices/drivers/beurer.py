"""Beurer BM54, BM57, BM64, BM85, BC54, Sanitas SBM69, Medisana BU570."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.blood_pressure import BloodPressureCuff
from protocols.ble.codec import assigned_numbers

# The same cuffs under their sellers' names; a BU 570 calls itself by its number (medisanabp_ble #2).
NAME_PREFIXES = ("BM", "BC54", "BC57", "SBM", "BU5", "BU 5", "1872B", "Beurer", "Sanitas")


class Beurer(BloodPressureCuff):
    """Sends everything it has stored at every connection, live or not; it says nothing at the end."""

    family = "beurer"
    title = "Beurer BM54/57/64/85, BC54, Sanitas SBM69, Medisana BU570"
    bonds = True
    advice = "start Bluetooth on the cuff and set `passkey` to the six digits it shows"
    # Its records follow each other within a second; four of silence are the end.
    silence_completes_s = 4.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By the company number, or by service and name: `BM` alone begins an oximeter's name as well."""
        beurer = assigned_numbers.COMPANY_BEURER in advertisement.manufacturer_data
        cuff = assigned_numbers.BLOOD_PRESSURE_SERVICE in advertisement.service_uuids
        return cuff and (beurer or advertisement.name.startswith(NAME_PREFIXES))
