"""A clinic's own authority, and certificates that it signs, for a broker that stations reach over TLS.

Elliptic curve keys (P-256). The authority carries `basicConstraints` and `keyUsage`: Python 3.13 refuses one
without. A broker's certificate carries every name and address that it is reached by.
"""

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from monitor.errors import RunFailedError, WrongUseError

AUTHORITY_NAME, AUTHORITY_KEY_NAME = "ca.crt", "ca.key"
CERTIFICATE_NAME, KEY_NAME = "broker.crt", "broker.key"

# A clock that is a little behind must not find the certificate of today to be of tomorrow.
BACKDATED = dt.timedelta(days=1)
AUTHORITY_DAYS = 3650

_PEM = serialization.Encoding.PEM
# The nodes of a cluster are clients of each other, too.
_BOTH_SIDES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Where the files are, and until when the broker's certificate is good."""

    authority: Path
    certificate: Path
    key: Path
    good_until: dt.datetime
    is_new_authority: bool


def write_certificates(
    folder: Path, *, clinic: str, names: Sequence[str], days: int, now: dt.datetime
) -> Certificates:
    """A broker's certificate for `names` (host names and IP addresses), signed by the folder's authority.

    The authority is made where there is none yet, and used again where there is one. The broker's certificate
    and key are written anew; private keys are readable for this user only.

    Raises:
        WrongUseError: a name cannot be one.
        RunFailedError: the folder cannot be written, or what is in it is no authority.
    """
    subjects = [_subject(name) for name in names]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_new = not (folder / AUTHORITY_KEY_NAME).exists()
        if is_new:
            _write_authority(folder, clinic, now)
        authority, authority_key = _read_authority(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        good_until = min(now + dt.timedelta(days=days), authority.not_valid_after_utc)
        certificate = _signed(
            subject=names[0],
            issuer=authority.subject,
            key=key,
            signed_with=authority_key,
            now=now,
            until=good_until,
            extensions=[
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (_usage(signs=False), True),
                (x509.ExtendedKeyUsage(_BOTH_SIDES), False),
                (x509.SubjectAlternativeName(subjects), False),
                (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False),
            ],
        )
        _write_secret(folder / KEY_NAME, _private(key))
        (folder / CERTIFICATE_NAME).write_bytes(certificate.public_bytes(_PEM))
    except OSError as exc:
        raise RunFailedError(f"{folder}: cannot be used ({exc.strerror or exc})") from exc
    return Certificates(
        authority=folder / AUTHORITY_NAME,
        certificate=folder / CERTIFICATE_NAME,
        key=folder / KEY_NAME,
        good_until=good_until,
        is_new_authority=is_new,
    )


def _write_authority(folder: Path, clinic: str, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = f"kinewatch authority of {clinic}"
    certificate = _signed(
        subject=name,
        issuer=_named(name),
        key=key,
        signed_with=key,
        now=now,
        until=now + dt.timedelta(days=AUTHORITY_DAYS),
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_usage(signs=True), True),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        ],
    )
    _write_secret(folder / AUTHORITY_KEY_NAME, _private(key))
    (folder / AUTHORITY_NAME).write_bytes(certificate.public_bytes(_PEM))


def _read_authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate((folder / AUTHORITY_NAME).read_bytes())
        key = serialization.load_pem_private_key((folder / AUTHORITY_KEY_NAME).read_bytes(), password=None)
    except ValueError as exc:
        raise RunFailedError(f"{folder}: {AUTHORITY_NAME} and {AUTHORITY_KEY_NAME} are no authority") from exc
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise RunFailedError(f"{folder}: {AUTHORITY_NAME} and {AUTHORITY_KEY_NAME} do not belong together")
    return certificate, key


def _signed(
    *,
    subject: str,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signed_with: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
    until: dt.datetime,
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(signed_with, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _subject(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    letters = name.replace(".", "").replace("-", "").replace("*", "")
    if not (letters.isascii() and letters.isalnum()) or len(name) > 253:
        raise WrongUseError(f"--name {name!r}: expected a host name or an IP address")
    return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write_secret(path: Path, content: bytes) -> None:
    """Readable for this user only, from its first moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
