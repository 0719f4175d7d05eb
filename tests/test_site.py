"""The readable site: whole in both languages, alone in the world, and silent about answers."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from lesson_files import cells, source
from pages import PAGES

from course_tools import lessons
from course_tools.site import chart, links, live_address, questions, sitting, sources, write_site
from dicom_lessons.exercises.kinds import Choice, Prediction
from dicom_lessons.exercises.lessons import find, sittings
from dicom_lessons.text import LANGUAGES, set_language

EVERY = [name for names in sittings().values() for name in names]
JUDGED = [name for name in EVERY if questions.is_judged_here(name)]
LARGEST_PAGE = 400_000
LARGEST_SITE = 40_000_000
_LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Reader(HTMLParser):
    """Collects what a page loads, where its links lead, and what it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.names: set[str] = set()
        self.words: list[str] = []
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        have = dict(attributes)
        self._silent += tag in ("script", "style")
        if tag == "link" and have.get("rel") not in ("stylesheet", "icon", "preload"):
            return
        if tag in _LOADS and have.get(_LOADS[tag]):
            self.loads.append(str(have[_LOADS[tag]]))
        if tag == "a" and have.get("href"):
            self.leads.append(str(have["href"]))
        self.names.update(str(have[key]) for key in ("id", "name") if have.get(key))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(site: Path, page: str) -> Reader:
    return Reader((site / page).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def readers(site: Path) -> dict[str, Reader]:
    return {page: read(site, page) for page in PAGES}


def test_every_page_exists_in_both_languages_and_no_other(site: Path) -> None:
    found = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert found == {"index.html", *PAGES}
    for language in LANGUAGES:
        for path in lessons.notebooks(language):
            assert f"{language}/{path.stem}.html" in found
            copy = site / language / "notebooks" / path.name
            assert copy.read_bytes() == path.read_bytes()


def test_nothing_is_loaded_from_elsewhere_and_all_that_is_loaded_is_there(
    site: Path, readers: dict[str, Reader]
) -> None:
    for page, reader in readers.items():
        assert reader.loads, page
        for address in reader.loads:
            assert not re.match(r"\w+:|//", address), (page, address)
            assert ((site / page).parent / address.partition("?")[0]).exists(), (page, address)
    for path in [*site.rglob("*.css")]:
        outside = re.findall(
            r"(?:url\(|@import )[\"']?(?:https?:)?//[^)\"']+", path.read_text("utf-8")
        )
        assert not outside, path


def test_every_internal_link_leads_to_a_place(readers: dict[str, Reader], site: Path) -> None:
    dead = []
    for page, reader in readers.items():
        for link in reader.leads:
            address, _hash, anchor = link.partition("#")
            if re.match(r"\w+:", link):
                continue
            target = ((site / page).parent / address).resolve() if address else site / page
            if target.is_dir():
                target /= "index.html"
            name = target.relative_to(site).as_posix() if target.is_relative_to(site) else ""
            if name not in readers:
                dead += [] if target.is_file() else [(page, link)]
            elif anchor and anchor not in readers[name].names:
                dead.append((page, link))
    assert dead == []


def test_pages_are_in_their_language_and_lead_to_the_other(site: Path) -> None:
    for page in PAGES:
        own, _slash, rest = page.partition("/")
        other = "ru" if own == "en" else "en"
        text = (site / page).read_text(encoding="utf-8")
        assert re.search(rf'<html[^>]* lang="{own}"', text)
        switch = re.search(r'<a class="[^"]*site-language"[^>]*href="([^"]+)" lang="(\w+)"', text)
        assert switch and switch[2] == other
        assert ((site / page).parent / switch[1]).resolve() == site / other / rest
        assert f'hreflang="{other}"' in text
    assert "в этом разделе" in (site / "ru" / "01a_elements.html").read_text("utf-8").lower()


def test_formulas_are_read_without_a_script(site: Path) -> None:
    for language in LANGUAGES:
        text = (site / language / "07b_window.html").read_text(encoding="utf-8")
        assert text.count("<math") >= 5 and "\\frac" not in text
    assert not list(site.rglob("*athjax*"))


def test_pages_and_site_are_small(site: Path) -> None:
    for page in PAGES:
        assert (site / page).stat().st_size < LARGEST_PAGE, page
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < LARGEST_SITE
    assert not [*site.rglob("*.map")]


def test_a_viewer_is_mounted_without_the_widget_manager(site: Path) -> None:
    for page in ("en/index.html", "ru/index.html", "en/00a_recognise_dicom.html"):
        text = (site / page).read_text(encoding="utf-8")
        name = re.search(r"<(dl-viewer-\w+)>", text)
        assert name
        assert f'<script type="module" src="_static/{name[1]}.js">' in text
        folder = (site / page).parent / "_static"
        assert f'openPages("{name[1]}")' in (folder / f"{name[1]}.js").read_text("utf-8")
        assert "html-manager" not in text and "require.js" not in text
        assert "data:image" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_results_that_settle_a_prediction_are_folded(site: Path, language: str) -> None:
    for path in lessons.notebooks(language):
        folded = [
            cell
            for cell in cells(path, "code")
            if cell["metadata"].get("jupyter", {}).get("outputs_hidden") and cell["outputs"]
        ]
        page = (site / language / f"{path.stem}.html").read_text(encoding="utf-8")
        assert page.count("<details") >= len(folded) - _only_told(folded)
        assert "<details open" not in page


def _only_told(folded: list[dict[str, Any]]) -> int:
    """Count the cells of which nothing is left but a question that the page asks itself."""
    return sum(bool(re.fullmatch(r"\s*compare\(.*\)\s*", source(cell))) for cell in folded)


def test_no_kernel_speaks_where_the_page_answers(readers: dict[str, Reader]) -> None:
    for page, reader in readers.items():
        if not re.search(r"/\d\d[a-z]_", page):
            continue
        for said in ("instead of the three dots", "вместо трёх точек", "two cells above"):
            outputs = reader.text.replace("Write your guess instead of the three dots", "")
            assert f"What do you expect? Write it {said}" not in outputs, page
        assert "No answer yet" not in reader.text, page


# ---- questions


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_question_of_a_sitting_stands_on_its_page(site: Path, language: str) -> None:
    for path in lessons.notebooks(language):
        code = "\n".join(source(cell) for cell in cells(path, "code"))
        asked = re.findall(r'^(?:predict|quiz|check)\("([^"]+)"', code, flags=re.M)
        page = (site / language / f"{path.stem}.html").read_text(encoding="utf-8")
        assert re.findall(r'data-question="([^"]+)"', page) == asked
        compared = re.findall(r'^compare\("([^"]+)"', code, flags=re.M)
        assert re.findall(r'data-compare="([^"]+)"', page) == compared


def data_of(markup: str) -> dict[str, Any]:
    stored = re.search(r'<script type="application/json">([^<]+)</script>', markup)
    assert stored
    data: dict[str, Any] = json.loads(base64.b64decode(stored[1]))
    return data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", JUDGED)
def test_no_answer_is_in_sight(name: str, language: str) -> None:
    set_language(language)
    exercise, markup = find(name), str(questions.asked(name))
    data = data_of(markup)
    for said in _reasons(data):
        words = said.partition(". ")[2] or said
        assert words not in markup
    assert exercise.solution not in markup
    assert "checked" not in markup and "data-right" not in markup
    assert "\n\n" not in markup


def _reasons(data: dict[str, Any]) -> list[str]:
    answers = data["answers"]
    return [said for _right, said in (answers if isinstance(answers, list) else answers.values())]


@pytest.mark.parametrize("name", [one for one in EVERY if isinstance(find(one), Choice)])
def test_options_are_judged_as_python_judges_them(name: str) -> None:
    exercise = find(name)
    assert isinstance(exercise, Choice)
    data = data_of(str(questions.asked(name)))
    assert len(data["answers"]) == len(exercise.options)
    assert sum(right for right, _said in data["answers"]) == len(exercise.models)
    for letter, (right, said) in zip("abcdefghijkl", data["answers"], strict=False):
        verdict = exercise.judge(letter)
        assert right == bool(verdict.right)
        assert said.endswith(verdict.why)
    markup = str(questions.asked(name))
    assert markup.count('type="radio"') == len(exercise.options)


def test_all_choices_and_predictions_are_judged_on_the_page() -> None:
    left = [
        name for name in EVERY if isinstance(find(name), Choice | Prediction) and name not in JUDGED
    ]
    assert left == []
    assert len(JUDGED) > 120


def test_what_needs_python_says_so_and_leads_there_if_there_is_somewhere_to_go() -> None:
    name = next(one for one in EVERY if one not in JUDGED)
    live = "../live/notebooks/index.html?path=en/x.ipynb"
    with_live = questions.needs_python(name, live, "n/x.ipynb")
    assert "This exercise needs Python." in with_live and live in with_live
    without = questions.needs_python(name, "", "n/x.ipynb")
    assert "Run it live" not in without and 'href="n/x.ipynb"' in without
    assert data_of(str(without))["hints"][0].startswith("Hint 1 of 3: ")
    assert find(name).solution not in without


def test_a_question_that_the_text_asks_is_not_seen_twice() -> None:
    exercise = find("meet_dicom-1")
    assert 'class="visually-hidden"' in questions.asked("meet_dicom-1", exercise.question)
    assert 'class="visually-hidden"' not in questions.asked("meet_dicom-1", "something else")


# ---- notebooks become pages


def page_of(name: str, static: Path, language: str = "en", live: str = "") -> list[str]:
    (path,) = (lessons.NOTEBOOKS / language).glob(f"{name}_*.ipynb")
    set_language(language)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    page = sitting.Sitting(path, static, live).page(notebook)
    return [source(cell) for cell in page["cells"]]


def test_options_stand_once_and_nobody_is_told_to_run_a_cell_for_a_hint(tmp_path: Path) -> None:
    text = "\n".join(page_of("00a", tmp_path))
    assert text.count("Objects, services, encoding, network, media and security.") == 1
    assert "hint(" not in text and "Write the letter in quotes" not in text
    assert "answer = ..." not in text and "predict(" not in text
    assert "four_bytes = ..." in text, "what needs Python stays"
    russian = "\n".join(page_of("00a", tmp_path, "ru"))
    assert "hint(" not in russian and "Впишите букву" not in russian


def test_code_beside_a_comparison_stays(tmp_path: Path) -> None:
    text = "\n".join(page_of("02a", tmp_path))
    assert "from pydicom.uid import UID" in text and "compare(" not in text


def test_the_live_lesson_is_one_click_away(tmp_path: Path) -> None:
    live = "../live/notebooks/index.html?path=en/00a_recognise_dicom.ipynb"
    assert page_of("00a", tmp_path, live=live)[1].count(live) == 1
    assert live_address(lessons.NOTEBOOKS / "en" / "00a_recognise_dicom.ipynb") == live[3:]
    assert "notebooks/index.html" not in "".join(page_of("00a", tmp_path))


@pytest.mark.parametrize("live", [True, False])
def test_pages_lead_to_live_lessons_if_there_are_any(tmp_path: Path, live: bool) -> None:
    sources.write_sources(tmp_path / "pages", "ru", live=live)
    for path in lessons.notebooks("ru"):
        page = (tmp_path / "pages" / path.name).read_text(encoding="utf-8")
        assert (f"../{live_address(path)}" in page) == live
    home = (tmp_path / "pages" / "index.md").read_text(encoding="utf-8")
    assert ("../live/notebooks/index.html?path=ru/00a_recognise_dicom.ipynb" in home) == live


def test_pictures_lie_apart(tmp_path: Path) -> None:
    made = sitting.Sitting(Path("en/x.ipynb"), tmp_path)
    assert made.apart('<img src="data:image/png;base64,AAAA">').startswith('<img src="_static/')
    (picture,) = tmp_path.iterdir()
    assert picture.read_bytes() == b"\0\0\0" and picture.suffix == ".png"
    viewer = '<dl-x>a</dl-x>\n<style>p{}</style>\n<script type="module">run()\n</script>'
    assert "run()" not in made.apart(viewer) and "p{}" not in made.apart(viewer)
    assert (tmp_path / "dl-x.js").read_text() == "run()\n"


# ---- links


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[a](en/00a_recognise_dicom.ipynb)", "[a](00a_recognise_dicom.ipynb)"),
        ("[a](../map.md)", "[a](map.md)"),
        ("[`a`](notebooks/en/01a_elements.ipynb#Two-kinds)", "[`a`](01a_elements.ipynb#two-kinds)"),
        (
            "[a](notebooks/ru/01a_elements.ipynb)",
            '<a href="../ru/01a_elements.html" lang="ru">a</a>',
        ),
        ("[a](README.md#start-one-line)", "[a](install.md)"),
        ("[a](README.md#the-lessons)", "[a](sittings.md)"),
        ("[a](README.ru.md)", '<a href="../ru/index.html" lang="ru">a</a>'),
        ("[a](https://example.org/en/x.ipynb)", "[a](https://example.org/en/x.ipynb)"),
        ("[a](#here)", "[a](#here)"),
        ("![a](picture.png)", "![a](picture.png)"),
        ("```\n[a](../map.md)\n```", "```\n[a](../map.md)\n```"),
    ],
)
def test_links_lead_from_page_to_page(text: str, expected: str) -> None:
    assert links.rewritten(text, "en") == expected


def test_what_the_site_does_not_hold_is_a_link_only_if_the_repository_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "repository", lambda: "")
    assert links.rewritten("see [the licence](LICENSE)", "en") == "see the licence"
    monkeypatch.setattr(links, "repository", lambda: "https://example.org/course")
    expected = "[the licence](https://example.org/course/blob/main/LICENSE)"
    assert links.rewritten("[the licence](LICENSE)", "en") == expected


# ---- documents


def test_the_map_is_drawn_with_each_sitting_right_of_what_it_rests_on(site: Path) -> None:
    for language in LANGUAGES:
        every = {box.number: box for box in chart.boxes(sources.document("map", language))}
        assert len(every) == len(lessons.notebooks(language))
        assert len({(box.x, box.y) for box in every.values()}) == len(every)
        for box in every.values():
            assert all(every[need].x < box.x for need in box.needs), box
        page = (site / language / "map.html").read_text(encoding="utf-8")
        assert page.count("<rect") == len(every)


def test_the_glossary_holds_every_term_in_the_order_of_its_language(site: Path) -> None:
    text = (lessons.NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
    count = len(re.findall(r"^\| (?!English)\w", text, flags=re.M))
    for language in LANGUAGES:
        page = (site / language / "glossary.html").read_text(encoding="utf-8")
        terms = re.findall(r'<tr class="row-(?:odd|even)"><td><p>(.*?)</p>', page)
        assert len(terms) == count


def test_sections_are_told_from_comments_in_programs() -> None:
    parts = sources.sections("# T\nlead\n## A\n```\n## no\n```\n## B\n")
    assert parts == ["# T\nlead\n", "## A\n```\n## no\n```\n", "## B\n"]


def test_how_to_cite_says_what_the_file_says(site: Path) -> None:
    version = re.search(
        r"^version: (.+)$", (lessons.ROOT / "CITATION.cff").read_text("utf-8"), re.M
    )
    assert version
    for language in LANGUAGES:
        page = read(site, f"{language}/cite.html").text
        assert version[1] in page and "@software" in page
        assert (site / language / "CITATION.cff").is_file()


def test_each_name_of_a_face_is_documented(site: Path) -> None:
    import importlib

    for face in sources.FACES:
        page = (site / "en" / "api" / f"{face}.html").read_text(encoding="utf-8")
        for name in importlib.import_module(face).__dict__.get("__all__", ()):
            value = getattr(importlib.import_module(face), name)
            if callable(value) and getattr(value, "__doc__", None):
                assert f'id="{face}.{name}"' in page, (face, name)


def test_a_page_without_the_live_part_does_not_lead_there(readers: dict[str, Reader]) -> None:
    leads = [link for reader in readers.values() for link in reader.leads]
    assert not [link for link in leads if "live/" in link]


def test_a_warning_is_an_error(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site

    def write(folder: Path, language: str, *, live: bool) -> None:
        folder.mkdir(parents=True)
        (folder / "conf.py").write_text("", encoding="utf-8")
        (folder / "index.rst").write_text(f"{language}\n=\n\n:nonsense:`x`\n", encoding="utf-8")

    monkeypatch.setattr(sources, "write_sources", write)
    with pytest.raises(RuntimeError, match="nonsense"):
        list(write_site(tmp_path / "site"))
    assert not (tmp_path / "site" / "en").exists()
