"""The viewer without a kernel: a page that goes on working, and the still picture in it."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dicom_lessons.html import render
from dicom_lessons.packing import in_text
from dicom_lessons.widgets import script

YELLOW = (255, 230, 0)
_HERE = Path(__file__).parent
_PARTS = ("picture", "state", "frames", "draw", "histogram", "panel", "page", "pointer", "keys")
SCRIPT = script(_HERE, *(f"{part}.js" for part in _PARTS), "viewer.js")
STYLE = (_HERE / "viewer.css").read_text(encoding="utf-8")
_TWIN = script(_HERE, *(f"{part}.js" for part in _PARTS), "viewer.js", "twin.js")
_NAME = f"dl-viewer-{zlib.crc32(_TWIN.encode()):08x}"
_FIGURE = (
    '<figure style="margin:0">{{ picture }}<figcaption>{% for one in sentences if one %}'
    "{{ one }}{% if not loop.last %}<br>{% endif %}{% endfor %}</figcaption></figure>"
)
_PAGE = """\
<{{ name }}>{{ picture }}
<script type="application/json">{{ data | tojson }}</script></{{ name }}>
<style>{{ style }}</style>
<script type="module">{{ script }}
openPages("{{ name }}");
</script>"""


def live(picture: Markup, data: dict[str, Any]) -> Markup:
    """Return the viewer as HTML that needs neither a kernel nor a network.

    The picture is seen where scripts do not run; the data are what the script needs.
    """
    parts = {"style": Markup(STYLE), "script": Markup(_TWIN)}
    return render(_PAGE, name=_NAME, picture=picture, data=in_text(data), **parts)


def still(picture: Markup, *sentences: str) -> Markup:
    """Return a picture, if there is one, with what there is to say below it."""
    return render(_FIGURE, picture=picture, sentences=sentences)


def with_overlay(picture: NDArray[np.uint8], overlay: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a picture in colour, with an overlay of its shape (rows, columns) in yellow."""
    colour = np.stack([picture] * 3, axis=-1) if picture.ndim == 2 else picture.copy()
    colour[overlay] = YELLOW
    return colour
