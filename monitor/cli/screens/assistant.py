"""The person at the station: their keys become commands of the session, its answers come back to the keys."""

import secrets
from collections.abc import Callable

from monitor.alerts.transition import Transition
from monitor.cli.screens.asked import Notice, Request
from monitor.cli.screens.assistant_keys import AssistantKeys, TopAlert
from monitor.cli.screens.session_display import SessionDisplay
from monitor.clock import now_ns
from monitor.inputs import Command
from monitor.outputs import CommandReply, Output


class Assistant:
    """One person's keys on one session.

    `actor` and `role` go with every command; `command` takes it to the session.
    """

    def __init__(
        self, *, actor: str, role: str, display: SessionDisplay, command: Callable[[Command], None]
    ) -> None:
        self._actor = actor
        self._role = role
        self._display = display
        self._command = command
        self._keys = AssistantKeys()

    def press(self, key: str) -> None:
        """One key, as a command or as a sentence."""
        board, at_ns = self._display.board, now_ns()
        waiting, present = board.unacknowledged(), board.present_alerts()
        pressed = self._keys.press(
            key,
            now_ns=at_ns,
            topmost=_top(waiting[0]) if waiting else None,
            topmost_present=_top(present[0].transition) if present else None,
        )
        board.prompt = self._keys.prompt
        match pressed:
            case Request(verb=verb, arguments=arguments):
                self._command(
                    Command(
                        received_ns=at_ns,
                        command_id=secrets.token_hex(8),
                        verb=verb,
                        actor=self._actor,
                        role=self._role,
                        arguments=arguments,
                    )
                )
            case Notice(sentence=sentence) if sentence:
                self._display.note(sentence)
        self._display.refresh()

    def observe(self, output: Output) -> None:
        """The session said something: the first step of a changed limit waits for this person's second."""
        if not isinstance(output, CommandReply) or output.verb != "limit" or output.actor != self._actor:
            return
        if output.accepted and not output.details.get("in_force"):
            self._keys.proposed(output.command_id, now_ns=now_ns())


def _top(transition: Transition) -> TopAlert:
    return TopAlert(alert_id=transition.alert_id, rule_id=transition.rule_id)
