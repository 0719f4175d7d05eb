"""Which fault the examination names where which was planted: ``python -m course_tools confusion``.

Every fault of the clinic is planted into good files of many kinds, and the first diagnosis counts.
Beside it stand the files bundled with pydicom and those of the virtual patient: nothing may be
found in sound ones, and what is wrong with the others is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dicom_lessons import samples
from dicom_lessons.clinic import PATIENTS, examine, examine_all, patients
from dicom_lessons.clinic.making import Unfit

BASES = 12
"""Good files that each fault is planted into at most."""
# what is wrong with bundled files: dciodvfy, DCMTK or pydicom's own notes on its files say so too
KNOWN = {
    "693_J2KI": "compressed_ow",
    "ExplVR_BigEnd": "value",
    "ExplVR_BigEndNoMeta": "no_file_meta",
    "ExplVR_LitEndNoMeta": "no_file_meta",
    "GDCMJ2K_TextGBR": "missing",
    "JPEG-lossy": "jpeg_scan_header",
    "JPEG2000-embedded-sequence-delimiter": "picture",
    "JPEGLSNearLossless_08": "missing",
    "JPEGLSNearLossless_16": "missing",
    "MR_small_jp2klossless": "compressed_ow",
    "MR_small_jpeg_ls_lossless": "compressed_ow",
    "MR_small_padded": "pixel_length",
    "MR_truncated": "truncated_pixels",
    "SC_rgb_jls_lossy_line": "missing",
    "SC_rgb_jls_lossy_sample": "missing",
    "SC_rgb_jpeg": "wrong_transfer_syntax",
    "SC_rgb_rle_16bit": "compressed_ow",
    "SC_rgb_rle_16bit_2frame": "compressed_ow",
    "SC_rgb_small_odd": "missing",
    "SC_rgb_small_odd_big_endian": "missing",
    "UN_sequence": "missing",
    "badVR": "uids_at_odds",
    "chrJapMulti": "uids_at_odds",
    "chrJapMultiExplicitIR6": "uids_at_odds",
    "chrSQEncoding": "missing",
    "chrSQEncoding1": "missing",
    "dicomdirtests/DICOMDIR-nooffset": "truncated",
    "empty_charset_LEI": "missing",
    "liver_1frame": "missing",
    "liver_expb_1frame": "missing",
    "meta_missing_tsyntax": "no_transfer_syntax",
    "nested_priv_SQ": "odd_length",
    "no_meta": "not_dicom",
    "no_meta_group_length": "missing",
    "priv_SQ": "missing",
    "rtdose": "uids_at_odds",
    "rtdose_1frame": "uids_at_odds",
    "rtdose_expb": "uids_at_odds",
    "rtdose_expb_1frame": "uids_at_odds",
    "rtdose_rle": "compressed_ow",
    "rtdose_rle_1frame": "compressed_ow",
    "rtplan": "uids_at_odds",
    "rtplan_truncated": "truncated",
    "rtstruct": "no_file_meta",
}
_WITHOUT_CONTENT = "dicomdirtests/TINY_ALPHA/PT"  # CT images without pixels: all lack elements


@dataclass
class Confusion:
    """How often each diagnosis came first, by the patient that was made."""

    first: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, name: str, found: str) -> None:
        """Count one base file."""
        self.first.setdefault(name, Counter())[found] += 1

    def right(self, name: str) -> int:
        """Return how often the right diagnosis of a patient came first."""
        return self.first[name][PATIENTS[name].fault]

    @property
    def rate(self) -> float:
        """Part of all planted faults that were named first."""
        every = sum(sum(counted.values()) for counted in self.first.values())
        return sum(map(self.right, self.first)) / every


def known_fault(name: str) -> str:
    """Return what is wrong with a file of the course; empty of a sound one."""
    return "missing" if name.startswith(_WITHOUT_CONTENT) else KNOWN.get(name, "")


def files() -> list[str]:
    """Return the names of all files that need no download."""
    return [name for name in samples.names() if samples.get(name).source != "downloaded"]


def first_of(raw: bytes | Sequence[bytes]) -> str:
    """Return the first diagnosis of a file or of a series that is worse than a note."""
    found = [examine(raw)] if isinstance(raw, bytes) else list(examine_all(raw))
    for result in reversed(found):
        if not result.is_sound:
            return result.diagnoses[0].fault
    return ""


def plant(most: int = BASES) -> Confusion:
    """Plant every fault into up to ``most`` good files of many kinds, and examine them."""
    counted = Confusion()
    good = [samples.path(name).read_bytes() for name in files() if not known_fault(name)]
    stacks = series()
    for name, patient in PATIENTS.items():
        make = getattr(patients, name)
        bases: Sequence[bytes | list[bytes]] = stacks if patient.is_series else _spread(good)
        done = 0
        for base in bases:
            try:
                broken = make(base)
            except Unfit:
                continue
            counted.add(name, first_of(broken) or "nothing")
            done += 1
            if done == most:
                break
    return counted


def _spread(good: list[bytes]) -> list[bytes]:
    """Return files in an order in which neighbours, often of one series, are far apart."""
    return [each for start in range(7) for each in good[start::7]]


def series() -> list[list[bytes]]:
    """Return good series: parts of the virtual patient's, and those that come with pydicom."""
    ct, pt = (samples.series(f"virtual/{name}_volume") for name in ("ct", "pt"))
    paths = [ct[::10], ct[3:40:4], ct[:12], pt[::10], pt[5:60:6], pt[20:32]]
    paths.append([samples.path(name) for name in samples.names() if "98892001/CT5N" in name])
    return [[path.read_bytes() for path in part] for part in paths]


def lines(most: int = BASES) -> Iterator[str]:
    """Yield the confusion table, and how bundled files fared, line by line."""
    counted = plant(most)
    yield f"{'planted':22} {'bases':>5} {'right':>5}  first diagnosis, where another came first"
    for name, found in counted.first.items():
        others = {one: count for one, count in found.items() if one != PATIENTS[name].fault}
        told = ", ".join(f"{one} {count}" for one, count in others.items())
        yield f"{name:22} {sum(found.values()):5} {counted.right(name):5}  {told}".rstrip()
    yield f"named first: {counted.rate:.1%}"
    wrong = [(name, found) for name, found in bundled() if found != known_fault(name)]
    every = files()
    sound = sum(not known_fault(name) for name in every)
    ill = len(every) - sound
    yield f"{len(every)} files bundled or made: {sound} sound, {ill} with known faults"
    yield from (f"    {name}: {found or 'nothing'}" for name, found in wrong)
    yield f"otherwise than known: {len(wrong)}"


def bundled() -> Iterator[tuple[str, str]]:
    """Yield the name of each file and its first diagnosis, empty where nothing was found."""
    for name in files():
        yield name, first_of(samples.path(name).read_bytes())
