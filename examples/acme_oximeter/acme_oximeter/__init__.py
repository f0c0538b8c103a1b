"""The ACME OX-1 for kinewatch; nothing is imported before a session or a scan needs it."""

from protocols.families import FamilyKind, Registration

FAMILY = Registration(
    name="acme_oximeter",
    kind=FamilyKind.OXIMETER,
    driver="acme_oximeter.driver:AcmeOximeter",
    reader="acme_oximeter.reader:AcmeOximeterReader",
    peripheral="acme_oximeter.peripheral:build",
)
