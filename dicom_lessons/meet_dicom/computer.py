"""What this computer has of what the course needs: Python, packages, decoders, the network."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version
from pydicom import uid
from pydicom.pixels.decoders.base import get_decoder

from dicom_lessons import browser
from dicom_lessons.pixels.decoders import plugins_of
from dicom_lessons.text import _

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
    "imagecodecs",
)
DECODED_BY: dict[uid.UID, tuple[str, ...]] = {
    uid.JPEGBaseline8Bit: ("pillow",),
    **dict.fromkeys(
        (uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1), ("imagecodecs",)
    ),
    uid.JPEGLSLossless: ("pyjpegls",),
    uid.JPEGLSNearLossless: ("pyjpegls",),
    uid.JPEG2000Lossless: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.JPEG2000: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.HTJ2KLossless: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.HTJ2KLosslessRPCL: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.HTJ2K: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.RLELossless: ("pydicom",),
}
# each draws a part of the widgets in the browser, and belongs to the server's Python
EXTENSIONS = {
    "anywidget": "anywidget",
    "@jupyter-widgets/jupyterlab-manager": "jupyterlab-widgets",
}
# the downloads of lesson 05 come from there
ADDRESS = "https://github.com"


@dataclass(frozen=True)
class Prerequisite:
    """One line of the readiness check: something that the course needs or can do without."""

    what: str  # a program, a package, a transfer syntax or the network
    found: str  # version or decoding package; empty if there is none
    needed: str  # what the course asks for; empty if it does without
    ok: bool  # whether the course can work with what was found
    advice: str = ""  # what to do; empty if nothing is to be done


def readiness() -> tuple[Prerequisite, ...]:
    """Return what this computer has of what the course needs; the network is not asked.

    >>> [finding.what for finding in readiness() if finding.needed and not finding.ok]
    []
    """
    return packages() + extensions() + decoders()


def packages() -> tuple[Prerequisite, ...]:
    """Compare the versions of Python and of the packages with those that the course needs."""
    found = []
    for name, versions in needed().items():
        version = ""
        with suppress(metadata.PackageNotFoundError):
            version = platform.python_version() if name == "Python" else metadata.version(name)
        if browser.HERE:  # the site chose the versions, and brings the others when asked
            if version:
                found.append(Prerequisite(name, version, "", True))
            continue
        ok = bool(version) and meets(version, versions)
        advice = "" if ok else _install(name)
        if name == "Python" and not ok:
            advice = _("Install a newer Python from python.org.")
        found.append(Prerequisite(name, version, versions, ok, advice))
    return tuple(found)


def extensions() -> tuple[Prerequisite, ...]:
    """Tell whether JupyterLab has what it draws widgets with.

    In a notebook that is looked for where the server does, whose Python may be another one.
    """
    if browser.HERE:
        return ()
    server = _server()
    folders = _folders(server)
    lines = []
    for name, package in EXTENSIONS.items():
        version = ""
        for about in [Path(folder, "labextensions", name, "package.json") for folder in folders]:
            with suppress(OSError, ValueError, KeyError):
                version = version or json.loads(about.read_text(encoding="utf-8"))["version"]
        command = f'"{server}" -m pip install {package}'
        advice = "" if version else _("{command} – then start Jupyter again.", command=command)
        what = _("JupyterLab's extension {name}", name=name)
        lines.append(Prerequisite(what, version, package, bool(version), advice))
    return tuple(lines)


def _server() -> str:
    """Return the Python of the Jupyter server that started this kernel, or the one that runs."""
    with suppress(ImportError):
        import psutil

        with suppress(psutil.Error):
            for process in psutil.Process().parents():
                python, *words = process.cmdline() or [""]
                if any("jupyter" in word for word in words):
                    return str(python)
    return sys.executable


def _folders(server: str) -> list[str]:
    """Return where a Python's Jupyter looks for extensions."""
    if Path(server).parent == Path(sys.executable).parent:
        with suppress(ImportError):
            from jupyter_core.paths import jupyter_path

            return list(jupyter_path())
    command = [server, "-m", "jupyter", "--paths", "--json"]
    with suppress(OSError, ValueError, KeyError, subprocess.SubprocessError):
        told = subprocess.run(command, capture_output=True, timeout=20, check=True).stdout
        return [str(folder) for folder in json.loads(told)["data"]]
    return []


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


def decoders() -> tuple[Prerequisite, ...]:
    """Tell of each transfer syntax that pydicom knows whether it can be decoded here.

    Notes
    -----
    PS3.5 Annex A defines the transfer syntaxes. pydicom has no decoder for video.
    """
    lines = []
    for syntax in uid.AllTransferSyntaxes:
        names = DECODED_BY.get(syntax, () if syntax.is_compressed else ("pydicom",))
        try:
            native = get_decoder(syntax).is_native
        except NotImplementedError:
            advice = _("No lesson needs it. pydicom has no decoder for it.")
            lines.append(Prerequisite(syntax.name, "", "", False, advice))
            continue
        plugins = ", ".join(plugins_of(syntax)) or ("pydicom" if native else "")
        advice = "" if plugins else _install(*names)
        lines.append(Prerequisite(syntax.name, plugins, ", ".join(names), bool(plugins), advice))
    return tuple(lines)


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


def network(timeout: float = 3.0) -> Prerequisite:
    """Ask one well-known server over HTTPS whether it answers; any answer will do.

    The seconds are waited for the connection, and again for the answer.
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
        return Prerequisite(what, _("it answered"), "", True)
    offline = _("Every lesson runs without the network.")
    return Prerequisite(what, "", "", False, f"{advice} {offline}")


def status(prerequisite: Prerequisite) -> str:
    """Return sign and word for a prerequisite: nothing depends on colour."""
    if prerequisite.ok:
        return _("✓ ready")
    return _("✗ missing") if prerequisite.needed else _("– not needed")


def readiness_text(prerequisites: Iterable[Prerequisite]) -> str:
    """Return the readiness check as plain text, one line per prerequisite."""
    lines = []
    for one in prerequisites:
        needed = _("needed: {needed}", needed=one.needed) if one.needed else ""
        parts = (status(one), one.what, one.found, needed, one.advice)
        lines.append("  ".join(part for part in parts if part))
    return "\n".join(lines)
