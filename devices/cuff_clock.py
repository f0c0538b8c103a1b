"""How far a cuff's clock may be off before anybody minds: one figure for all who touch or read it.

The driver sets a clock that is further off than this, and leaves it alone otherwise (setting it makes some
cuffs refuse their readings for that visit). Ingest believes what is closer. Were the second figure smaller
than the first, readings of a clock between the two would never be certain (hass-omron #190).
"""

CLOCK_TOLERATED_S = 180.0
