"""What the virtual radio refuses.

SimulatorError
`-- RadioError
    |-- AddressTakenError          two peripherals on one radio with the same address
    |-- UnknownPeripheralError     no peripheral with that address on this radio
    |-- AdvertisementTooLongError  more than 31 bytes of advertising or scan response data
    |-- NotificationTooLongError   a value that does not fit the negotiated MTU
    |-- LinkLostError              the link went while an answer was awaited
    |-- TransportError             an HCI transport that cannot be opened
    `-- NotStartedError            a peripheral was used before it was on a radio
"""

from simulators.errors import SimulatorError


class RadioError(SimulatorError):
    """Anything that the virtual radio refuses; never raised itself."""


class AddressTakenError(RadioError):
    """Two peripherals on one radio with the same address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(f"there is already a peripheral with the address {address} on this radio")


class UnknownPeripheralError(RadioError):
    """No peripheral with that address is on this radio."""

    def __init__(self, address: str, known: tuple[str, ...]) -> None:
        self.address = address
        self.known = known
        super().__init__(f"no peripheral {address} on this radio, there are: {', '.join(known) or 'none'}")


class AdvertisementTooLongError(RadioError):
    """More data than a legacy advertisement or scan response holds (Core 5.4, Vol 6 Part B 2.3.1.1)."""

    def __init__(self, part: str, length: int, limit: int) -> None:
        self.part = part
        self.length = length
        self.limit = limit
        super().__init__(f"{part} is {length} bytes long, expected at most {limit}")


class NotificationTooLongError(RadioError):
    """A notification or indication longer than ATT_MTU - 3: a product would cut it, a simulator must not."""

    def __init__(self, characteristic: str, length: int, limit: int) -> None:
        self.characteristic = characteristic
        self.length = length
        self.limit = limit
        super().__init__(f"value of {characteristic} is {length} bytes long, the link's MTU allows {limit}")


class WriteRefusedError(RadioError):
    """A peripheral refuses a written value; the central sees the ATT error `code`."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"write refused with ATT error 0x{code:02X}")


class LinkLostError(RadioError):
    """The link went while an answer was awaited; `reason` is the HCI error code, None if unknown."""

    def __init__(self, reason: int | None) -> None:
        self.reason = reason
        code = "for an unknown reason" if reason is None else f"with reason 0x{reason:02X}"
        super().__init__(f"the link was lost {code}")


class UnansweredError(RadioError):
    """The other end left an ATT request or an indication unanswered (Core 5.4, Vol 3 Part F 3.3.3)."""

    def __init__(self, request: str) -> None:
        self.request = request
        super().__init__(f"{request} was not answered")


class TransportError(RadioError):
    """An HCI transport that cannot be opened."""

    def __init__(self, spec: str, why: str) -> None:
        self.spec = spec
        super().__init__(f"cannot open the transport {spec!r}: {why}")


class NotStartedError(RadioError):
    """A peripheral was asked to do something before it was added to a radio."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not on a radio: add it first")
