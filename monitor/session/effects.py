"""What one input has caused so far: outputs for the world, observations for the alert engine."""

from dataclasses import dataclass, field

from monitor.alerts.observations import Observation
from monitor.outputs import Output


@dataclass(slots=True)
class Effects:
    """Filled by the parts of the session in the order in which things happen."""

    outputs: list[Output] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
