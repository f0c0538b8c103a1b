"""What a recording says about itself: enough to build the same session again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor import canonical_json

# The form of the file: raised when an older reader would misread a newer file.
# 1: `log_time` is the monotonic receive time and `publish_time` UTC. 2: the other way round, because viewers
# take `log_time` for the time of day.
FORMAT = 2
FORMAT_WITH_MONOTONIC_LOG_TIME = 1

METADATA_NAME = "kinewatch"
END_NAME = "kinewatch-end"
RECOVERED_NAME = "kinewatch-recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`plan` and `station` are the settings as JSON objects, without secrets; `versions`: name -> version."""

    session_id: str
    started_utc: str
    boot: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    plan: Mapping[str, object] = field(default_factory=dict)
    station: Mapping[str, object] = field(default_factory=dict)
    format: int = FORMAT


def to_metadata(header: Header) -> dict[str, str]:
    """The header as MCAP metadata: texts by name."""
    return {
        "format": str(header.format),
        "session_id": header.session_id,
        "started_utc": header.started_utc,
        "boot": str(header.boot),
        "versions": canonical_json.encode(header.versions),
        "plan": canonical_json.encode(header.plan),
        "station": canonical_json.encode(header.station),
    }


def from_metadata(metadata: Mapping[str, str]) -> Header:
    """The header that `to_metadata` made this of.

    Raises:
        ValueError, KeyError: something is missing or has another form.
    """
    return Header(
        format=int(metadata["format"]),
        session_id=metadata["session_id"],
        started_utc=metadata["started_utc"],
        boot=int(metadata["boot"]),
        versions=json.loads(metadata["versions"]),
        plan=json.loads(metadata["plan"]),
        station=json.loads(metadata["station"]),
    )
