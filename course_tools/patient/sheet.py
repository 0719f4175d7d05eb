"""An image sheet: one small picture of every file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_windowing

from course_tools.patient.sc import write_text

TILE, LABEL, COLUMNS = 236, 26, 5


def stored_pixels(ds: Dataset) -> NDArray[np.generic]:
    """Read the pixels of an object that was just built and not yet compressed."""
    samples = np.frombuffer(ds.PixelData, np.uint8 if ds.BitsAllocated == 8 else np.dtype("<u2"))
    shape = [int(ds.get("NumberOfFrames", 1)), ds.Rows, ds.Columns, ds.SamplesPerPixel]
    return samples[: int(np.prod(shape))].reshape(shape)


def thumbnail(ds: Dataset) -> Image.Image:
    """Draw a small picture of an uncompressed object, as its own window shows it."""
    frames = stored_pixels(ds)
    frame = frames[len(frames) * 5 // 8]
    if ds.SamplesPerPixel == 1:
        frame = frame[..., 0]
        if "WindowCenter" in ds:
            shown = apply_windowing(apply_modality_lut(frame, ds), ds).astype(float)
            low, high = _range_of_window(ds)
            frame = np.rint(np.clip((shown - low) / (high - low), 0, 1) * 255).astype(np.uint8)
        if ds.PhotometricInterpretation == "MONOCHROME1":
            frame = 255 - frame
    picture = Image.fromarray(np.ascontiguousarray(frame)).convert("RGB")
    scale = TILE / max(picture.size)
    size = round(picture.width * scale), round(picture.height * scale)
    return picture.resize(size, Image.Resampling.LANCZOS)


def _range_of_window(ds: Dataset) -> tuple[float, float]:
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    return intercept, intercept + slope * (2**ds.BitsStored - 1)


def write_sheet(pictures: list[tuple[str, Image.Image]], path: Path) -> None:
    """Lay small pictures out in rows, each with its name under it, and write a PNG."""
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new(
        "RGB", (COLUMNS * (TILE + 8) + 8, rows * (TILE + LABEL + 8) + 8), (18, 20, 24)
    )
    for number, (name, picture) in enumerate(pictures):
        left = 8 + number % COLUMNS * (TILE + 8)
        top = 8 + number // COLUMNS * (TILE + LABEL + 8)
        place = (left + (TILE - picture.width) // 2, top + (TILE - picture.height) // 2)
        sheet.paste(picture, place)
        write_text(sheet, (left, top + TILE + 2), name.split("/")[1], (230, 230, 230))
    sheet.quantize(palette=_palette(), dither=Image.Dither.NONE).save(path, optimize=True)


def _palette() -> Image.Image:
    """Greys first, since most pictures have no others, then an even choice of colours."""
    greys = [
        (level, level, level) for level in np.linspace(0, 255, 131).round().astype(int).tolist()
    ]
    steps = np.linspace(0, 255, 5).round().astype(int).tolist()
    colours = [(red, green, blue) for red in steps for green in steps for blue in steps]
    holder = Image.new("P", (1, 1))
    holder.putpalette([part for colour in greys + colours for part in colour])
    return holder
