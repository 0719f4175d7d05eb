"""The modality gallery: a picture and the key elements of each modality, invented and real."""

from __future__ import annotations

from typing import Any

from ipywidgets import HTML, Dropdown, GridBox, Layout, ToggleButtons, VBox, Widget
from markupsafe import Markup
from pydicom import Dataset
from pydicom.datadict import dictionary_description
from pydicom.multival import MultiValue
from pydicom.tag import Tag
from pydicom.uid import UID

from dicom_lessons import samples
from dicom_lessons.html import Page, render, table
from dicom_lessons.modality.sop_classes import agreement
from dicom_lessons.modality.terms import judge, meaning
from dicom_lessons.pixels import PixelError
from dicom_lessons.pixels.display import drawn
from dicom_lessons.pixels.header import frames_of
from dicom_lessons.reading import read, value
from dicom_lessons.text import _, ngettext, short
from dicom_lessons.viewer import Viewer
from dicom_lessons.viewer.pictures import alt_of, picture_of
from dicom_lessons.widgets import Box

THUMBNAIL = 120
_EVERY = ("SOPClassUID", "Rows", "Columns", "NumberOfFrames", "PhotometricInterpretation")
_KEY = {
    "CT": ("KVP", "SliceThickness", "RescaleIntercept", "RescaleSlope"),
    "MR": ("ScanningSequence", "RepetitionTime", "EchoTime", "MagneticFieldStrength"),
    "US": ("BodyPartExamined", "SamplesPerPixel", "FrameTime"),
    "CR": ("BodyPartExamined", "ViewPosition", "PlateType", "ImagerPixelSpacing"),
    "DX": ("PresentationIntentType", "DetectorType", "BodyPartExamined", "ImagerPixelSpacing"),
    "MG": ("PresentationIntentType", "OrganExposed", "ImageLaterality", "CompressionForce"),
    "PT": ("Units", "CorrectedImage", "DecayCorrection", "RescaleSlope"),
    "XA": ("FrameTime", "ContrastBolusAgent", "PositionerPrimaryAngle", "KVP"),
    "OT": ("ConversionType", "SamplesPerPixel", "BurnedInAnnotation"),
}
SHOWN = tuple(_KEY)
_SOURCES = ("made", "bundled")
_FIRST = ("CT_small", "virtual/ct", "virtual/mr_t1", "virtual/us", "examples_jpeg2k")
_HEADING = """<h3 style="margin:0.3em 0">{{ code }}: {{ meaning }}</h3>"""
_CODE = """<strong>{{ code }}</strong><br>{{ meaning }}"""
_CELL = """{{ picture }}{% for line in lines %}<br>{{ line }}{% endfor %}"""


def explore_modalities() -> ModalityGallery:
    """Return the modality gallery; without a kernel, a page shows it as a table."""
    return ModalityGallery()


class ModalityGallery(Box):
    """One button per modality; below, the virtual patient beside the files of pydicom."""

    def __init__(self) -> None:
        self.buttons = ToggleButtons(
            options=list(SHOWN),
            description=_("Modality:"),
            tooltips=[meaning(code) for code in SHOWN],
            style={"button_width": "4em"},
        )
        self.heading = HTML()
        self.panels = tuple(Panel(source) for source in _SOURCES)
        self.buttons.observe(self._choose, "value")
        columns = "repeat(auto-fit, minmax(min(100%, 24em), 1fr))"
        boxes = [panel.box for panel in self.panels]
        row = GridBox(boxes, layout=Layout(grid_template_columns=columns, grid_gap="1em"))
        super().__init__([self.buttons, self.heading, row])
        self._choose({"new": SHOWN[0]})

    def _choose(self, change: dict[str, Any]) -> None:
        code = change["new"]
        self.heading.value = render(_HEADING, code=code, meaning=meaning(code))
        for panel in self.panels:
            panel.show_modality(code)

    def twin(self) -> Page:
        """Return a picture and the key elements of each modality."""
        header = [_("Modality"), *map(title_of, _SOURCES)]
        rows = [
            (
                render(_CODE, code=code, meaning=meaning(code)),
                *(_twin_cell(code, source) for source in _SOURCES),
            )
            for code in SHOWN
        ]
        markup = table(header, rows, _("Modality gallery"), row_headers=True)
        return Page(markup, "\n".join(f"{code}: {meaning(code)}" for code in SHOWN))


class Panel:
    """The samples of one source: a list to choose from, the viewer, its elements."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.files = Dropdown(
            description=_("File:"),
            layout=Layout(width="25em", max_width="100%"),
            style={"description_width": "initial"},
        )
        self.picture = VBox()
        self.elements = HTML()
        self.files.observe(self._open, "value")
        title = HTML(render('<h4 style="margin:0">{{ title }}</h4>', title=title_of(source)))
        self.box = VBox([title, self.files, self.picture, self.elements])
        self._open({"new": None})

    def show_modality(self, code: str) -> None:
        """List the files of one modality and show the first, or say that there is none."""
        names = names_of(code, self.source)
        self.files.options = names
        self.files.index = 0 if names else None
        self.files.layout.visibility = "visible" if names else "hidden"

    def _open(self, change: dict[str, Any]) -> None:
        name = change["new"]
        picture: Widget = _sentence(_("There is no file of this modality here."))
        elements = ""
        if name:
            elements = elements_table(read(name, stop_before_pixels=True), name)
            try:
                picture = Viewer(name)
            except PixelError as error:
                picture = _sentence(cannot_be_shown(error))
        before, self.picture.children = self.picture.children, (picture,)
        self.elements.value = elements
        for widget in before:
            widget.close()


def _sentence(text: str) -> HTML:
    return HTML(render("<p>{{ text }}</p>", text=text))


def cannot_be_shown(error: PixelError) -> str:
    """Return the sentence that stands for a picture."""
    return _("The pixels cannot be shown: {reason}.", reason=str(error).rstrip("."))


def title_of(source: str) -> str:
    """Return what a source of samples is called in the gallery."""
    return _("The virtual patient") if source == "made" else _("Files that come with pydicom")


def names_of(code: str, source: str) -> list[str]:
    """Return the names of the samples of a modality that have pixels, the most telling first."""
    found = [samples.get(name) for name in samples.names(modality=code, source=source)]
    found = [sample for sample in found if sample.rows and sample.columns]
    found.sort(key=lambda sample: (sample.name not in _FIRST, -sample.rows * sample.columns))
    return [sample.name for sample in found]


def elements_table(dataset: Dataset, name: str) -> Markup:
    """Return the key elements of an object as an HTML table; every value is text."""
    code = judge(value(dataset, "Modality")).code
    rows = _values(dataset, ("Modality", *_EVERY, *_KEY.get(code, ())))
    rows.append((_("Modality and SOP class"), agreement(dataset).sentence))
    return table([_("Element"), _("Value")], rows, name, row_headers=True)


def element_name(keyword: str) -> str:
    """Return the name and tag of an element as the standard writes them.

    >>> element_name("FrameTime")
    'Frame Time (0018,1063)'
    """
    tag = Tag(keyword)
    return f"{dictionary_description(tag)} {tag}"


def _values(dataset: Dataset, keywords: tuple[str, ...]) -> list[tuple[str, str]]:
    present = [keyword for keyword in keywords if keyword in dataset]
    return [(element_name(keyword), _value(dataset, keyword)) for keyword in present]


def _value(dataset: Dataset, keyword: str) -> str:
    found = value(dataset, keyword)
    if isinstance(found, bytes):  # they make no value: shown as they lie in the file
        return short(repr(found[:80]), 80)
    if isinstance(found, MultiValue):
        found = "\\".join(short(one, 80) for one in found[:20])
    return short(found.name if isinstance(found, UID) else found, 80)


def _twin_cell(code: str, source: str) -> str:
    names = names_of(code, source)
    if not names:
        return _("There is no file of this modality here.")
    dataset = read(names[0])
    try:
        frame = drawn(dataset, frame=frames_of(dataset) // 2)
        picture: str = picture_of(frame, alt_of(names[0]), THUMBNAIL)
    except PixelError as error:
        picture = cannot_be_shown(error)
    lines = [ngettext("{name}, {count} file", "{name}, {count} files", len(names), name=names[0])]
    for element, shown in _values(dataset, ("SOPClassUID", "NumberOfFrames", *_KEY[code])):
        lines.append(f"{element}: {shown}")
    return render(_CELL, picture=picture, lines=lines)
