"""What a therapist's application knows, as cases: for pytest, and for the page's own code in a browser."""

import json
from pathlib import Path
from typing import Any

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "monitor" / "page" / "feed_state_cases.json").read_text()
)
STATION = "kinewatch/v1/north/room-2/"
SESSION = STATION + "s/s7f3/"
T = "2026-11-22T03:00:00Z"


def facts(seq: int, *, boot: int = 1, alert_id: str = "G2-1", **others: Any) -> dict[str, Any]:
    return {
        "id": f"b{boot}-{abs(seq)}",
        "boot": boot,
        "seq": seq,
        "t": T,
        "sent": T,
        "alert_id": alert_id,
        "condition": "c",
        "kind": "physiological",
        "priority": "high",
        "rule_id": "G2",
        "rule_version": 1,
        "phase": "exercise",
        "message": "m",
        "advice": "a",
        "first_offending": T,
        **others,
    }


def wire_of(step: dict[str, Any]) -> tuple[str, str] | None:
    """The topic and payload of a step; None when it only looks."""
    if "event" in step:
        fields = facts(**{"from_state": "pending", "to_state": "firing", **step["event"]})
        return SESSION + "event", json.dumps(fields)
    if "alert" in step:
        fields = facts(**{"state": "firing", "presence": "on", "change": "raised", **step["alert"]})
        return SESSION + "alert/g2-1", json.dumps(fields)
    if "status" in step:
        return STATION + "status", json.dumps(step["status"])
    return (step["topic"], step["payload"]) if "topic" in step else None


def expanded() -> list[dict[str, Any]]:
    """The cases with their messages as they are on the wire, for the page's code."""
    return [{**case, "steps": [{**step, "wire": wire_of(step)} for step in case["steps"]]} for case in CASES]
