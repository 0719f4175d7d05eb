"""Consoles that know few letters: everything is printed, with letters that they have."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_tools.lessons import ROOT
from dicom_lessons import console

ENCODINGS = {
    "en": ("cp866", "ascii", "utf-8"),
    "ru": ("cp1251", "cp866", "cp1252", "ascii", "latin-1", "C"),
}
PAIRS = [(language, encoding) for language, every in ENCODINGS.items() for encoding in every]
LEARNER = """
import sys
from dicom_lessons import check, hint, meet_dicom, progress, set_language, solution, structure
set_language(sys.argv[1])
check("structure-4", 7)
for _time in range(3):
    hint("structure-4")
solution("structure-4")
progress()
print(meet_dicom.program_table())
print(structure.explore_bytes("CT_small"))
print("Иванов^Иван · ✓ ✗ × − – → … ■□ «да» “yes” § 山田", file=sys.stderr)
print(ascii("kept"))
"""


def run(encoding: str, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    kept = {
        name: text
        for name, text in os.environ.items()
        if name not in {"PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "LANG", "LC_CTYPE"}
    }
    settings = {"PYTHONUTF8": "0", "PYTHONPATH": str(ROOT), "DICOM_LESSONS_PROGRESS": "off"}
    if encoding == "C":
        settings |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    else:
        settings |= {"PYTHONIOENCODING": encoding}
    return subprocess.run(
        [sys.executable, *words],
        env={**kept, **settings, **more},
        capture_output=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(("language", "encoding"), PAIRS)
def test_a_learners_program_prints_everything(encoding: str, language: str, tmp_path: Path) -> None:
    program = tmp_path / "mine.py"
    program.write_text(LEARNER, encoding="utf-8")
    done = run(encoding, str(program), language)
    said = done.stdout.decode("ascii" if encoding == "C" else encoding)
    assert done.returncode == 0, done.stderr
    assert said.splitlines()[-1] == "'kept'"
    assert b"Traceback" not in done.stderr and b"\\u04" not in done.stderr
    # only what no alphabet of Europe has may be told by its number
    assert not re.search(r"\\[ux]", said)
    if language == "ru" and encoding in {"cp1251", "cp866", "koi8-r"}:
        assert "Следующее" in said or "Попробуйте" in said


COMMANDS = [
    ("-m", "dicom_lessons", "--help"),
    ("-m", "dicom_lessons", "check"),
    ("-m", "dicom_lessons", "media", "--help"),
    ("-m", "dicom_lessons", "mirror", "--help"),
    ("-m", "dicom_lessons", "open", "--help"),
    ("-m", "dicom_lessons", "open", "Курс", "--only-copy", "--language", "ru"),
    ("-m", "dicom_lessons", "media", "/nowhere/✓"),
    ("-c", "import sys; from dicom_lessons.opening import main; sys.exit(main(['--help']))"),
    ("-m", "course_tools", "--help"),
    ("-m", "course_tools", "run", "нет.ipynb"),
]


@pytest.mark.parametrize("encoding", ["cp1252", "C"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_prints_everything(
    encoding: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(encoding, *words)
    assert b"Traceback" not in done.stderr, done.stderr.decode("utf-8", "replace")
    assert done.stdout or done.stderr
    assert done.returncode in {0, 1}


def test_every_sign_that_the_course_prints_has_a_likeness() -> None:
    printed = {
        letter
        for path in (ROOT / "dicom_lessons").rglob("*")
        if path.suffix in {".py", ".md", ".po"} and path.name != "console.py"
        for letter in path.read_text(encoding="utf-8")
        if not letter.isascii()
    }
    assert len(printed) > 60
    assert [one for one in printed if "\\" in console.spelled(one)] == []
    assert all(console.spelled(one).isascii() for one in printed)


@pytest.mark.parametrize("errors", ["strict", "surrogateescape", "backslashreplace"])
def test_a_stream_is_made_fit_unless_somebody_chose(
    errors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "cp1251", errors)
    chosen = io.TextIOWrapper(io.BytesIO(), "ascii", "ignore")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", chosen)
    console.fit()
    print("✓ Щука → é \udcff", flush=True)
    assert stream.buffer.getvalue().decode("cp1251") == "+ Щука -> e \\udcff\n"
    assert chosen.errors == "ignore"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", None)
    console.fit()
