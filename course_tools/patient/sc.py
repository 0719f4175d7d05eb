"""Secondary capture: a photograph of a workstation's screen, the patient's name burned in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from course_tools.patient import blocks, identity
from course_tools.patient.ct import FIELD_OF_VIEW, LESION_SLICE, hounsfield
from course_tools.patient.organs import LESION_CENTRE
from course_tools.patient.pt import PIXEL, SIZE, uptake
from course_tools.patient.shapes import blur, sample

Picture = NDArray[np.floating[Any]]

ROWS, COLUMNS = 512, 768
_SHOWN = (44, 468)  # first and last CT column on the screen
# The colours of heat: black, purple, red, orange, yellow, white.
_HEAT = np.array(
    [(0, 0, 0), (60, 0, 110), (170, 20, 90), (235, 85, 20), (255, 190, 30), (255, 255, 225)], float
)


def _heat(level: Picture) -> Picture:
    place = np.clip(level, 0, 1) * (len(_HEAT) - 1)
    parts = [np.interp(place, np.arange(len(_HEAT)), _HEAT[:, part]) for part in range(3)]
    return np.stack(parts, axis=-1)


def _fused(size: int) -> Picture:
    """CT in grey and PET in the colours of heat over it, shape (size, size, 3)."""
    body = blur(hounsfield(LESION_SLICE, 512).astype(float), 0.7)
    places = np.linspace(*_SHOWN, size)
    grey = sample(body, places[:, None] - 14, places[None, :])
    grey = np.clip((grey + 125) / 425, 0, 1) * 255
    millimetres = (places - 255.5) * (FIELD_OF_VIEW / 512)
    columns = millimetres / PIXEL + (SIZE - 1) / 2
    rows = columns - 14 * (FIELD_OF_VIEW / 512) / PIXEL
    suv = sample(uptake(LESION_SLICE, 1), rows[:, None], columns[None, :])
    share = np.clip((suv - 0.9) / 3.5, 0, 0.85)[..., None]
    fused: Picture = grey[..., None] * (1 - share) + _heat(suv / 8) * share
    return fused


def _projection(height: int, width: int) -> Picture:
    """Brightest uptake along rays from front to back, dark on white, shape (height, width, 3)."""
    heights = np.arange(192.0, -153.0, -7.5)
    rows = np.stack([uptake(z, 50 + number).max(axis=0) for number, z in enumerate(heights)])
    row = np.linspace(0, len(heights) - 1, height)
    column = np.linspace(18, SIZE - 19, width)
    level = 255 - np.clip(sample(rows, row[:, None], column[None, :]) / 7, 0, 1) * 235
    return np.repeat(np.rint(level)[..., None], 3, axis=-1)


def write_text(canvas: Image.Image, place: tuple[int, int], text: str, colour: tuple[int, int, int],
          scale: int = 2) -> None:  # fmt: skip
    """Write with Pillow's built-in bitmap letters: the same bytes on every computer."""
    font = ImageFont.load_default_imagefont()
    _left, _top, right, bottom = font.getbbox(text)
    mask = Image.new("1", (int(right) + 1, int(bottom) + 1))
    ImageDraw.Draw(mask).text((0, 0), text, fill=1, font=font)
    mask = mask.resize((mask.width * scale, mask.height * scale), Image.Resampling.NEAREST)
    canvas.paste(Image.new("RGB", mask.size, colour), place, mask)


def screen() -> NDArray[np.uint8]:
    """Draw the screen, shape (512, 768, 3)."""
    picture = np.zeros((ROWS, COLUMNS, 3))
    picture[:, :] = (14, 16, 20)
    picture[64:448, 8:392] = _fused(384)
    picture[64:448, 408:760] = _projection(384, 352)
    bar = np.linspace(1, 0, 160)
    picture[176:336, 372:384] = _heat(bar)[:, None, :]
    # Few grey levels, as on a screen; they also compress well.
    canvas = Image.fromarray((np.rint(picture / 3) * 3).clip(0, 255).astype(np.uint8))
    visit = identity.STUDIES["pet-ct"]
    white, yellow, grey = (235, 235, 235), (255, 214, 60), (150, 158, 170)
    family, given, middle = identity.NAME_ASCII.split("^")
    write_text(canvas, (10, 6), f"{family.upper()}, {given} {middle}", white)
    person = f"ID {identity.PATIENT_ID}  born {_dashed(identity.BIRTH_DATE)}  {identity.SEX}"
    write_text(canvas, (10, 32), person, white)
    write_text(canvas, (500, 6), "PET/CT of the trunk", grey)
    write_text(
        canvas, (500, 32), f"{_dashed(visit.date)}  {visit.time[:2]}:{visit.time[2:4]}", grey
    )
    x, y = _lesion_place()
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((x - 26, y - 26, x + 26, y + 26), outline=yellow, width=2)
    draw.line((x - 8, y + 26, x - 24, y + 112), fill=yellow, width=2)
    write_text(canvas, (14, y + 114), f"SUV max {_greatest_uptake():.1f}", yellow)
    write_text(canvas, (10, 460), "Fused, axial", grey)
    write_text(canvas, (410, 460), "PET, maximum intensity", grey)
    write_text(canvas, (10, 486), "DICOM Lessons  Not for diagnosis", grey)
    return np.asarray(canvas)


def _dashed(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"


def _greatest_uptake() -> float:
    return float(uptake(LESION_SLICE, 1).max())


def _lesion_place() -> tuple[int, int]:
    """Column and row of the lesion on the screen."""
    scale = 383 / (_SHOWN[1] - _SHOWN[0])
    column = LESION_CENTRE[0] / (FIELD_OF_VIEW / 512) + 255.5
    row = (LESION_CENTRE[1] - 10) / (FIELD_OF_VIEW / 512) + 255.5 + 14
    return round(8 + (column - _SHOWN[0]) * scale), round(64 + (row - _SHOWN[0]) * scale)


def build_sc() -> Dataset:
    """Make the Secondary Capture object (modality OT)."""
    ds = blocks.start_object(
        "virtual/sc",
        SecondaryCaptureImageStorage,
        "OT",
        "pet-ct",
        series=(99, "Screen capture"),
        seconds=5400,
    )
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.ConversionType = "WSD"
    ds.BodyPartExamined = "CHEST"
    ds.BurnedInAnnotation = "YES"
    ds.PatientOrientation = ""
    blocks.add_pixels(ds, screen(), "RGB", bits_stored=8)
    return ds
