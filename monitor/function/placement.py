"""Where sensors are worn for gait and function tests, beside the proximal and distal one of a joint."""

from enum import StrEnum


class Placement(StrEnum):
    """One place of the body; a test states which it needs."""

    FOOT_LEFT = "foot_left"
    FOOT_RIGHT = "foot_right"
    SHANK_LEFT = "shank_left"
    SHANK_RIGHT = "shank_right"
    THIGH_LEFT = "thigh_left"
    THIGH_RIGHT = "thigh_right"
    LUMBAR = "lumbar"


THIGHS = frozenset({Placement.THIGH_LEFT, Placement.THIGH_RIGHT})
FEET = frozenset({Placement.FOOT_LEFT, Placement.FOOT_RIGHT})
SHANKS = frozenset({Placement.SHANK_LEFT, Placement.SHANK_RIGHT})
