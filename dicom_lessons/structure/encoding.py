"""One object, written in another transfer syntax that does not compress its pixels."""

from __future__ import annotations

import copy
import warnings
from io import BytesIO

import numpy as np
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.uid import UID

from dicom_lessons.elements import check_writable
from dicom_lessons.reading import reason_of
from dicom_lessons.structure.element import StructureError
from dicom_lessons.text import _

_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def rewrite(dataset: Dataset, transfer_syntax: str) -> bytes:
    """Write an object in one of the transfer syntaxes that do not compress pixels.

    pydicom writes the bytes of OW, OF, OL, OD and OV values as they are; they are swapped here
    where the byte order changes (PS3.5 §7.3). Compressed pixels cannot be encoded so (§A.4): they
    are left out. Values of VR UN are kept as they are (§6.2.2).

    Parameters
    ----------
    dataset : Dataset
        As pydicom read it; it is not changed.
    transfer_syntax : str
        UID of Implicit VR Little Endian, Explicit VR Little Endian, Explicit VR Big Endian
        (retired) or Deflated Explicit VR Little Endian.

    Returns
    -------
    bytes
        A whole file: preamble, prefix, file meta information, data set.

    Raises
    ------
    StructureError
        If pydicom cannot write this object.

    Examples
    --------
    >>> from dicom_lessons import samples
    >>> from pydicom.uid import ImplicitVRLittleEndian
    >>> rewrite(samples.read("MR_small"), ImplicitVRLittleEndian)[128:132]
    b'DICM'
    """
    target = UID(transfer_syntax)
    file = BytesIO()
    try:
        with warnings.catch_warnings(action="ignore"):
            written = _prepare(dataset, target)
            check_writable(written)
            dcmwrite(file, written)
    except Exception as error:  # pydicom raises many kinds on odd values
        reason = reason_of(error)
        raise StructureError(
            _("pydicom cannot write this object again: {error}.", error=reason)
        ) from None
    return file.getvalue()


def _prepare(dataset: Dataset, target: UID) -> Dataset:
    """Copy an object and make its words, pixels and file meta information fit ``target``."""
    written = copy.deepcopy(dataset)
    meta = getattr(written, "file_meta", None) or FileMetaDataset()
    source = UID(meta.get("TransferSyntaxUID", target))
    if source.is_transfer_syntax and source.is_encapsulated:
        written.pop("PixelData", None)
    if _is_little_endian(written) != target.is_little_endian:
        swap_words(written)
    written.file_meta = meta
    written.preamble = getattr(written, "preamble", None) or bytes(128)
    meta.TransferSyntaxUID = target
    return written


def swap_words(dataset: Dataset) -> None:
    """Turn the bytes of each word round, in place: pydicom leaves them as they are (PS3.5 §7.3).

    OW, OF, OL, OD and OV values change, those in sequences too; words of native Pixel Data are as
    wide as Bits Allocated. Afterwards the data set counts as read in the other byte order.
    """
    little_endian = _is_little_endian(dataset)
    correct_ambiguous_vr(dataset, little_endian)
    pixel_bytes = int(dataset.get("BitsAllocated", 16)) // 8
    for element in dataset.iterall():
        if element.VR in _WORDS and isinstance(element.value, bytes):
            size = _WORDS[element.VR]
            if element.keyword == "PixelData":
                size = max(size, pixel_bytes)
            element.value = np.frombuffer(element.value, f"u{size}").byteswap().tobytes()
    dataset.set_original_encoding(dataset.original_encoding[0], not little_endian)


def _is_little_endian(dataset: Dataset) -> bool:
    return dataset.original_encoding[1] is not False
