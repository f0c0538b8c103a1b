"""`kinewatch purge`: sessions whose retention is over are removed from this station."""

import argparse
import getpass
import time
from pathlib import Path

from monitor.errors import WrongUseError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Remove sessions that are older than the station's retention_days: recordings, reports, every\n"
        "row in the store but the audit, which says that they were removed. Without --yes it only says what\n"
        "would go. A session with messages that no therapist has confirmed stays. Not while a session runs."
    )
    parser.add_argument("--station", type=Path, required=True, metavar="FILE", help="the station's settings")
    parser.add_argument(
        "--older-than", type=int, metavar="DAYS", help="instead of retention_days of the settings"
    )
    parser.add_argument("--yes", action="store_true", help="remove them")


def run(args: argparse.Namespace) -> int:
    """List what is over, and remove it if told to."""
    from monitor import retention
    from monitor.app import STORE_NAME
    from monitor.clock import iso_utc
    from monitor.config import load_station
    from monitor.store.store import Store

    settings = load_station(args.station).station
    days = args.older_than if args.older_than is not None else settings.retention_days
    if days is None:
        raise WrongUseError(f"{args.station}: has no station.retention_days; give --older-than DAYS")
    if not 1 <= days <= 36_500:
        raise WrongUseError(f"--older-than {days}: expected 1 to 36500 days")
    folder = settings.sessions_folder
    if not (folder / STORE_NAME).exists():
        print(f"{folder}: no session has been kept here")
        return 0
    with Store(folder / STORE_NAME) as store:
        found = retention.over(store, now_utc_ns=time.time_ns(), days=days)
        for one in found.waiting:
            print(f"stays    {one.session_id}  {one.open_messages} messages have reached no therapist")
        for one in found.due:
            print(f"{'removed ' if args.yes else 'to go   '} {one.session_id}  {iso_utc(one.started_utc_ns)}")
        if args.yes and found.due:
            retention.remove(store, folder, found.due, actor=getpass.getuser())
    done = "removed" if args.yes else "would be removed; --yes removes them"
    print(f"{len(found.due)} sessions older than {days} days {done}")
    return 0
