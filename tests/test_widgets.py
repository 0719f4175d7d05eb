"""What every widget has by its base: it keeps its keys, and its static twin comes with it."""

from __future__ import annotations

import importlib
import pkgutil
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
    return found


def test_every_widget_class_is_tried_in_a_browser() -> None:
    ours = {one for one in classes() if issubclass(one, StaticTwin)} - {Widget, Box}
    assert {one.__name__ for one in ours} == set(EVERY_WIDGET)
    assert all(issubclass(one, Widget | Box) for one in ours)


def test_every_script_keeps_the_keys() -> None:
    scripts = {one: str(one._esm) for one in classes() - {KeepKeys} if "_esm" in vars(one)}
    assert scripts
    for one, script in scripts.items():
        assert script.count("export default { render: keeping(render) };") == 1, one
        assert script.count("export default") == 1, one


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
