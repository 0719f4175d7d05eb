"""Lesson 00: is this computer ready, which program is for what, files to take along."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    AllTransferSyntaxes,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom_lessons import samples
from dicom_lessons.html import Page, table
from dicom_lessons.text import _

REGISTRY = Path(__file__).with_name("programs.json")
COURSE = "dicom-lessons"
PACKAGES = (
    "pydicom",
    "numpy",
    "matplotlib",
    "jupyterlab",
    "ipywidgets",
    "anywidget",
    "requests",
    "pillow",
    "pylibjpeg",
    "pylibjpeg-openjpeg",
    "pylibjpeg-rle",
    "pyjpegls",
)
DECODED_BY: dict[UID, tuple[str, ...]] = {
    JPEGBaseline8Bit: ("pillow",),
    JPEGLSLossless: ("pyjpegls",),
    JPEGLSNearLossless: ("pyjpegls",),
    JPEG2000Lossless: ("pylibjpeg", "pylibjpeg-openjpeg"),
    JPEG2000: ("pylibjpeg", "pylibjpeg-openjpeg"),
    HTJ2KLossless: ("pylibjpeg", "pylibjpeg-openjpeg"),
    HTJ2KLosslessRPCL: ("pylibjpeg", "pylibjpeg-openjpeg"),
    HTJ2K: ("pylibjpeg", "pylibjpeg-openjpeg"),
    RLELossless: ("pydicom",),
}
# the downloads of lesson 05 come from there
ADDRESS = "https://github.com"


@dataclass(frozen=True)
class Finding:
    """One line of the readiness check.

    Attributes
    ----------
    what : str
        A program, a package, a transfer syntax or the network.
    found : str
        Version or decoding package; empty if there is none.
    needed : str
        What the course asks for; empty if it does without.
    ok : bool
        Whether the course can work with what was found.
    advice : str
        What to do; empty if nothing is to be done.
    """

    what: str
    found: str
    needed: str
    ok: bool
    advice: str = ""


def readiness() -> tuple[Finding, ...]:
    """Return what this computer has of what the course needs; the network is not asked.

    >>> [finding.what for finding in readiness() if finding.needed and not finding.ok]
    []
    """
    return packages() + decoders()


def packages() -> tuple[Finding, ...]:
    """Compare the versions of Python and of the packages with those that the course needs."""
    found = []
    for name, versions in needed().items():
        version = _installed(name)
        ok = bool(version) and meets(version, versions)
        advice = "" if ok else _install(name)
        if name == "Python" and not ok:
            advice = _("Install a newer Python from python.org.")
        found.append(Finding(name, version, versions, ok, advice))
    return tuple(found)


def _installed(name: str) -> str:
    """Return the version of Python or of a package, empty if it is not there."""
    try:
        return platform.python_version() if name == "Python" else metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@cache
def needed() -> dict[str, str]:
    """Return the versions that the course asks for, of Python first and then of packages.

    >>> needed()["pydicom"]
    '>=3.0.2,<4'
    """
    try:
        about = metadata.metadata(COURSE)
    except metadata.PackageNotFoundError:  # the package was copied, not installed: all will do
        return dict.fromkeys(("Python", *PACKAGES), ">=0")
    wanted = map(Requirement, about.get_all("Requires-Dist", []))
    ranges = {
        one.name.lower(): one.specifier for one in wanted if not one.marker or one.marker.evaluate()
    }
    named = {"Python": SpecifierSet(about["Requires-Python"])}
    named |= {name: ranges[name] for name in PACKAGES if name in ranges}
    # the lower bound first, as people write it
    return {
        name: ",".join(sorted(map(str, specifier), reverse=True))
        for name, specifier in named.items()
    }


def decoders() -> tuple[Finding, ...]:
    """Tell of each transfer syntax with a decoder in pydicom whether it can be decoded here.

    Notes
    -----
    PS3.5 Annex A defines the transfer syntaxes. pydicom has no decoder for video.
    """
    found = []
    for uid in AllTransferSyntaxes:
        try:
            decoder = get_decoder(uid)
        except NotImplementedError:
            continue
        names = DECODED_BY.get(uid, () if uid.is_compressed else ("pydicom",))
        plugins = ", ".join(decoder.available_plugins) or "pydicom" if decoder.is_available else ""
        advice = ""
        if not decoder.is_available and names:
            advice = _install(*names)
        elif not decoder.is_available:
            advice = _(
                "No lesson needs it. The package python-gdcm decodes it, "
                "but a broken file can then end the kernel."
            )
        elif not names:
            advice = _("Only with 8 bits per pixel. No lesson needs more.")
        found.append(Finding(uid.name, plugins, ", ".join(names), decoder.is_available, advice))
    return tuple(found)


def meets(version: str, needed: str) -> bool:
    """Compare a version with a range, as pip does.

    >>> meets("3.0.2", ">=3.0.2,<4"), meets("3.0.10", ">=3.0.2,<4"), meets("4.0.0", ">=3.0.2,<4")
    (True, True, False)
    """
    try:
        # Python built from its sources ends its version with a plus
        return Version(version.rstrip("+")) in SpecifierSet(needed, prereleases=True)
    except InvalidVersion:
        return False


def _install(*names: str) -> str:
    return "pip install " + " ".join(f'"{name}{needed().get(name, "")}"' for name in names)


def network(timeout: float = 3.0) -> Finding:
    """Ask one well-known server over HTTPS whether it answers; any answer will do.

    Parameters
    ----------
    timeout : float
        Seconds to wait for the connection, and again for the answer.
    """
    import requests

    what = _("network ({address})", address=ADDRESS)
    try:
        requests.head(ADDRESS, timeout=timeout, allow_redirects=False)
    except requests.Timeout:
        advice = _("No answer in {seconds} seconds: try again later.", seconds=f"{timeout:g}")
    except requests.exceptions.SSLError:
        advice = _("The server's certificate is not trusted: ask who runs your network.")
    except requests.RequestException:
        advice = _("No connection: look at cable, wireless network and proxy.")
    else:
        return Finding(what, _("it answered"), "", True)
    offline = _("Every lesson runs without the network.")
    return Finding(what, "", "", False, f"{advice} {offline}")


def status(finding: Finding) -> str:
    """Return sign and word for a finding: nothing depends on colour."""
    if finding.ok:
        return _("✓ ready")
    return _("✗ missing") if finding.needed else _("– not needed")


def readiness_text(findings: Iterable[Finding]) -> str:
    """Return the readiness check as plain text, one line per finding."""
    lines = []
    for finding in findings:
        needed = _("needed: {needed}", needed=finding.needed) if finding.needed else ""
        parts = (status(finding), finding.what, finding.found, needed, finding.advice)
        lines.append("  ".join(part for part in parts if part))
    return "\n".join(lines)


@dataclass(frozen=True)
class Program:
    """A program, server or collection that has to do with DICOM.

    Attributes
    ----------
    name : str
        As its makers write it.
    kind : str
        ``viewer``, ``platform``, ``research``, ``editor``, ``tool``, ``server``, ``collection``.
    purpose : str
        What it is for, in English; translated when shown, as are the next three.
    platforms : tuple of str
        Where it runs.
    licence : str
        Terms of use.
    opens : str
        How a file gets into it.
    open_source : bool
        Whether anybody may read and change its source.
    """

    name: str
    kind: str
    purpose: str
    platforms: tuple[str, ...]
    licence: str
    opens: str
    open_source: bool = False


PROGRAMS = tuple(
    Program(**{**entry, "platforms": tuple(entry["platforms"])})
    for entry in json.loads(REGISTRY.read_text(encoding="utf-8"))
)


def program_table(programs: Sequence[Program] = PROGRAMS) -> Page:
    """Return a table of programs for a notebook.

    >>> program_table([program for program in PROGRAMS if program.kind == "server"])
    Orthanc (server): a small DICOM server with a web page; holds no pictures until you send some
    """
    header = [_("Name"), _("Kind"), _("What it is for"), _("Runs on"), _("Licence"), _("To open")]
    rows, lines = [], []
    for program in programs:
        platforms = ", ".join(_(name) for name in program.platforms)
        row = (program.name, program.kind, _(program.purpose), platforms, _(program.licence))
        rows.append((*row, _(program.opens)))
        lines.append(f"{program.name} ({program.kind}): {_(program.purpose)}")
    caption = _("Programs, servers and collections for DICOM")
    return Page(table(header, rows, caption), "\n".join(lines))


def export_files(names: Iterable[str], folder: str | Path) -> list[Path]:
    """Copy samples into a folder; a file that is there already is never overwritten.

    Parameters
    ----------
    names : iterable of str
        Names of samples, such as ``"CT_small"``.
    folder : str or Path
        It is made if need be.

    Returns
    -------
    list of Path
        The files, one per name, with the extension ``.dcm`` that RFC 3240 recommends. A copy
        that is there from before is returned as it is; beside another file of the same name the
        copy gets a number.

    Raises
    ------
    LookupError
        If no sample has one of the names.
    NotADirectoryError
        If the folder is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            _("{name} is a file, not a folder: choose another name.", name=folder.name)
        )
    sources = {name: samples.path(name).read_bytes() for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(folder, name, content) for name, content in sources.items()]


def _written(folder: Path, name: str, content: bytes) -> Path:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", samples.get(name).name).strip("_")
    number = 1
    while True:
        path = folder / (f"{stem}.dcm" if number == 1 else f"{stem}-{number}.dcm")
        try:
            with path.open("xb") as file:
                file.write(content)
            return path
        except FileExistsError:
            if path.is_file() and path.read_bytes() == content:
                return path
            number += 1


def weasis_link(folder: str | Path) -> str:
    """Return the link that makes an installed Weasis open a file or folder of this computer.

    Raises
    ------
    ValueError
        If there is a quotation mark in the path: it would end the path inside the link.

    >>> weasis_link("my work").startswith("weasis://%24dicom%3Aget%20-l%20%22")
    True
    """
    path = Path(folder).resolve().as_posix()
    if '"' in path:
        raise ValueError(_("Rename the folder: there is a quotation mark in its path."))
    return "weasis://" + quote(f'$dicom:get -l "{path}"', safe="")
