"""The web site that tests of pages share: built once, whatever the number of processes."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_tools.site import sources, write_site
from dicom_lessons.text import LANGUAGES

PATIENCE = 550  # seconds
PAGES = [f"{each}/{page}.html" for each in LANGUAGES for page in sources.pages(each)]
needs_sphinx = "needs pip install -e '.[site]'"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the site, without live lessons."""
    for name in ("sphinx", "myst_nb", "pydata_sphinx_theme", "latex2mathml"):
        if importlib.util.find_spec(name) is None:
            if os.environ.get("CI"):
                pytest.fail(needs_sphinx)
            pytest.skip(needs_sphinx)
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared
    folder, done = shared / "site", shared / "site-done"
    try:
        (shared / "site-begun").touch(exist_ok=False)
    except FileExistsError:
        for _wait in _until(done):
            time.sleep(0.2)
    else:
        try:
            assert [*write_site(folder)] == [folder / each / "index.html" for each in LANGUAGES]
        finally:
            done.touch()
    assert (folder / "index.html").is_file(), "the other process could not build it"
    return folder


def _until(done: Path) -> Iterator[None]:
    end = time.monotonic() + PATIENCE
    while not done.exists():
        if time.monotonic() > end:
            pytest.fail("the other process does not build the site")
        yield
