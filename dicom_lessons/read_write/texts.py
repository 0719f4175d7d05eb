"""Text and its character set (PS3.5 §6.1): what is doubted, what is lost, how it is read anew."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from pydicom import Dataset, charset
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR

from dicom_lessons import reading
from dicom_lessons.elements import element
from dicom_lessons.findings import Finding
from dicom_lessons.read_write.entries import Entry, lacking
from dicom_lessons.read_write.letters import Guess, decode, oddness, readings
from dicom_lessons.text import _, short

READABLE, CLEARLY = 0.45, 0.14
"""How odd a reading may be, and how much less odd than the one that it is preferred to."""
MOST_ALONE = 20
"""How many texts are looked at one by one where all of them do not fit one set."""
SECTION = "PS3.3 C.12.1.1.2"


def judge_texts(texts: Iterable[Entry]) -> Iterator[Finding]:
    """Yield what is wrong with the text of a data set, judged as a whole: one set wrote it."""
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for text in texts:
        if not _is_plain(text):
            groups.setdefault((text.read_in, *text.codecs), []).append(text)
    for group in groups.values():
        doubted = dict(_doubts(group))
        if not doubted:  # two programs may have written it
            for right in (True, False):
                doubted |= _doubts([text for text in group if text.is_right is right])
        reads_well = oddness([text.shown for text in group]) <= READABLE
        wrong = [text for text in group if text.where not in doubted and not text.is_right]
        for text in wrong[:MOST_ALONE]:
            doubted |= _doubts([text])
        for text in group:
            if text.where in doubted:
                yield doubted[text.where]
            elif not text.is_right:
                yield _not_right(text, reads_well)


def judge_items(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Yield text in items that pydicom would leave in the old set when the label has changed."""
    for entry in entries:
        if entry.stored and entry.is_relabelled and "[" in entry.where and not _is_plain(entry):
            value = short(entry.shown)
            what = _(
                "{value} would be saved in the old character set under the new label", value=value
            )
            cure = _("list(dataset.iterall()) decodes it; read_write.save_safely does so itself")
            yield Finding(where=entry.where, what=what, cure=cure, section=SECTION)


def _is_plain(entry: Entry) -> bool:
    return entry.shown.isascii() and "\x1b" not in entry.shown


def decode_all(dataset: Dataset) -> None:
    """Have pydicom decode every element, in items too; what it cannot decode stays as it is."""
    for tag in list(dataset.keys()):
        found = element(dataset, tag)
        for item in found.value or [] if found is not None and found.VR == "SQ" else []:
            decode_all(item)


def _not_right(text: Entry, rest_reads_well: bool) -> Finding:
    letters = ", ".join(map(short, lacking(text.shown, text.codecs)[:8]))
    what = _(
        "{value} cannot be written in this character set, which lacks {letters}",
        value=short(text.shown), letters=letters,
    )  # fmt: skip
    cure = _(
        'SpecificCharacterSet = "ISO_IR 192", then read_write.save_safely, if this and all other '
        "text reads right"
    )
    if not rest_reads_well or "\ufffd" in text.shown:
        what = _("{value} is not what was written", value=short(text.shown))
        cure = _(
            "find out in which character set it was written, and read it in that one: "
            "read_write.read_in_set(path, codec); relabelled without that, it is lost"
        )
    return Finding(where=text.where, what=what, cure=cure, section=SECTION)


def _doubts(texts: Sequence[Entry]) -> Iterator[tuple[str, Finding]]:
    """Yield findings by place if all texts together read better in another character set."""
    shown = [text.shown for text in texts]
    odd, found = oddness(shown), []
    saved_wrongly = all(text.is_right for text in texts)
    for via in ("", "latin_1", "cp1252", "iso8859-5")[: 4 if saved_wrongly else 1]:
        with suppress(UnicodeError, LookupError):
            ways = [_stored(text, via) for text in texts]
            found += [(each, via) for each in readings(ways) if each.texts != shown]
    likely, via = min(found, key=lambda each: each[0].oddness, default=(None, ""))
    if likely is None or likely.oddness > READABLE or odd - likely.oddness < CLEARLY:
        return
    near = [each for each, way in found if way == via and each.oddness < likely.oddness + 0.05]
    for number, text in enumerate(texts):
        if likely.texts[number] != text.shown:
            yield text.where, _doubt(text, number, sorted(near)[:2], via)


def _stored(text: Entry, via: str) -> bytes:
    if via or text.stored is None:
        return text.shown.encode(via or text.read_in)
    return text.stored


def _doubt(text: Entry, number: int, likely: list[Guess], via: str) -> Finding:
    read = [
        _("{text!r} in {name}", text=short(each.texts[number]), name=each.name) for each in likely
    ]
    what = _(
        "{value!r} is probably in another character set: it reads as {readings}",
        value=short(text.shown), readings=_(" or as ").join(read),
    )  # fmt: skip
    codec = likely[0].sets[0] if len(likely[0].sets) == 1 else list(likely[0].sets)
    cure = _(
        "read_write.read_in_set(path, {codec!r}) reads the file anew in that set and labels it "
        "ISO_IR 192; relabelled without that, the text is lost",
        codec=codec,
    )
    if via:
        cure = _(
            "it was read wrongly and then saved: str(value).encode({via!r}).decode({codec!r}) "
            "gives back each text; the character set stays",
            via=via, codec=codec,
        )  # fmt: skip
    return Finding(where=text.where, what=what, cure=cure, section=SECTION)


def read_in_set(
    source: str | os.PathLike[str] | bytes, character_set: str | Sequence[str]
) -> Dataset:
    """Read a file whose (0008,0005) is wrong or missing: first the text, then the label.

    Parameters
    ----------
    source : str, path or bytes
        Name of a sample, path of a file, or its bytes.
    character_set : str or sequence of str
        The true set of its text: a codec of Python such as ``"cp1251"``, or Defined Terms such as
        ``["", "ISO 2022 IR 87"]``.

    Returns
    -------
    Dataset
        With all text decoded, in items too, and labelled ISO_IR 192, in which it can be saved.

    Raises
    ------
    LookupError, OSError
        If there is no such sample, file or character set.
    ReadingError
        If the file is not DICOM, or its text cannot be in that set.
    """
    terms = [character_set] if isinstance(character_set, str) else [*character_set]
    codecs = [charset.python_encoding.get(term, term) for term in terms]
    "".encode(codecs[-1])
    dataset = reading.read(reading.read_bytes(source))
    _read_items(dataset, codecs, "")
    dataset.SpecificCharacterSet = "ISO_IR 192"
    return dataset


def _read_items(dataset: Dataset, codecs: list[str], path: str) -> None:
    implicit, little = dataset.original_encoding
    dataset.set_original_encoding(implicit, little, codecs)
    for tag in list(dataset.keys()):
        stored, found = dataset.get_item(tag, keep_deferred=True), element(dataset, tag)
        if found is None:
            continue
        place = f"{path}{found.keyword or found.tag}"
        for number, item in enumerate(found.value or [] if found.VR == "SQ" else []):
            _read_items(item, codecs, f"{place}[{number}].")
        if found.VR in CUSTOMIZABLE_CHARSET_VR and isinstance(stored.value, bytes):
            try:
                decode(stored.value, codecs)
            except UnicodeError:
                sentence = _(
                    "{place} is not in the character set {name}. Try another one.",
                    place=place, name=", ".join(codecs),
                )  # fmt: skip
                raise reading.ReadingError(sentence) from None
    dataset.pop("SpecificCharacterSet", None)
