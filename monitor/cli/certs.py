"""`kinewatch certs`: a clinic's own authority and its broker's certificate."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import WrongUseError

# What public authorities may give at most; a broker's certificate is renewed by running this again.
DAYS = 397


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Make a broker's certificate, and the authority that signs it where FOLDER has none yet. Run it\n"
        "again to renew. ca.crt goes to every station and therapist; ca.key stays here."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the files are kept")
    parser.add_argument(
        "--name",
        action="append",
        required=True,
        metavar="NAME",
        dest="names",
        help="host name or IP address that the broker is reached by; may be given several times",
    )
    parser.add_argument("--clinic", default="clinic", metavar="NAME", help="for the authority's name")
    parser.add_argument(
        "--days", type=int, default=DAYS, metavar="N", help="how long it is good (default: %(default)d)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the files and say where each belongs."""
    from monitor.delivery.broker.certificates import write_certificates

    if not 1 <= args.days <= 3650:
        raise WrongUseError(f"--days {args.days}: expected 1 to 3650")
    made = write_certificates(
        args.folder, clinic=args.clinic, names=args.names, days=args.days, now=datetime.now(UTC)
    )
    if made.is_new_authority:
        print(f"a new authority: {made.authority}; every station and therapist gets this file (ca_file)")
    print(f"for {', '.join(args.names)}: {made.certificate} and {made.key}, for the broker alone")
    print(f"good until {made.good_until:%Y-%m-%d}; the same command renews it")
    return 0
