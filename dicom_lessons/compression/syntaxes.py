"""The transfer syntaxes of the standard, and which packages read and write them here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, metadata

from pydicom import config
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import UID, ExplicitVRBigEndian, JPEGExtended12Bit

from dicom_lessons.compression.change import ENCODERS, NATIVE
from dicom_lessons.pixels import DECODERS
from dicom_lessons.text import N_, _

_PREFIX = "1.2.840.10008.1.2"
_VIDEO = [f".4.{number}{part}" for number in range(100, 107) for part in ("", ".1")]
# PS3.6 Table A-1, what is not retired; PS3.5 Annex A says what each does to the pixels
_KINDS = {
    N_("not compressed"): ["", ".1", ".1.98", ".7.1", ".7.2", ".7.3"],
    N_("lossless"): [
        *(".1.99", ".4.57", ".4.70", ".4.80", ".4.90", ".4.92", ".4.110"),
        *(".4.201", ".4.202", ".5", ".8.1"),
    ],
    N_("lossy"): [".4.50", ".4.51", ".4.81", *_VIDEO, ".4.107", ".4.108"],
    N_("lossless or lossy"): [
        *(".4.91", ".4.93", ".4.94", ".4.95", ".4.112", ".4.203", ".4.204", ".4.205"),
    ],
    N_("lossless packing of a lossy JPEG"): [".4.111"],
}
# pydicom 3.0 does not know these yet
_NEW = {
    ".1.98": "Encapsulated Uncompressed Explicit VR Little Endian",
    ".4.110": "JPEG XL Lossless",
    ".4.111": "JPEG XL JPEG Recompression",
    ".4.112": "JPEG XL",
    ".8.1": "Deflated Image Frame Compression",
}
# of packages that are not installed
_LICENCES = {
    "pillow": "MIT-CMU",
    "pyjpegls": "MIT",
    "pylibjpeg-libjpeg": "GPLv3",
    "pylibjpeg-openjpeg": "MIT",
    "pylibjpeg-rle": "MIT",
    "python-gdcm": "Apache-2.0",
}
_EIGHT_BITS = N_("only with 8 bits per sample")
_FRAGILE = N_("a broken file can end the kernel")


@dataclass(frozen=True)
class Package:
    """A package that pydicom decodes or encodes with.

    Attributes
    ----------
    name : str
        On the package index, such as ``"pylibjpeg-openjpeg"``.
    version : str
        Empty if it is not used here.
    licence : str
        An SPDX identifier, or what the package itself calls its licence.
    caution : str
        What to know before one relies on it, in English; translate it when you show it.
    """

    name: str
    version: str
    licence: str
    caution: str = ""

    def __str__(self) -> str:
        version = self.version or _("not here")
        caution = f"; {_(self.caution)}" if self.caution else ""
        return f"{self.name} ({version}; {self.licence}{caution})"


@dataclass(frozen=True)
class TransferSyntax:
    """A transfer syntax that is not retired.

    Attributes
    ----------
    uid : UID
        Its UID.
    name : str
        Its name in the standard.
    loss : str
        What becomes of the pixels, such as ``"lossless"``, in English; translate it when you show
        it.
    """

    uid: UID
    name: str
    loss: str

    @property
    def decoders(self) -> tuple[Package, ...]:
        """See :func:`decoders`."""
        return decoders(self.uid)

    @property
    def encoders(self) -> tuple[Package, ...]:
        """See :func:`encoders`."""
        return encoders(self.uid)


def transfer_syntaxes() -> tuple[TransferSyntax, ...]:
    """Return all transfer syntaxes that are not retired, by UID (PS3.6 Table A-1).

    >>> [syntax.name for syntax in transfer_syntaxes() if syntax.encoders][-1]
    'RLE Lossless'
    """
    kinds = {ending: kind for kind, endings in _KINDS.items() for ending in endings}
    ordered = sorted(kinds, key=lambda ending: [int(part) for part in ending.split(".")[1:]])
    syntaxes = ((UID(_PREFIX + ending), ending) for ending in ordered)
    return tuple(
        TransferSyntax(uid, _NEW.get(ending, uid.name), kinds[ending]) for uid, ending in syntaxes
    )


def decoders(transfer_syntax: str) -> tuple[Package, ...]:
    """Return the packages that decode a transfer syntax here, the one that is asked first first.

    Where none does, or not for all pixels, those that would if they were installed come last:
    they have no version. python-gdcm is never asked, for a broken file makes it end the kernel.
    """
    uid = UID(transfer_syntax, validation_mode=config.IGNORE)
    if uid in (*NATIVE, ExplicitVRBigEndian):
        return (_package("pydicom"),)
    try:
        available = get_decoder(uid).available_plugins
    except NotImplementedError:
        return ()
    limited = uid == JPEGExtended12Bit
    used = [plugin for plugin in DECODERS if plugin in available]
    found = [
        _package(
            _name("decoder", plugin, uid), _EIGHT_BITS if limited and plugin == "pillow" else ""
        )
        for plugin in used
    ]
    if not found or limited:
        names = [_name("decoder", plugin, uid) for plugin in (*DECODERS, "gdcm")]
        found += [
            Package(name, "", _LICENCES[name], _FRAGILE if name == "python-gdcm" else "")
            for plugin, name in zip((*DECODERS, "gdcm"), names, strict=True)
            if name and plugin not in used and not (limited and plugin == "gdcm")
        ]
    return tuple(found)


def encoders(transfer_syntax: str) -> tuple[Package, ...]:
    """Return the packages that encode a transfer syntax here; the course uses the first."""
    uid = UID(transfer_syntax, validation_mode=config.IGNORE)
    if uid in NATIVE:
        return (_package("pydicom"),)
    if uid not in ENCODERS:
        return ()
    plugins = [plugin for plugin in get_encoder(uid).available_plugins if plugin != "gdcm"]
    plugins.sort(key=lambda plugin: plugin != ENCODERS[uid])
    return tuple(_package(_name("encoder", plugin, uid)) for plugin in plugins)


def _name(kind: str, plugin: str, uid: UID) -> str:
    """Return the package that a plugin of pydicom needs for a transfer syntax; empty if none."""
    if plugin == "pydicom":
        return "pydicom" if uid.keyword == "RLELossless" else ""
    module = import_module(f"pydicom.pixels.{kind}s.{plugin}")
    needs: dict[str, tuple[str, ...]] = getattr(module, f"{kind.upper()}_DEPENDENCIES")
    return needs.get(uid, ("",))[-1].partition(">")[0].replace("gdcm", "python-gdcm")


def _package(name: str, caution: str = "") -> Package:
    told = {"license": "", "classifier": []} | metadata.metadata(name).json
    classified = [line for line in told["classifier"] if line.startswith("License")]
    licence = told.get("license_expression") or told["license"] or "".join(classified[:1])
    licence = str(licence).rpartition(" :: ")[2].removesuffix(" License")[:60]
    return Package(name, str(told["version"]), licence, caution)
