"""The cluster's own certificate authority, in a folder of its own: openssl does all that is about certificates.

No key is an argument of a command, and none leaves the folder but in what `issue` returns.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

YEARS = 10
"""How long all of it is good. `make rotate` makes it anew."""
_DAYS = 365 * YEARS
_BACK = timedelta(days=1)
"""All is good from before it was made: a clock that is behind is told of by its own check, not by TLS."""
_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")

_CONFIG = """\
[ca]
default_ca = own
[own]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}/issued
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_crl_days = {days}
policy = names
unique_subject = no
[names]
commonName = supplied
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[machine]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = {alternatives}
"""


class Pair(NamedTuple):
    """A certificate and its key, as PEM."""

    certificate: str
    key: str


def _openssl(folder: Path, *words: str, names: tuple[str, ...] = ("none",)) -> None:
    """Have openssl do something by the folder's configuration; RuntimeError with what it said."""
    config = folder / "openssl.cnf"
    alternatives = ",".join(f"DNS:{name}" for name in names)
    config.write_text(_CONFIG.format(folder=folder, days=_DAYS, alternatives=alternatives), encoding="utf-8")
    command = ["openssl", words[0], "-config", str(config), *words[1:]]
    # every file that it makes is its owner's alone
    done = subprocess.run(command, capture_output=True, text=True, check=False, umask=0o077, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"openssl {words[0]}: exit {done.returncode}: {done.stderr.strip()[-2000:]}")


def make(folder: Path) -> bool:
    """Make the authority where it is not there yet; one that was killed on the way is made anew. Returns if it did."""
    if (folder / "ca.pem").exists():
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "issued").mkdir(mode=0o700, exist_ok=True)
    (folder / "index.txt").write_text("", encoding="utf-8")
    (folder / "serial").write_text("1000\n", encoding="utf-8")
    new = folder / "ca.pem.new"
    request = folder / "ca.csr"
    subject = ("-subj", "/CN=microstep cluster")
    _openssl(folder, "req", "-new", *_CURVE, "-keyout", str(folder / "ca.key"), "-out", str(request), *subject)
    # by `ca`, since the `req` of Debian 12 always begins now
    signed = ("-batch", "-notext", "-selfsign", "-in", str(request), "-out", str(new), "-extensions", "authority")
    _openssl(folder, "ca", *signed, *_span())
    request.unlink()
    new.rename(folder / "ca.pem")
    return True


def _span() -> tuple[str, ...]:
    begin, end = (datetime.now(UTC) + span for span in (-_BACK, timedelta(days=_DAYS)))
    return "-startdate", f"{begin:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}"


def issue(folder: Path, name: str, names: tuple[str, ...]) -> Pair:
    """A certificate for a machine, good for all the names; the one that it had before is revoked."""
    if (folder / f"{name}.pem").exists():
        revoke(folder, name)
    request, key, certificate = (folder / f"new.{end}" for end in ("csr", "key", "pem"))
    _openssl(folder, "req", "-new", *_CURVE, "-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}")
    signed = ("-batch", "-notext", "-in", str(request), "-out", str(certificate), "-extensions", "machine")
    _openssl(folder, "ca", *signed, *_span(), names=names)
    pair = Pair(certificate.read_text(encoding="utf-8"), key.read_text(encoding="utf-8"))
    request.unlink()
    key.unlink()
    certificate.rename(folder / f"{name}.pem")
    return pair


def revoke(folder: Path, name: str) -> None:
    """Have the next list name a machine's certificate; one that is on it already stays there."""
    certificate = folder / f"{name}.pem"
    try:
        _openssl(folder, "ca", "-batch", "-revoke", str(certificate))
    except RuntimeError as error:
        if "Already revoked" not in str(error):
            raise
    certificate.unlink()


def revoked(folder: Path) -> str:
    """The list of all certificates that are good no more, as nginx reads it."""
    file = folder / "crl.pem"
    # of yesterday, too: nginx lets nobody in with a list of the future, as after a clock that was ahead is put right
    since = datetime.now(UTC) - _BACK
    _openssl(folder, "ca", "-gencrl", "-crl_lastupdate", f"{since:%Y%m%d%H%M%SZ}", "-out", str(file))
    return file.read_text(encoding="utf-8")


def public(folder: Path) -> str:
    """The authority's own certificate."""
    return (folder / "ca.pem").read_text(encoding="utf-8")
