"""Commands: who asks for what, whether they may, and what came of it. Every command is answered once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from monitor.alerts.engine import AlertEngine
from monitor.alerts.errors import AlertCommandError
from monitor.alerts.observations import Observation, Posture, PostureChanged, Rating, Scale, Symptom
from monitor.inputs import Command
from monitor.outputs import CommandReply
from monitor.plan.errors import PlanError
from monitor.plan.roles import change_limit
from monitor.plan.verbs import VERBS, Verb, may
from monitor.session.arguments import RefusedError, flag, number, optional_text, required_text
from monitor.session.effects import Effects
from monitor.session.function_tests import FunctionTests
from monitor.session.readiness import NO_PRESSURE, lacks_pressure, not_ready
from monitor.session.training import Training
from protocols.units import NS_PER_S

Scalar = str | float | int | bool | None
Details = Mapping[str, Scalar]

# A changed limit is shown first and taken only when the same person confirms it within this time.
CONFIRM_LIMIT_WITHIN_S = 60
# A pause without a duration: long enough to move a sensor to another finger.
PAUSE_S = 60.0
SCALE_RANGES: Mapping[Scale, tuple[float, float]] = {
    Scale.RPE: (6, 20),
    Scale.CR10: (0, 10),
    Scale.DYSPNOEA: (0, 10),
    Scale.PAIN: (0, 10),
}
# What an acknowledgement may say of its alert.
VERDICTS = ("acted", "not_needed", "artefact")
# Replies are kept so that a command that comes twice has its effect once; a session has far fewer.
REPLIES_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProposedLimit:
    name: str
    value: float
    reason: str
    actor: str
    until_ns: int


class SessionCommands:
    """Carries out commands on the parts of a session."""

    def __init__(self, engine: AlertEngine, training: Training, tests: FunctionTests) -> None:
        self._engine = engine
        self._training = training
        self._tests = tests
        self._replies: dict[str, CommandReply] = {}
        self._proposed: dict[str, _ProposedLimit] = {}

    def execute(self, command: Command, now_ns: int, effects: Effects) -> None:
        """Do it or refuse it, and reply; a command that comes again gets the same reply and does nothing."""
        known = self._replies.get(command.command_id)
        if known is not None:
            effects.outputs.append(known)
            return
        details: Details = {}
        reason = ""
        try:
            details = self._do(command, now_ns, effects)
        except (RefusedError, AlertCommandError, PlanError) as refusal:
            reason = str(refusal)
        reply = CommandReply(
            at_ns=now_ns,
            command_id=command.command_id,
            verb=command.verb,
            actor=command.actor,
            accepted=not reason,
            reason=reason,
            details=details,
        )
        if len(self._replies) < REPLIES_KEPT:
            self._replies[command.command_id] = reply
        effects.outputs.append(reply)

    def _do(self, command: Command, now_ns: int, effects: Effects) -> Details:
        if command.verb not in VERBS:
            raise RefusedError(f"no such command; known: {', '.join(VERBS)}")
        if not may(command.role, command.verb):
            raise RefusedError(f"the role {command.role!r} may not {command.verb}")
        return self._run(Verb(command.verb), command, now_ns, effects)

    def _run(self, verb: Verb, command: Command, now_ns: int, effects: Effects) -> Details:  # noqa: C901, PLR0911, PLR0912 - one case a verb
        match verb:
            case Verb.ACKNOWLEDGE:
                return self._acknowledge(command, now_ns, effects)
            case Verb.PAUSE:
                return self._pause(command, now_ns, effects)
            case Verb.RESUME:
                return self._resume(command, now_ns, effects)
            case Verb.OVERRIDE:
                return self._override(command, now_ns, effects)
            case Verb.SYMPTOM:
                return self._symptom(command, now_ns, effects)
            case Verb.RATING:
                return self._rating(command, now_ns, effects)
            case Verb.POSTURE:
                return self._posture(command, now_ns, effects)
            case Verb.NOTE:
                return self._note(command, now_ns, effects)
            case Verb.BEGIN:
                return self._begin(command, now_ns, effects)
            case Verb.END:
                return self._end(command, now_ns, effects)
            case Verb.CALIBRATE:
                return self._calibrate(command, now_ns, effects)
            case Verb.ZERO:
                return self._zero(command, now_ns, effects)
            case Verb.TEST:
                return self._test(command, now_ns, effects)
            case Verb.SNAPSHOT:
                return self._snapshot(command, now_ns, effects)
            case Verb.LIMIT:
                return self._limit(command, now_ns, effects)
            case _:
                assert_never(verb)

    # -- alerts ---------------------------------------------------------------------------------------------

    def _acknowledge(self, command: Command, now_ns: int, effects: Effects) -> Details:
        """With a verdict, what the person made of the alert; it travels with the alert as its reason."""
        alert_id = required_text(command, "alert_id")
        verdict = optional_text(command, "verdict")
        if verdict is not None and verdict not in VERDICTS:
            raise RefusedError(f"verdict: expected one of {', '.join(VERDICTS)}")
        effects.outputs += self._engine.acknowledge(
            alert_id, actor=command.actor, now_ns=now_ns, reason=verdict or ""
        )
        return {"alert_id": alert_id, "verdict": verdict} if verdict else {"alert_id": alert_id}

    def _pause(self, command: Command, now_ns: int, effects: Effects) -> Details:
        rule_id = optional_text(command, "rule_id")
        for_s = number(command, "for_s", PAUSE_S)
        if for_s <= 0:
            raise RefusedError("for_s: must be above 0")
        effects.outputs += self._engine.pause(
            actor=command.actor, for_s=for_s, now_ns=now_ns, rule_id=rule_id
        )
        return {"rule_id": rule_id, "for_s": for_s}

    def _resume(self, command: Command, now_ns: int, effects: Effects) -> Details:
        rule_id = optional_text(command, "rule_id")
        effects.outputs += self._engine.resume(actor=command.actor, now_ns=now_ns, rule_id=rule_id)
        return {"rule_id": rule_id}

    def _override(self, command: Command, now_ns: int, effects: Effects) -> Details:
        alert_id = required_text(command, "alert_id")
        reason = required_text(command, "reason")
        effects.outputs += self._engine.override(alert_id, actor=command.actor, reason=reason, now_ns=now_ns)
        return {"alert_id": alert_id, "reason": reason}

    # -- what the patient says ------------------------------------------------------------------------------

    def _observe(self, observation: Observation, now_ns: int, effects: Effects) -> None:
        effects.outputs += self._engine.evaluate([observation], now_ns)

    def _symptom(self, command: Command, now_ns: int, effects: Effects) -> Details:
        symptom = optional_text(command, "symptom") or "symptom button"
        self._observe(Symptom(received_ns=now_ns, symptom=symptom, actor=command.actor), now_ns, effects)
        return {"symptom": symptom}

    def _rating(self, command: Command, now_ns: int, effects: Effects) -> Details:
        try:
            scale = Scale(required_text(command, "scale"))
        except ValueError:
            raise RefusedError(f"scale: expected one of {', '.join(Scale)}") from None
        value = number(command, "value")
        low, high = SCALE_RANGES[scale]
        if not low <= value <= high:
            raise RefusedError(f"value: {scale} goes from {low:g} to {high:g}, got {value:g}")
        self._observe(Rating(received_ns=now_ns, scale=scale, value=value), now_ns, effects)
        return {"scale": scale.value, "value": value}

    def _posture(self, command: Command, now_ns: int, effects: Effects) -> Details:
        try:
            posture = Posture(required_text(command, "posture"))
        except ValueError:
            raise RefusedError(f"posture: expected one of {', '.join(Posture)}") from None
        self._observe(PostureChanged(received_ns=now_ns, posture=posture), now_ns, effects)
        return {"posture": posture.value}

    def _note(self, command: Command, now_ns: int, effects: Effects) -> Details:
        """A sentence for the record: the reply, which is recorded, is where it stands."""
        del now_ns, effects
        return {"text": required_text(command, "text")}

    # -- the session ----------------------------------------------------------------------------------------

    def _begin(self, command: Command, now_ns: int, effects: Effects) -> Details:
        """Without what is missing only if that is accepted; a missing pressure asks for a reason."""
        accept_missing = flag(command, "accept_missing")
        reason = optional_text(command, "reason") or ""
        blockers, reported = self._engine.attempt_start(now_ns=now_ns)
        effects.outputs += reported
        reasons = list(blockers)
        if not accept_missing:
            reasons += not_ready(self._engine.situation, now_ns)
        if lacks_pressure(self._engine.situation) and not (accept_missing and reason.strip()):
            reasons.append(NO_PRESSURE if not accept_missing else f"{NO_PRESSURE}, or say why not")
        if reasons:
            raise RefusedError("; ".join(reasons))
        if not self._training.begin(now_ns, effects, uncalibrated=accept_missing):
            raise RefusedError(f"nothing to begin in the phase {self._training.phases.phase}")
        details = {"exercise": self._training.exercise.name, "phase": self._training.phases.phase.value}
        return details | ({"reason": reason} if reason else {})

    def _end(self, command: Command, now_ns: int, effects: Effects) -> Details:
        del command
        if not self._training.end(now_ns, effects):
            raise RefusedError("the session has ended already")
        return {}

    def _calibrate(self, command: Command, now_ns: int, effects: Effects) -> Details:
        del command
        if not self._training.calibrate(now_ns, effects):
            raise RefusedError(
                f"no calibration in the phase {self._training.phases.phase}, or no motion sensor"
            )
        return {}

    def _zero(self, command: Command, now_ns: int, effects: Effects) -> Details:
        del command, now_ns, effects
        if not self._training.zero():
            raise RefusedError("no angle to zero: calibrate first")
        return {}

    def _test(self, command: Command, now_ns: int, effects: Effects) -> Details:
        details, outputs = self._tests.carry_out(command, now_ns)
        effects.outputs += outputs
        return details

    def _snapshot(self, command: Command, now_ns: int, effects: Effects) -> Details:
        """Only answered: whoever asked gets the snapshot from the delivery, which watches for this reply."""
        del command, now_ns, effects
        return {"active_alerts": len(self._engine.active())}

    def _limit(self, command: Command, now_ns: int, effects: Effects) -> Details:
        proposal_id = optional_text(command, "confirm")
        if proposal_id is None:
            return self._propose_limit(command, now_ns)
        proposed = self._proposed.get(proposal_id)
        if proposed is None or proposed.actor != command.actor or now_ns > proposed.until_ns:
            raise RefusedError(f"confirm: no open change {proposal_id!r} of this person")
        old = getattr(self._engine.situation.limits, proposed.name)
        limits = change_limit(
            self._engine.situation.limits,
            proposed.name,
            proposed.value,
            role=command.role,
            reason=proposed.reason,
        )
        del self._proposed[proposal_id]
        effects.outputs += self._engine.change_limits(limits, now_ns=now_ns)
        return {"limit": proposed.name, "old": old, "new": proposed.value, "in_force": True}

    def _propose_limit(self, command: Command, now_ns: int) -> Details:
        name, value = required_text(command, "limit"), number(command, "value")
        reason = optional_text(command, "reason") or ""
        limits = self._engine.situation.limits
        change_limit(limits, name, value, role=command.role, reason=reason)
        self._proposed[command.command_id] = _ProposedLimit(
            name=name,
            value=value,
            reason=reason,
            actor=command.actor,
            until_ns=now_ns + CONFIRM_LIMIT_WITHIN_S * NS_PER_S,
        )
        return {
            "limit": name,
            "old": getattr(limits, name),
            "new": value,
            "in_force": False,
            "confirm_within_s": CONFIRM_LIMIT_WITHIN_S,
        }
