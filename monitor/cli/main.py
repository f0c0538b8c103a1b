"""The kinewatch command: finds the sub-command, imports only what it needs, turns errors into sentences."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Protocol, cast

from monitor.errors import MonitorError

# Killed by Ctrl-C: what a shell expects (128 + SIGINT).
INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRow:
    """One sub-command: where its code is, what it does in a line, how a person would call it."""

    module: str
    summary: str
    example: str


class CommandModule(Protocol):
    """What each module of a sub-command offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it; returns the exit code."""
        ...


COMMANDS: dict[str, CommandRow] = {
    "demo": CommandRow(
        module="monitor.cli.demo.command",
        summary="a whole session on simulated devices, with a therapist's feed",
        example="kinewatch demo --speed 20 --keep ./demo-session",
    ),
    "run": CommandRow(
        module="monitor.cli.run",
        summary="watch a patient: the service on this station's devices",
        example="kinewatch run --station station.toml --plan plan.toml",
    ),
    "watch": CommandRow(
        module="monitor.cli.watch",
        summary="the therapist's feed in a terminal; confirms and acknowledges",
        example="kinewatch watch --broker mqtts://broker.clinic:8883 --clinic north --user therapist-1",
    ),
    "page": CommandRow(
        module="monitor.cli.page.command",
        summary="the therapist's page for a browser: board, alerts, sessions",
        example="kinewatch page --login sessions/logins/therapist.login.json",
    ),
    "scan": CommandRow(
        module="monitor.cli.scan.command",
        summary="sensors in range, with the driver that would take each",
        example="kinewatch scan --seconds 15",
    ),
    "check": CommandRow(
        module="monitor.cli.check.command",
        summary="is this station ready: adapter, broker, disk, clock, devices",
        example="kinewatch check --station station.toml",
    ),
    "simulate": CommandRow(
        module="monitor.cli.simulate",
        summary="the virtual hardware alone: in process, on TCP, or on air",
        example="kinewatch simulate knee-extension --transport tcp-server:127.0.0.1:9000",
    ),
    "replay": CommandRow(
        module="monitor.cli.replay.command",
        summary="feed a recording again; exit 1 if the events differ",
        example="kinewatch replay demo-session/recording.mcap",
    ),
    "report": CommandRow(
        module="monitor.cli.record.report",
        summary="the record of a session: report, note, tables, FHIR, HL7 v2",
        example="kinewatch report demo-session --format html,fhir,csv --out ./record",
    ),
    "sessions": CommandRow(
        module="monitor.cli.record.sessions",
        summary="the sessions that this station has kept",
        example="kinewatch sessions --station station.toml --last 50",
    ),
    "amend": CommandRow(
        module="monitor.cli.record.amend",
        summary="correct a session's record: the correction stands beside the original",
        example="kinewatch amend demo-session rating-1 'RPE was 14' --reason 'typed 13'",
    ),
    "doctor": CommandRow(
        module="monitor.cli.doctor",
        summary="check, and what is wrong with this machine",
        example="kinewatch doctor --station station.toml",
    ),
    "certs": CommandRow(
        module="monitor.cli.certs",
        summary="the clinic's own authority and its broker's certificate",
        example="kinewatch certs certs --clinic north --name broker.clinic.example",
    ),
    "broker": CommandRow(
        module="monitor.cli.broker",
        summary="write a broker's configuration: Mosquitto, NATS, three NATS nodes",
        example="kinewatch broker config nats --clinic north --station room-2 --therapist anna --out broker",
    ),
    "audit": CommandRow(
        module="monitor.cli.audit",
        summary="who did what at this station, and whether that list is whole",
        example="kinewatch audit --station station.toml",
    ),
    "purge": CommandRow(
        module="monitor.cli.purge",
        summary="remove sessions whose retention is over",
        example="kinewatch purge --station station.toml --older-than 365 --yes",
    ),
    "recover": CommandRow(
        module="monitor.cli.recover",
        summary="make a recording that was cut off one that any MCAP reader opens",
        example="kinewatch recover sessions/4f1c2a9b/recording.mcap",
    ),
    "progress": CommandRow(
        module="monitor.cli.record.progress",
        summary="a patient's plan over visits: what was done, and what has changed",
        example="kinewatch progress p-042 --station station.toml",
    ),
    "compare": CommandRow(
        module="monitor.cli.record.compare",
        summary="two sessions side by side",
        example="kinewatch compare 4f1c2a9b 7d03e511 --station station.toml",
    ),
    "quality": CommandRow(
        module="monitor.cli.record.quality",
        summary="completion, adherence, alarms and data over stations and months",
        example="kinewatch quality --station station.toml --since 2026-01",
    ),
    "fhir": CommandRow(
        module="monitor.cli.record.fhir",
        summary="send records to a FHIR R4 server, each until it is accepted",
        example="kinewatch fhir push https://fhir.clinic/r4 --token-file ./token --station station.toml",
    ),
    "decode": CommandRow(
        module="monitor.cli.decode.command",
        summary="one frame to JSON",
        example="kinewatch decode 2A5F 0062004800",
    ),
    "devices": CommandRow(
        module="monitor.cli.devices",
        summary="the families of sensors that are supported",
        example="kinewatch devices --json",
    ),
    "schema": CommandRow(
        module="monitor.cli.schema.command",
        summary="JSON Schema of a settings file or message, or the AsyncAPI document",
        example="kinewatch schema plan",
    ),
}


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """The whole parser; only the `chosen` command's module is imported, for its arguments."""
    parser = argparse.ArgumentParser(
        prog="kinewatch",
        description="Watches a patient during exercise therapy and gets every alert to the therapist.",
        epilog="example: kinewatch demo\n\nAn adjunct, not a medical device. More: kinewatch COMMAND --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kinewatch {version('kinewatch')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, row in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=row.summary,
            description=row.summary[0].upper() + row.summary[1:] + ".",
            epilog=f"example: {row.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == chosen:
            cast("CommandModule", import_module(row.module)).add_arguments(command)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in words if word in COMMANDS), None)
    name = chosen or ""
    try:
        args = build_parser(chosen).parse_args(words)
        name = args.command
        return cast("CommandModule", import_module(COMMANDS[name].module)).run(args)
    except MonitorError as error:
        return _told(name, [error])
    except BaseExceptionGroup as group:
        # Tasks that ran together fail together; what each says to a person is inside.
        ours, others = group.split(MonitorError)
        if ours is None or others is not None:
            raise
        return _told(name, list(_leaves(ours)))
    except KeyboardInterrupt:
        print(f"kinewatch {name}: stopped by Ctrl-C".replace(" :", ":"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; there is nobody left to tell.
        sys.stderr.close()
        return 0


def _told(command: str, errors: list[MonitorError]) -> int:
    for sentence in dict.fromkeys(str(error) for error in errors):
        print(f"kinewatch {command}: {sentence}", file=sys.stderr)
    return max(error.exit_code for error in errors)


def _leaves(group: BaseExceptionGroup[MonitorError]) -> Iterator[MonitorError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


if __name__ == "__main__":
    sys.exit(main())
