"""Explorer of lesson 05: what a careless and a careful download make of each fault of a server."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ipywidgets import HTML, Dropdown

from dicom_lessons import samples
from dicom_lessons.download.server import FAULTS, Faulty, serve
from dicom_lessons.fetching import DownloadError, fetch
from dicom_lessons.html import Page, table
from dicom_lessons.text import _
from dicom_lessons.widgets import Box


class FaultExplorer(Box):
    """A list of faults; the one that is chosen happens at once to two downloads."""

    def __init__(self, fault: str) -> None:
        choices = [(_("answers well"), ""), *((_(FAULTS[key][1]), key) for key in FAULTS)]
        self.faults = Dropdown(
            options=choices,
            value=fault,
            description=_("The server"),
            layout={"width": "40rem"},
            style={"description_width": "initial"},
        )
        self.outcome = HTML()
        self.faults.observe(self._show, "value")
        self._show()
        super().__init__([self.faults, self.outcome])

    def _show(self, _change: object = None) -> None:
        self.outcome.value = str(_outcome_page(self.faults.value).markup)

    def twin(self) -> Page:
        """Return what became of both downloads."""
        return _outcome_page(self.faults.value)


def explore_faults(fault: str = "") -> FaultExplorer:
    """Return a widget that lets a server on this computer fail in a way to be chosen.

    Parameters
    ----------
    fault : str
        Key of :data:`dicom_lessons.download.server.FAULTS` to begin with; without it the server
        answers well.
    """
    return FaultExplorer(fault)


@cache
def _outcome(download: Callable[[str, Path, bytes], object], fault: str) -> tuple[str, str]:
    """Let a download meet a fault, and return what it said and what is in its folder."""
    content = samples.path("CT_small").read_bytes()
    server = Faulty(content, (fault,) if fault else (), patience=1.5)
    with tempfile.TemporaryDirectory() as folder, serve(server) as address:
        try:
            download(f"{address}CT_small.dcm", Path(folder), content)
            report = _("no error")
        except DownloadError as error:
            report = error.reason
        except OSError as error:
            report = type(error).__name__
        files = [path.read_bytes() for path in Path(folder).iterdir()]
    if server.waited:
        report = _("{said}; it waited until the server gave up", said=report)
    if not files:
        return report, _("nothing")
    wrong = _("wrong: {count} bytes", count=len(files[0]))
    return report, _("the right file") if files == [content] else wrong


def _careless(address: str, folder: Path, _content: bytes) -> None:
    import requests

    with requests.get(address, stream=True) as response:
        response.raise_for_status()
        with (folder / "CT_small.dcm").open("wb") as file:
            for chunk in response.iter_content(chunk_size=8192):
                file.write(chunk)


def _careful(address: str, folder: Path, content: bytes) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    fetch(address, folder, size=len(content), sha256=sha256, timeout=0.7, deadline=1.0)


def _outcome_page(fault: str) -> Page:
    rows = [
        (_("the careless code"), *_outcome(_careless, fault)),
        (_("the finished fetch"), *_outcome(_careful, fault)),
    ]
    header = (_("Download"), _("What it says"), _("What lies in the folder"))
    does = _(FAULTS[fault][1]) if fault else _("answers well")
    caption = _("The server {does}.", does=does)
    text = "\n".join([caption, *(" | ".join(row) for row in rows)])
    return Page(table(header, rows, caption), text)
