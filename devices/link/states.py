"""The life of one supervised link, as a table.

Theory of operation. A link has no end of its own: cancellation ends it in whatever state it is. It SEARCHes
until the scanner sees its device, has FOUND it, waits for the adapter and is CONNECTING (the host stack
discovers the services within its connect), is DISCOVERING when it checks that the services are those the
driver needs and who the device is, SUBSCRIBING when the driver enables notifications and starts the stream,
and LIVE when the driver says so.

LIVE is left in two ways. COMPLETED: the device has given all it had (a cuff); that is no error, and the link
searches again. FAILED: the link is LOST, cleaned up, and BACKING_OFF for as long as the error asks.

Before LIVE a failure goes to BACKING_OFF directly: nothing was lost that had been there. A failure that
only a person can cure (`AttentionError`) goes to GIVEN_UP instead, which is a state with a patience, not an
end: the person may have acted, and the link looks again.

Everything that decides about moves is in this file. A pair that is not in the table is a defect of ours and
raises.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from devices.frames import LinkState


class LinkTrigger(StrEnum):
    """What happened to a link."""

    SIGHTED = "sighted"
    ADAPTER_FREE = "adapter_free"
    CONNECTED = "connected"
    SERVICES_CHECKED = "services_checked"
    SUBSCRIBED = "subscribed"
    COMPLETED = "completed"
    FAILED = "failed"
    NEEDS_ATTENTION = "needs_attention"
    CLEANED_UP = "cleaned_up"
    WAITED = "waited"


_S, _T = LinkState, LinkTrigger

TRANSITIONS: Mapping[tuple[LinkState, LinkTrigger], LinkState] = MappingProxyType(
    {
        (_S.SEARCHING, _T.SIGHTED): _S.FOUND,
        (_S.FOUND, _T.ADAPTER_FREE): _S.CONNECTING,
        (_S.CONNECTING, _T.CONNECTED): _S.DISCOVERING,
        (_S.CONNECTING, _T.FAILED): _S.BACKING_OFF,
        (_S.CONNECTING, _T.NEEDS_ATTENTION): _S.GIVEN_UP,
        (_S.DISCOVERING, _T.SERVICES_CHECKED): _S.SUBSCRIBING,
        (_S.DISCOVERING, _T.FAILED): _S.BACKING_OFF,
        (_S.DISCOVERING, _T.NEEDS_ATTENTION): _S.GIVEN_UP,
        (_S.SUBSCRIBING, _T.SUBSCRIBED): _S.LIVE,
        (_S.SUBSCRIBING, _T.COMPLETED): _S.SEARCHING,
        (_S.SUBSCRIBING, _T.FAILED): _S.BACKING_OFF,
        (_S.SUBSCRIBING, _T.NEEDS_ATTENTION): _S.GIVEN_UP,
        (_S.LIVE, _T.COMPLETED): _S.SEARCHING,
        (_S.LIVE, _T.FAILED): _S.LOST,
        (_S.LOST, _T.CLEANED_UP): _S.BACKING_OFF,
        (_S.LOST, _T.NEEDS_ATTENTION): _S.GIVEN_UP,
        (_S.BACKING_OFF, _T.WAITED): _S.SEARCHING,
        (_S.GIVEN_UP, _T.WAITED): _S.SEARCHING,
    }
)


def after(state: LinkState, trigger: LinkTrigger) -> LinkState:
    """The state that `trigger` leads to.

    Raises:
        ValueError: the table has no such move.
    """
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise ValueError(f"a link that is {state} cannot be {trigger}") from None
