"""One value against one limit, with hysteresis; only GOOD data may say that all is well."""

from monitor.alerts.verdict import Finding, Verdict
from monitor.freshness import fresh_until_ns
from monitor.samples import UNITS, Quality, Sample


def below(sample: Sample, limit: float, *, clear_from: float, inclusive: bool = False) -> Verdict:
    """MET under `limit` (or at it, when `inclusive`), CLEAR from `clear_from` on."""
    value = _value(sample)
    met = value < limit or (inclusive and value == limit)
    return _verdict(sample, met=met, cleared=value >= clear_from, limit=limit, deficit=limit - value)


def above(sample: Sample, limit: float, *, clear_to: float) -> Verdict:
    """MET over `limit`, CLEAR at `clear_to` and below."""
    value = _value(sample)
    return _verdict(sample, met=value > limit, cleared=value <= clear_to, limit=limit, deficit=value - limit)


def finding_of(sample: Sample, *, met: bool, cleared: bool) -> Finding:
    """The finding, given what `sample` says and whether it may say it."""
    if met:
        return Finding.MET
    if sample.quality is not Quality.GOOD:
        return Finding.UNKNOWN
    return Finding.CLEAR if cleared else Finding.BETWEEN


def _value(sample: Sample) -> float:
    if sample.value is None:
        raise ValueError(f"{sample.code} of {sample.device} is missing and cannot be compared")
    return sample.value


def _verdict(sample: Sample, *, met: bool, cleared: bool, limit: float, deficit: float) -> Verdict:
    return Verdict(
        finding=finding_of(sample, met=met, cleared=cleared),
        t_ns=sample.t_ns,
        value=sample.value,
        unit=UNITS[sample.code],
        limit=limit,
        quality=sample.quality.value,
        sources=(sample.device,),
        deficit=max(deficit, 0.0),
        review_at_ns=fresh_until_ns(sample),
    )
