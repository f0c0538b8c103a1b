"""The pure core of the service: one object fed with inputs, returning what they caused."""

from monitor.inputs import Input
from monitor.session.session import Session
from monitor.session.snapshot import Snapshot
from monitor.session.summary import Summary

__all__ = ["Input", "Session", "Snapshot", "Summary"]
