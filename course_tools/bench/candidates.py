"""The viewers that are measured, as the cells of a notebook in which one would write them.

Each shows the picture 512 pixels high, so that all have as many pixels to draw, and each is moved
by its own control: the picture itself where it can be dragged, otherwise a slider.
"""

from __future__ import annotations

from dataclasses import dataclass

CT, RADIOGRAPH, VOLUME = "CT 512 × 512", "radiograph 2500 × 2048", "volume 512 × 512 × 100"
PICTURES = (CT, RADIOGRAPH, VOLUME)
PLANES = "volume 160 × 160 × 160 in three planes"
STEPPED = (VOLUME, PLANES)
"""What is gone through picture by picture."""
SLIDER = ".noUi-handle"


@dataclass(frozen=True)
class Candidate:
    """One viewer."""

    name: str  # how it is called in the report
    picture: str  # selector of what is looked at
    control: str  # selector of what the mouse takes hold of
    cells: dict[str, tuple[str, str]]  # by picture: a cell that prepares, and the one measured
    needs: str | None = None  # the package that it is in
    has_keys: bool = False  # whether the key Page Up goes back through a volume


START = """\
%matplotlib inline
from pathlib import Path
import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import HTML
from pydicom import dcmread
from pydicom.pixels.processing import apply_modality_lut
from course_tools.bench import pictures
from dicom_lessons.viewer import view_image
def slider(value, low, high):
    return ipywidgets.IntSlider(value, low, high, layout=ipywidgets.Layout(width="600px"))
"""
GET = {
    CT: START + "ct = pictures.ct()\n",
    RADIOGRAPH: START + "values = pictures.noise(*pictures.RADIOGRAPH)\n",
    VOLUME: START + "values = pictures.noise(*pictures.VOLUME)\n",
    PLANES: START
    + """\
import numpy
from dicom_lessons.volume import explore_planes
from dicom_lessons.volume.stack import Volume
values = pictures.noise(160, 160, 160)
volume = Volume(values, numpy.eye(4)[[2, 1, 0, 3]], "", "", ())
""",
}
READ = "dataset = dcmread(ct)\nvalues = apply_modality_lut(dataset.pixel_array, dataset)\n"
FIGURE = """\
figure = plt.figure(figsize=(5.12 * values.shape[-1] / values.shape[-2], 5.12))
axes = figure.add_axes((0, 0, 1, 1))
axes.set_axis_off()
"""
# Half the window's width; the slider's first value, its least and its greatest.
WINDOWS = {CT: (200, "40, 0, 500"), RADIOGRAPH: (2000, "2000, 1900, 2900")}


def _interact(name: str) -> str:
    half, numbers = WINDOWS[name]
    shown = f"values, cmap='gray', vmin=center - {half}, vmax=center + {half}"
    return _shown_by("center", shown, numbers)


def _shown_by(name: str, shown: str, numbers: str) -> str:
    body = "".join(f"    {line}\n" for line in FIGURE.splitlines())
    return (
        f"def show({name}):\n{body}    axes.imshow({shown})\n    plt.show()\n"
        f"ipywidgets.interact(show, {name}=slider({numbers}))\nNone"
    )


def _ipympl(name: str) -> str:
    half, numbers = WINDOWS[name]
    return f"""\
plt.ioff()
{FIGURE}
figure.canvas.header_visible = figure.canvas.toolbar_visible = False
image = axes.imshow(values, cmap="gray")
control = slider({numbers})
def change(_change):
    image.set_clim(control.value - {half}, control.value + {half})
    figure.canvas.draw_idle()
change(None)
control.observe(change, "value")
ipywidgets.VBox([control, figure.canvas])"""


def _niivue(low: int, high: int) -> str:
    return f"""\
niivue = NiiVue(height=512, drag_mode_primary=DragMode.WINDOWING, crosshair_width=0)
niivue.set_slice_type(SliceType.AXIAL)
niivue.scene.crosshair_pos = (0.5, 0.5, 0)
niivue.load_volumes([Volume(path="values.nii", cal_min={low}, cal_max={high})])
ipywidgets.VBox([niivue], layout=ipywidgets.Layout(width="512px"))"""


NIFTI = """\
from ipyniivue import DragMode, NiiVue, SliceType, Volume
pictures.write_nifti(Path("values.nii"), values)
"""
# Nothing can be quicker in this browser: a canvas that changes its colours at every event.
CANVAS = """\
HTML('''<canvas class="floor" width="512" height="512" tabindex="0"></canvas><script>{
const canvases = document.querySelectorAll(".floor"), canvas = canvases[canvases.length - 1];
const pen = canvas.getContext("2d");
let count = 0;
const draw = (event) => {
  event?.preventDefault();
  count += 1;
  [0, 128].forEach((green, i) => {
    pen.fillStyle = `rgb(${count % 256} ${green} 0)`;
    pen.fillRect(0, 256 * i, 512, 256);
  });
};
canvas.addEventListener("pointermove", draw);
canvas.addEventListener("wheel", draw);
canvas.addEventListener("keydown", draw);
draw(); }</script>''')"""

OURS = Candidate(
    "view_image",
    ".dl-stage canvas",
    ".dl-stage",
    {name: (get, f"view_image({'ct' if name == CT else 'values'})") for name, get in GET.items()},
    has_keys=True,
)
INTERACT = Candidate(
    "interact + imshow",
    "img",
    SLIDER,
    {
        CT: (GET[CT], READ + _interact(CT)),
        RADIOGRAPH: (GET[RADIOGRAPH], _interact(RADIOGRAPH)),
        VOLUME: (
            GET[VOLUME],
            _shown_by("number", "values[number], cmap='gray', vmin=0, vmax=4095", "0, 0, 99"),
        ),
    },
)
IPYMPL = Candidate(
    "ipympl, set_clim by a slider",
    ".jupyter-matplotlib canvas",
    SLIDER,
    {
        CT: (GET[CT] + "%matplotlib widget\n", READ + _ipympl(CT)),
        RADIOGRAPH: (GET[RADIOGRAPH] + "%matplotlib widget\n", _ipympl(RADIOGRAPH)),
    },
    needs="ipympl",
)
NIIVUE = Candidate(
    "ipyniivue, drag mode windowing",
    "canvas",
    "canvas",
    {
        CT: (GET[CT] + READ + "values = values.astype('int16')\n" + NIFTI, _niivue(-160, 240)),
        RADIOGRAPH: (GET[RADIOGRAPH] + NIFTI, _niivue(0, 4095)),
        VOLUME: (GET[VOLUME] + NIFTI, _niivue(0, 4095)),
    },
    needs="ipyniivue",
)
FLOOR = Candidate(
    "a bare canvas (the floor)",
    ".floor",
    ".floor",
    {name: (START, CANVAS) for name in GET},
    has_keys=True,
)
# each plane has as many pictures of as many pixels as the viewer beside it
IN_PLANES = tuple(
    Candidate(
        f"explore_planes, {name}",
        f".widget-hbox > :nth-child({number}) .dl-stage canvas",
        f".widget-hbox > :nth-child({number}) .dl-stage",
        {PLANES: (GET[PLANES], "explore_planes(volume, 2000, 4000)")},
        has_keys=True,
    )
    for number, name in enumerate(("axial", "coronal", "sagittal"), 1)
)
EVERY = (OURS, INTERACT, IPYMPL, NIIVUE, FLOOR)
