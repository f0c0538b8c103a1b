"""`SessionFacts` as canonical JSON and back: equal facts are equal bytes."""

from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter, ValidationError

from monitor import canonical_json
from monitor.errors import RunFailedError
from monitor.record.facts import FACTS_FORMAT, SessionFacts


class FactsError(RunFailedError):
    """The text is no `SessionFacts` of this version."""


def to_json(facts: SessionFacts, *, series: bool = True) -> str:
    """One canonical line; without the curves if `series` is false."""
    return canonical_json.encode(facts if series else replace(facts, series=()))


def from_json(text: str) -> SessionFacts:
    """The facts that `to_json` made this of.

    Raises:
        FactsError: something is missing or has another form.
    """
    try:
        facts = _adapter().validate_json(text)
    except ValidationError as exc:
        problem = exc.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise FactsError(f"no facts of a session: {where}: {problem['msg']}") from exc
    if facts.format > FACTS_FORMAT:
        raise FactsError(
            f"the facts of session {facts.session_id} were written by a later kinewatch; update kinewatch"
        )
    return facts


@cache
def _adapter() -> TypeAdapter[SessionFacts]:
    return TypeAdapter(SessionFacts)
