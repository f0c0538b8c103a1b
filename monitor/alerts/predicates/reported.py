"""What people say: the symptom button and ratings of exertion, dyspnoea and pain."""

from monitor.alerts.context.situation import Situation
from monitor.alerts.observations import Rating, Scale
from monitor.alerts.rule import Rule
from monitor.alerts.verdict import Finding, Verdict, clear, unknown

SCORE = "{score}"


def symptom(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G12: somebody pressed the button; only a therapist's override takes it back."""
    del rule, subject
    said = situation.symptom
    if said is None:
        return clear(now_ns)
    return Verdict(
        finding=Finding.MET,
        t_ns=said.received_ns,
        quality="reported",
        sources=(said.actor,),
        detail=said.symptom,
    )


def exertion(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G13: exertion or dyspnoea so high that exercise should pause."""
    del rule, subject
    limits = situation.limits
    return _highest(
        situation,
        now_ns,
        {
            Scale.RPE: limits.rpe_stop,
            Scale.CR10: limits.cr10_stop,
            Scale.DYSPNOEA: limits.dyspnoea_stop,
        },
    )


def exertion_above_plan(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G15: exertion above what the plan aims at, below G13."""
    del rule, subject
    limits, rating = situation.limits, situation.ratings.get(Scale.RPE)
    if rating is None:
        return unknown(now_ns)
    aim = situation.rpe_target_high
    # Without a target of its own a plan means the pack's.
    limit = limits.rpe_high if aim is None else max(limits.rpe_high, aim + 1.0)
    met = limit <= rating.value < limits.rpe_stop
    return _verdict(rating, limit, met=met)


def pain(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G14: severe, or risen since the first rating."""
    del rule, subject
    limits, rating, first = situation.limits, situation.ratings.get(Scale.PAIN), situation.first_pain
    if rating is None or first is None:
        return unknown(now_ns)
    limit = min(limits.pain_stop, first + limits.pain_rise)
    return _verdict(rating, limit, met=rating.value >= limit)


def _highest(situation: Situation, now_ns: int, stops: dict[Scale, float]) -> Verdict:
    rated = [
        (situation.ratings[scale], limit) for scale, limit in stops.items() if scale in situation.ratings
    ]
    if not rated:
        return unknown(now_ns)
    offending = [(rating, limit) for rating, limit in rated if rating.value >= limit]
    if offending:
        rating, limit = max(offending, key=lambda pair: pair[0].received_ns)
        return _verdict(rating, limit, met=True)
    rating, limit = max(rated, key=lambda pair: pair[0].received_ns)
    return _verdict(rating, limit, met=False)


def _verdict(rating: Rating, limit: float, *, met: bool) -> Verdict:
    return Verdict(
        finding=Finding.MET if met else Finding.CLEAR,
        t_ns=rating.received_ns,
        value=rating.value,
        unit=SCORE,
        limit=limit,
        quality="reported",
        detail=rating.scale.value,
    )
