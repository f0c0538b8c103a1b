"""Constants of units, once for all four packages. Standard library only."""

import math
from typing import Final

NS_PER_S: Final = 1_000_000_000
# Radians in one degree: `angle_deg * DEG` is radians, `angle_rad / DEG` is degrees.
DEG: Final = math.pi / 180.0
# CGPM 1901: what accelerometers mean by one g.
STANDARD_GRAVITY_M_S2: Final = 9.80665
