"""What can go wrong when ingest is set up. Damaged frames are values (`DecodeFailure`), never errors.

IngestError
└── UnknownFamilyError    no reader for a sensor's family
"""


class IngestError(Exception):
    """Ingest cannot be set up as asked."""


class UnknownFamilyError(IngestError):
    """No reader knows this family.

    Attributes:
        device, family: of the sensor; `known` are the families that can be read.
    """

    def __init__(self, device: str, family: str, known: tuple[str, ...]) -> None:
        self.device = device
        self.family = family
        self.known = known
        super().__init__(f"{device}: no reader for the family {family!r}; known: {', '.join(known)}")
