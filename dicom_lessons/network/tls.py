"""Certificates for a lesson: an authority of one's own, and a certificate that it signs."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

_FIRST_DAY, _LAST_DAY = datetime.date(2020, 1, 1), datetime.date(2098, 12, 31)


def make_certificates(
    folder: str | Path, *, address: str = "127.0.0.1", last_day: datetime.date = _LAST_DAY
) -> tuple[Path, Path, Path]:
    """Write an authority's certificate, a server's certificate, and its key.

    For a lesson only: a hospital's certificates come from its own authority, and end sooner.

    Parameters
    ----------
    folder : str or path
    address : str
        The IP address that the server's certificate is for.
    last_day : date
        The last day of the server's certificate, in UTC; the first is 2020-01-01.

    Returns
    -------
    tuple of Path
        ``authority.pem``, ``server.pem`` and ``server.key``.

    Raises
    ------
    ModuleNotFoundError
        Without the package cryptography.
    ValueError
        If the address is none, or the last day comes before the first.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        for text in ("Authority of this lesson", address)
    ]
    keys = [ec.generate_private_key(ec.SECP256R1()) for _name in names]
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = []
    for subject, key, end in zip(names, keys, (_LAST_DAY, last_day), strict=True):
        is_authority = key is keys[0]
        builder = (
            x509.CertificateBuilder(names[0], subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_midnight(_FIRST_DAY))
            .not_valid_after(_midnight(end + datetime.timedelta(1)))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if not is_authority:
            builder = builder.add_extension(alternative, critical=False)
        made.append(builder.sign(keys[0], hashes.SHA256()))
    target = Path(folder)
    paths = target / "authority.pem", target / "server.pem", target / "server.key"
    for path, certificate in zip(paths, made, strict=False):
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    paths[2].write_bytes(keys[1].private_bytes(serialization.Encoding.PEM, form, plain))
    paths[2].chmod(0o600)
    return paths


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what a server needs to speak TLS (PS3.15 §B.12: TLS 1.2 or later)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def client_context(authority: Path) -> ssl.SSLContext:
    """Return what a client needs to trust the servers that an authority has signed."""
    return ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(authority))
