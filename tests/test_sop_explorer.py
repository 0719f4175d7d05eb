"""The SOP class explorer and the message sequence: tables, static twin, and the browser itself."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lab import Lab, close_sessions, jupyterlab, open_notebook, page, run_all
from pydicom import Dataset
from pydicom.uid import CTImageStorage, MRImageStorage, SecondaryCaptureImageStorage

from dicom_lessons import samples, sop
from dicom_lessons.sop.explorer import SOPClassExplorer, explore_sop_class
from dicom_lessons.sop.explorer_tables import attribute_table, lacking_table, module_table
from dicom_lessons.sop.sequence import draw_sequence
from dicom_lessons.text import set_language

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]

HOSTILE = '<img src=x onerror="document.title=1">'


def twin(explorer: SOPClassExplorer) -> dict[str, Any]:
    bundle: dict[str, Any] = explorer._repr_mimebundle_()
    return bundle


def hostile() -> Dataset:
    ct = samples.read("CT_small")
    ct.StudyDescription = ct.ImageComments = ct.PatientComments = HOSTILE
    return ct


@pytest.mark.parametrize("source", ["rtdose", samples.path("rtdose"), samples.read("rtdose")])
def test_a_file_is_opened_at_what_it_lacks(source: Any) -> None:
    explorer = explore_sop_class(source)
    assert explorer.iod.name == "RT Dose"
    assert explorer.module_choice.value == "rt-series"
    assert "Operators&#39; Name" in explorer.attributes.value
    assert "OperatorsName" in explorer.summary.value


def test_a_class_alone_shows_no_values() -> None:
    explorer = explore_sop_class("CTImageStorage")
    assert explorer.dataset is None
    assert explorer.file_choice.value == ""
    assert "In this file" not in explorer.attributes.value
    assert "25 modules, of these 11 mandatory" in explorer.summary.value


def test_choosing_a_class_a_file_and_a_module_follows() -> None:
    explorer = explore_sop_class("CT_small")
    explorer.class_choice.value = str(SecondaryCaptureImageStorage)
    assert explorer.file_choice.value == ""
    assert ("  U  General Equipment", "general-equipment") in explorer.module_choice.options
    explorer.file_choice.value = "virtual/sc"
    assert "lacks nothing" in explorer.summary.value
    explorer.module_choice.value = "sc-equipment"
    assert "Conversion Type" in explorer.attributes.value
    assert "Modality" not in explorer.attributes.value
    explorer.only_required.value = False
    assert "Modality" in explorer.attributes.value
    explorer.class_choice.value = str(MRImageStorage)
    assert explorer.iod.name == "MR Image"


def test_a_given_data_set_can_be_returned_to() -> None:
    ct = samples.read("CT_small")
    del ct.PatientID
    explorer = explore_sop_class(ct)
    name = explorer.file_choice.value
    explorer.file_choice.value = "CT_small"
    assert "lacks nothing" in explorer.summary.value
    explorer.file_choice.value = name
    assert "PatientID" in explorer.summary.value


@pytest.mark.parametrize("uid", sop.classes(), ids=lambda uid: uid.keyword)
def test_every_class_and_module_can_be_shown(uid: str) -> None:
    explorer = explore_sop_class(str(uid))
    for module in explorer.iod.modules:
        explorer.module_choice.value = module.key
        assert module.name in explorer.attributes.value


@pytest.mark.parametrize("name", samples.names(source="bundled")[::9])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_real_files_are_shown_whole_or_refused(name: str) -> None:
    try:
        explorer = explore_sop_class(name)
    except sop.SOPClassError as refusal:
        assert len(str(refusal).splitlines()) == 1
        return
    explorer.only_required.value = False
    for module in explorer.iod.modules:
        explorer.module_choice.value = module.key


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("no_meta", sop.SOPClassError),
        ("1.2.3", sop.SOPClassError),
        (Dataset(), sop.SOPClassError),
        (HOSTILE, LookupError),
        ("", LookupError),
    ],
)
def test_what_cannot_be_explored_is_refused_in_a_sentence(source: Any, error: Any) -> None:
    with pytest.raises(error):
        explore_sop_class(source)


def test_hostile_values_stay_text() -> None:
    explorer = explore_sop_class(hostile())
    explorer.only_required.value = False
    pages = [explorer.summary.value, twin(explorer)["text/html"]]
    for module in explorer.iod.modules:
        explorer.module_choice.value = module.key
        pages.append(explorer.attributes.value)
    assert not any("<img" in page for page in pages)
    assert any("&lt;img" in page for page in pages)
    named = lacking_table(hostile(), HOSTILE).markup
    assert "<img" not in named


def test_odd_elements_are_shown_in_words() -> None:
    ct = samples.read("CT_small")
    iod = sop.definition_of(ct)
    ct.PatientName = ""
    ct.PatientComments = "x" * 900
    text = attribute_table(iod.module("Patient"), ct).text
    assert "Patient's Name; (empty)" in text
    assert "x" * 48 + "…;" in text
    assert "Referenced Patient Sequence; — absent" in text
    ct.ReferencedPatientSequence = [Dataset()]
    assert "Sequence; 1 item" in attribute_table(iod.module("Patient"), ct).text
    assert "32768 bytes" in attribute_table(iod.module("Image Pixel"), ct).text


def test_the_static_twin_says_what_the_widget_says() -> None:
    explorer = explore_sop_class("rtdose")
    shown = twin(explorer)
    assert "application/vnd.jupyter.widget-view+json" in shown
    for kind in ("text/html", "text/plain"):
        assert "RT Dose IOD: 18 modules, of these 7 mandatory (M)." in shown[kind]
        assert "OperatorsName" in shown[kind]
    assert shown["text/html"].count("<table>") == 2
    assert len(re.findall("<tr>", shown["text/html"])) == 1 + 2 + 1 + 18
    assert twin(explore_sop_class("rtdose"))["text/html"] == shown["text/html"]


def test_all_of_it_speaks_russian() -> None:
    set_language("ru")
    explorer = explore_sop_class("rtdose")
    assert "отсутствует" in explorer.summary.value
    assert explorer.class_choice.description == "Класс SOP:"
    assert "C условный" in module_table(sop.definition(CTImageStorage)).text


# ---- the message sequence


def messages() -> list[sop.Message]:
    return [
        sop.Message("requestor", "A-ASSOCIATE-RQ", ("1: Verification", HOSTILE + "$x$" * 99)),
        sop.Message("acceptor", "A-ASSOCIATE-AC", ("1: accepted",)),
        sop.Message("requestor", "A-RELEASE-RQ"),
    ]


def drawn(sequence: list[sop.Message]) -> bytes:
    import matplotlib.pyplot as plt

    figure, buffer = draw_sequence(sequence), BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def test_the_same_exchange_gives_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert drawn(messages()) == drawn(messages())
    assert drawn(messages()) != drawn(messages()[:2])
    assert drawn([])


def test_every_message_is_an_arrow_with_its_name() -> None:
    import matplotlib.pyplot as plt

    figure = draw_sequence(messages())
    texts = [text.get_text() for text in figure.axes[0].texts]
    plt.close(figure)
    assert [text for text in texts if text.startswith("A-")] == [
        "A-ASSOCIATE-RQ",
        "A-ASSOCIATE-AC",
        "A-RELEASE-RQ",
    ]
    assert texts.count("") == 3
    assert max(map(len, texts)) < 100


# ---- in the browser


@pytest.fixture
def explored(page: Page, jupyterlab: Lab) -> Page:
    name = jupyterlab.write_notebook(
        "sop.ipynb",
        "from dicom_lessons import samples\n"
        "from dicom_lessons.sop.explorer import explore_sop_class",
        "ct = samples.read('CT_small')\n"
        f"ct.PatientID = {HOSTILE!r}\n"
        "del ct.PatientName\n"
        "explore_sop_class(ct)",
    )
    close_sessions(jupyterlab)
    open_notebook(page, jupyterlab, name)
    run_all(page)
    page.get_by_text("PatientName (0010,0010)").wait_for()
    return page


@pytest.mark.browser
def test_the_explorer_is_used_with_the_keyboard_alone(
    explored: Page, jupyterlab: Lab, tmp_path: Path
) -> None:
    explored.get_by_text("Patient ID", exact=True).wait_for()
    assert explored.locator("img[src=x]").count() == 0
    modules = explored.get_by_label("Module:")
    modules.focus()
    explored.keyboard.press("ArrowDown")
    explored.get_by_text("Clinical Trial Subject module").wait_for()
    explored.keyboard.press("End")
    explored.get_by_text("Common Instance Reference module").wait_for()
    explored.get_by_label("SOP class:").focus()
    explored.keyboard.type("Secondary")
    explored.get_by_text("Secondary Capture Image IOD: 26 modules").wait_for()
    explored.get_by_label("File:").select_option("virtual/sc")
    explored.get_by_text("virtual/sc lacks nothing").wait_for()
    close_sessions(jupyterlab)
    assert jupyterlab.outside == []
    assert explored.title() != "1"
