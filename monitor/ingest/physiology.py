"""What a sensor of a living person can report: outside lie makers' words for "none", and damage.

Judgement lives here and not in the codecs, which accept whatever their formats allow. Each range is
`low <= value <= high`.
"""

# Oximeters are specified from 35 or 70 % up; what is below 30 % is their search for a pulse. 127 and 255 are
# makers' words for "none".
SPO2_RANGE_PERCENT = (30.0, 100.0)
# The widest range that a maker specifies is 18 to 321 (Nonin, with ECG), most end at 250; no sensor has been
# seen to tell a pulse below 20. 255 and 511 are makers' words for "none".
PULSE_RANGE_PER_MIN = (20.0, 250.0)
# Cuffs measure between 20 and 300; 2047 and 65535 are words for "none", 255 in one byte is both ends' limit.
PRESSURE_RANGE_MMHG = (20.0, 300.0)
# While a cuff inflates and deflates.
CUFF_PRESSURE_RANGE_MMHG = (0.0, 350.0)
