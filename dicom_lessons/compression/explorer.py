"""The transfer syntax comparator: one picture in many codings, its bytes and what it lost."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from ipywidgets import HTML, Checkbox, Dropdown, HBox, Layout, Select, VBox
from markupsafe import Markup
from numpy.typing import NDArray

from dicom_lessons import reading
from dicom_lessons.compression.codings import (
    Coding,
    codings_of,
    difference,
    time_decoding,
    time_encoding,
)
from dicom_lessons.compression.packages import decoders
from dicom_lessons.html import Page, render, table
from dicom_lessons.pixels import Window, stored_values
from dicom_lessons.pixels.display import default_voi, drawn
from dicom_lessons.pixels.image_pixel import is_colour
from dicom_lessons.pixels.modality_lut import modality_table, rescale
from dicom_lessons.text import N_, _
from dicom_lessons.viewer.pictures import picture_of
from dicom_lessons.widgets import Box

PICTURES = {
    "virtual/ct": N_("CT, virtual patient"),
    "virtual/cr": N_("radiograph, virtual patient"),
    "virtual/us_doppler": N_("ultrasound in colour, virtual patient"),
    "SC_rgb_rle": N_("files found: a card in colour"),
    "MR_small": N_("files found: an MR slice"),
}
# a pixel of the detail is 3 × 3 on the screen, and two pictures fit beside the list
SIDE, DETAIL = 324, 108
BRIGHTER, ROUNDS, WITHOUT_KERNEL = 8, 3, 3
_FIGURE = """\
<figure style="margin:0 1em 1em 0;max-width:{{ side }}px">{{ picture }}
<figcaption style="line-height:1.4">{{ caption }}</figcaption></figure>"""
_ROW = """\
<div style="display:flex;flex-wrap:wrap">
{% for figure in figures %}{{ figure }}{% endfor %}
</div>"""
_STATUS = """<p role="status" style="margin:0;line-height:1.4">{{ text }}</p>"""


def compare_transfer_syntaxes(
    source: reading.Source = "virtual/ct",
) -> TransferSyntaxComparator:
    """Compare one picture in all transfer syntaxes that can be made here.

    Parameters
    ----------
    source : str, path, bytes or Dataset
        Name of a sample, a file, or a data set; of several frames, the first is shown.
        ``"SC_rgb_rle"`` and ``"MR_small"`` stand for real files of one picture, found in many
        transfer syntaxes.

    Raises
    ------
    PixelError
        If the picture cannot be decoded.
    LookupError, OSError, ReadingError
        If there is no such sample or file, or it cannot be read.
    """
    return TransferSyntaxComparator(source)


class TransferSyntaxComparator(Box):
    """Choose a picture and a coding; beside the list, the picture and what it lost."""

    def __init__(self, source: reading.Source) -> None:
        self._given = source
        key = str(source) if isinstance(source, str | os.PathLike) else ""
        options = [(_(label), name) for name, label in PICTURES.items()]
        if key not in PICTURES:
            options.append((reading.name_of(source), key))
        style, narrow = {"description_width": "initial"}, Layout(width="27em")
        self.picture_choice = Dropdown(
            options=options, value=key, description=_("Picture:"), style=style, layout=narrow
        )
        self.coding_choice = Select(rows=14, description=_("Coding:"), style=style, layout=narrow)
        self.detail = Checkbox(description=_("Only the middle, enlarged"), indent=False)
        self.numbers, self.pictures = HTML(layout=Layout(overflow="auto")), HTML()
        self.numbers.add_class("jp-RenderedHTMLCommon")
        left = VBox([self.coding_choice, self.detail])
        parts = HBox([left, self.pictures, self.numbers]).add_class("dl-compared")
        super().__init__([self.picture_choice, parts])
        self.picture_choice.observe(self._choose_picture, "value")
        self.coding_choice.observe(self._show, "value")
        self.detail.observe(self._show, "value")
        self._open(source)

    def _choose_picture(self, change: dict[str, Any]) -> None:
        name = change["new"]
        self._open(name if name in PICTURES else self._given)

    def _open(self, source: reading.Source) -> None:
        self.codings = codings_of(source)
        self.view = View(self.codings[0])
        self._times: dict[int, tuple[str, str]] = {}
        self.coding_choice.unobserve(self._show, "value")
        self.coding_choice.options = [
            (_("{name}: {size} bytes", name=coding.name, size=coding.size), number)
            for number, coding in enumerate(self.codings)
        ]
        self.coding_choice.value = 0
        self.coding_choice.observe(self._show, "value")
        self._show({})

    def _show(self, change: dict[str, Any]) -> None:
        number = self.coding_choice.value
        coding = self.codings[number]
        self.pictures.value = render(_ROW, figures=self.view.figures(coding, self.detail.value))
        if number not in self._times:
            # the picture is there already while the clock runs
            self.numbers.value = _numbers(coding, (_("measuring…"), _("measuring…")))
            self._times[number] = self._measure(coding)
        self.numbers.value = _numbers(coding, self._times[number])

    def _measure(self, coding: Coding) -> tuple[str, str]:
        """Measure now, on this computer; a real file has only to be decoded."""
        if coding.reason:
            return "—", "—"
        encoding = "—"
        if coding.options is not None:
            encoding = _milliseconds(time_encoding(coding, self.codings[0].dataset, ROUNDS))
        return encoding, _milliseconds(time_decoding(coding.dataset, ROUNDS))

    def twin(self) -> Page:
        """Return a table of the codings, and the middle of the picture after some."""
        header, rows = _summary(self.codings)
        lines = ["; ".join(map(str, row)) for row in (header, *rows)]
        return Page(table(header, rows) + self._figures(), "\n".join(lines))

    def _figures(self) -> Markup:
        """Return the middle of the picture, as it was and after some lossy codings."""
        lossy = [coding for coding in self.codings if coding.largest_error]
        lossy.sort(key=lambda coding: coding.ratio)
        places = np.linspace(0, len(lossy) - 1, min(WITHOUT_KERNEL, len(lossy))).astype(int)
        shown = [self.codings[0], *(lossy[place] for place in places)]
        rows = [self.view.figures(coding, True) for coding in shown]
        rows[0] = rows[0][:1]
        return Markup("").join(render(_ROW, figures=figures) for figures in rows)


class View:
    """Pictures of codings, all with the window of the first."""

    def __init__(self, reference: Coding) -> None:
        dataset, self.stored = reference.dataset, stored_values(reference.dataset)
        self.voi = None
        width = float(2**dataset.BitsStored)
        if not is_colour(dataset):
            self.voi = default_voi(self.stored, dataset)
            width = float(self.stored.max()) - float(self.stored.min()) + 1
            if isinstance(self.voi, Window) and modality_table(dataset) is None:
                width = self.voi.width / abs(rescale(dataset)[0])
        self.white = max(math.ceil(width / BRIGHTER), 1)

    def figures(self, coding: Coding, detail: bool) -> list[Markup]:
        """Return the picture and its difference from the first as HTML, or why there is none."""
        if coding.reason:
            return [render(_STATUS, text=f"{coding.name}: {coding.reason}")]
        stored = stored_values(coding.dataset)
        shown = drawn(coding.dataset, self.voi, stored=stored)
        lost = difference(stored, self.stored)
        lost = lost.max(axis=-1) if lost.ndim == 3 else lost
        grey = np.minimum(lost * (255 / self.white) + 0.5, 255).astype(np.uint8)
        alt = _("The picture after: {name}", name=coding.name)
        return [
            _figure(shown, alt, render(_STATUS, text=_sentence(coding)), detail),
            _figure(grey, _("The difference"), self._difference(coding), detail),
        ]

    def _difference(self, coding: Coding) -> str:
        if coding.lossless:
            return _("No difference: every value is the same.")
        return _(
            "The difference, {factor} times as bright: black where values are equal, white where "
            "they differ by {white} or more.",
            factor=BRIGHTER,
            white=self.white,
        )


def _sentence(coding: Coding) -> str:
    """Say in one sentence what a coding weighs and loses."""
    values = {"name": coding.name, "size": coding.size, "ratio": f"{coding.ratio:.1f}"}
    if coding.lossless:
        return _("{name}: {size} bytes, {ratio} : 1, lossless.", **values)
    values["error"] = coding.largest_error or 0
    return _("{name}: {size} bytes, {ratio} : 1, lossy, values off by {error} at most.", **values)


def _figure(picture: NDArray[np.uint8], alt: str, caption: object, detail: bool) -> Markup:
    if detail:
        top, left = (max((size - DETAIL) // 2, 0) for size in picture.shape[:2])
        picture = picture[top : top + DETAIL, left : left + DETAIL]
    return render(_FIGURE, picture=picture_of(picture, alt, SIDE), caption=caption, side=SIDE)


def _milliseconds(number: float) -> str:
    return _("{number} ms on this computer", number=f"{number:.1f}")


def _numbers(coding: Coding, times: tuple[str, str]) -> Markup:
    header, (row,) = _summary([coding])
    (first, *named) = zip(header[:-1], row[:-1], strict=True)
    named += zip((_("Encoding"), _("Decoding")), times, strict=True)
    return table(first, [*named, (header[-1], _packages(coding))])


def _summary(codings: Sequence[Coding]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a table of codings, without times."""
    header = [_("Coding"), _("Transfer syntax"), _("Bytes"), _("Ratio"), _("Loss")]
    header += [_("Largest error"), _("Decoded here by")]
    return header, [
        [
            coding.name,
            f"{coding.transfer_syntax.name} ({coding.transfer_syntax})",
            str(coding.size),
            f"{coding.ratio:.1f}\N{NO-BREAK SPACE}:\N{NO-BREAK SPACE}1",
            _("lossless") if coding.lossless else _("lossy"),
            "—" if coding.largest_error is None else str(coding.largest_error),
            f"{coding.reason} {_packages(coding)}".strip(),
        ]
        for coding in codings
    ]


def _packages(coding: Coding) -> str:
    """Return the package that decodes it, or those that would if they were here."""
    packages = [str(package) for package in decoders(coding.transfer_syntax)]
    return ", ".join(packages if coding.reason else packages[:1])
