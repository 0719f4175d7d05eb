"""Which packages decode a transfer syntax here, in which version, under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, metadata

from pydicom import config
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRBigEndian, JPEGExtended12Bit

from dicom_lessons.browser import codecs
from dicom_lessons.compression.change import NATIVE
from dicom_lessons.pixels.decoders import DECODERS, plugins_of
from dicom_lessons.pixels.plugin import DECODER_DEPENDENCIES, LABEL
from dicom_lessons.text import N_, _, short

# of packages that are not installed
_LICENCES = {
    "imagecodecs": "BSD-3-Clause",
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
    """A package that pydicom decodes with.

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


def decoders(transfer_syntax: str) -> tuple[Package, ...]:
    """Return the packages that decode a transfer syntax here, the one that is asked first first.

    Where pydicom by itself has none, or not for all pixels, those that would if they were
    installed come last: they have no version. python-gdcm is never asked, for a broken file makes
    it end the kernel.

    >>> [package.name for package in decoders("1.2.840.10008.1.2.5")]
    ['pylibjpeg-rle', 'pydicom']
    """
    uid = UID(transfer_syntax, validation_mode=config.IGNORE)
    if uid in (*NATIVE, ExplicitVRBigEndian):
        return (_package("pydicom"),)
    try:
        asked_by_pydicom = get_decoder(uid).is_available
    except NotImplementedError:
        return ()
    limited = uid == JPEGExtended12Bit
    used = plugins_of(uid)
    found = [
        _package(_name(plugin, uid), _EIGHT_BITS if limited and plugin == "pillow" else "")
        for plugin in used
    ]
    if asked_by_pydicom and not limited:
        return tuple(dict.fromkeys(found))
    for plugin in (*DECODERS, "gdcm"):
        name = _name(plugin, uid)
        if name and plugin not in used and not (limited and plugin == "gdcm"):
            caution = _FRAGILE if plugin == "gdcm" else ""
            found.append(Package(name, "", _LICENCES[name], caution))
    return tuple(found)


def _name(plugin: str, uid: UID) -> str:
    """Return the package that a plugin of pydicom needs for a transfer syntax; empty if none."""
    if plugin == "pydicom":
        return "pydicom" if uid.keyword == "RLELossless" else ""
    if plugin == codecs.LABEL:
        return LABEL if codecs.is_available(uid) else ""
    if plugin == LABEL:
        return LABEL if uid in DECODER_DEPENDENCIES else ""
    needs = import_module(f"pydicom.pixels.decoders.{plugin}").DECODER_DEPENDENCIES
    name: str = needs.get(uid, ("",))[-1]
    return name.partition(">")[0].replace("gdcm", "python-gdcm")


def _package(name: str, caution: str = "") -> Package:
    told = {"license": "", "classifier": []} | metadata.metadata(name).json
    classified = [line for line in told["classifier"] if line.startswith("License")]
    licence = told.get("license_expression") or told["license"] or "".join(classified[:1])
    licence = str(licence).rpartition(" :: ")[2].removesuffix(" License")
    return Package(name, str(told["version"]), short(licence, 60), caution)
