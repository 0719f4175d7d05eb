"""What every widget has by its base: it keeps its keys, and its static twin comes with it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest
from every_widget import EVERY_WIDGET
from IPython.core.interactiveshell import InteractiveShell

import dicom_lessons
from course_tools import lessons
from dicom_lessons.widgets import END_OF_NOTICE, VIEW, Box, KeepKeys, StaticTwin, Widget


def classes() -> set[type]:
    for module in pkgutil.walk_packages(dicom_lessons.__path__, "dicom_lessons."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, left = set(), [ipywidgets.Widget]
    while left:
        left += (below := left.pop().__subclasses__())
        found |= {one for one in below if one.__module__.startswith("dicom_lessons")}
    # for an object that gets further traits a class of its own is made, of the same name or another
    return {one for one in found if getattr(sys.modules[one.__module__], one.__name__, 0) is one}  # type: ignore[misc]


def test_every_widget_class_is_tried_in_a_browser() -> None:
    ours = {one for one in classes() if issubclass(one, StaticTwin)} - {Widget, Box}
    assert {one.__name__ for one in ours} == set(EVERY_WIDGET)
    assert all(issubclass(one, Widget | Box) for one in ours)


def test_every_script_keeps_the_keys() -> None:
    scripts = {one: str(vars(one)["_esm"]) for one in classes() - {KeepKeys} if "_esm" in vars(one)}
    assert scripts
    for one, script in scripts.items():
        assert script.count("export default { render: keeping(render) };") == 1, one
        assert script.count("export default") == 1, one


def test_the_style_of_one_widget_is_not_that_of_another() -> None:
    """All stand on one page: each rule of a style sheet, kit.css aside, names its own widget."""
    root = re.compile(r":where\((\.[\w-]+)\)|(\.[\w-]+)")
    for path in Path(dicom_lessons.__file__).parent.glob("*/*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        selectors = map(str.strip, re.findall(r"([^{}]+)\{", text))
        rules = [each for each in selectors if not each.startswith("@")]
        parts = [part.strip() for rule in rules for part in re.split(r",\n", rule)]
        first = {match[1] or match[2] if (match := root.match(part)) else part for part in parts}
        assert len(first) == 1, (path.name, first)


def test_no_widget_class_is_without_the_base() -> None:
    """Who makes a new widget takes `Widget` or `Box`, or a part of one with a script of its own."""
    for one in classes() - {KeepKeys, Widget, Box}:
        assert issubclass(one, StaticTwin) or "_esm" in vars(one), one


def test_the_live_widget_is_an_output_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    shell = SimpleNamespace(display_pub=SimpleNamespace(publish=sent.append))
    monkeypatch.setattr(InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr(InteractiveShell, "instance", lambda: shell)
    asked = dicom_lessons.quiz("structure-w1")
    left = asked._repr_mimebundle_()  # type: ignore[attr-defined]
    assert [list(output) for output in sent] == [[VIEW]]
    assert set(left) == {"text/html", "text/plain"}
    notice, twin = left["text/html"].split(END_OF_NOTICE)
    assert "run the cell" in notice
    assert "run the cell" not in twin

    output = {"output_type": "execute_result", "data": left}
    assert lessons._stored(output) == output
    assert output["data"]["text/html"] == twin
    assert lessons._stored({"output_type": "display_data", "data": sent[0]}) is None
