"""What can change: observations touch topics, rules listen to them."""

from enum import StrEnum


class ChangeTopic(StrEnum):
    """One subject on which verdicts depend."""

    SPO2 = "spo2"
    HEART_RATE = "heart_rate"
    BLOOD_PRESSURE = "blood_pressure"
    PHASE = "phase"
    REPORT = "report"  # symptoms, ratings
    LIVENESS = "liveness"
    SIGNAL = "signal"  # poor, frozen, undecodable
    BATTERY = "battery"
    DELIVERY = "delivery"
    STATION = "station"
    JOINT = "joint"


NOTHING: frozenset[ChangeTopic] = frozenset()
