"""The viewer without a kernel: a page that goes on working, and the still picture in it."""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dicom_lessons.html import render
from dicom_lessons.widgets import script

SIDE = 512
YELLOW = (255, 230, 0)
_HERE = Path(__file__).parent
_PARTS = ("picture", "state", "frames", "draw", "histogram", "panel", "page", "pointer", "keys")
SCRIPT = script(_HERE, *(f"{part}.js" for part in _PARTS), "viewer.js")
STYLE = (_HERE / "viewer.css").read_text(encoding="utf-8")
_TWIN = script(_HERE, *(f"{part}.js" for part in _PARTS), "viewer.js", "twin.js")
_NAME = f"dl-viewer-{zlib.crc32(_TWIN.encode()):08x}"
_LEVEL = 1  # of deflate: within a tenth as small as 6, in a third of the time
_PICTURE = (
    '<figure style="margin:0"><img alt="{{ alt }}" style="max-width:100%" '
    'width="{{ width }}" height="{{ height }}" src="data:image/png;base64,{{ data }}">'
    "<figcaption>{{ caption }}</figcaption></figure>"
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

    Parameters
    ----------
    picture : Markup
        What is seen where scripts do not run.
    data : dict
        The state, what concerns the viewer, and what concerns each frame.
    """
    style, script = Markup(STYLE), Markup(_TWIN)
    return render(
        _PAGE, name=_NAME, picture=picture, data=_in_text(data), style=style, script=script
    )


def _in_text(value: Any) -> Any:
    """Return a message with its binary parts deflated and in Base64."""
    if isinstance(value, bytes):
        return {"deflated": base64.b64encode(zlib.compress(value, _LEVEL)).decode()}
    if isinstance(value, dict):
        packed = {"pixels": _packed(value)} if value.get("kind", "f")[0] in "ui" else {}
        return packed | {key: _in_text(one) for key, one in value.items() if key not in packed}
    return [_in_text(one) for one in value] if isinstance(value, list) else value


def _packed(frame: dict[str, Any]) -> dict[str, Any]:
    """Return whole numbers as differences, their low bytes first: a third smaller, and sooner."""
    size = int(frame["kind"][1])
    steps = np.diff(np.frombuffer(frame["pixels"], f"<i{size}"), prepend=np.int8(0))
    small = (steps << 1) ^ (steps >> (8 * size - 1))  # the sign in the lowest bit
    deflate = zlib.compressobj(_LEVEL, strategy=zlib.Z_RLE)
    deflated = deflate.compress(small.view("u1").reshape(-1, size).T.tobytes()) + deflate.flush()
    return {"deflated": base64.b64encode(deflated).decode(), "size": size}


def with_overlay(picture: NDArray[np.uint8], overlay: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a picture in colour, with an overlay of its shape (rows, columns) in yellow."""
    colour = np.stack([picture] * 3, axis=-1) if picture.ndim == 2 else picture.copy()
    colour[overlay] = YELLOW
    return colour


def still(picture: NDArray[np.uint8], shape: tuple[float, float], alt: str, caption: str) -> Markup:
    """Return a picture with a caption as HTML.

    Parameters
    ----------
    picture : ndarray of uint8
        Shape (rows, columns) or (rows, columns, 3).
    shape : (float, float)
        Height and width of what it shows, in any unit; the longer is ``SIDE`` pixels on the page.
    alt, caption : str
        Said where the picture cannot be seen, and below it.
    """
    from PIL import Image

    image = Image.fromarray(picture)
    height, width = (max(1, round(side * SIDE / max(shape))) for side in shape)
    if image.width > width or image.height > height:
        image = image.resize((width, height), Image.Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=_LEVEL)
    data = base64.b64encode(file.getvalue()).decode()
    return render(_PICTURE, alt=alt, caption=caption, width=width, height=height, data=data)
