"""Letters that a console has.

The consoles of Windows and of old systems know a few hundred letters (code pages 1251, 866 and
others), and Python stops at the first that is not among them. What this course prints is spelled
with other letters there; notebooks, which know every letter, are never touched.
"""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

NAME = "dicom_lessons"
_DEFAULTS = ("strict", "surrogateescape", "backslashreplace")
_SIGNS = dict(zip("✓✗○●◐↩×÷−–—■□→←§«»“”„‘’·…≠␣µ°", (
    *"+xo*", "(*)", "<-", *"x/---#.", "->", "<-", "sec. ", *'"""""', *"''*", "...", "!=", "_", "u",
    " deg"), strict=True))  # fmt: skip
_OTHERS = {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
_CYRILLIC = dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeeziyklmnoprstufye", strict=True)) | {
    **_OTHERS, "ъ": "", "ь": ""
}  # fmt: skip


def fit() -> None:
    """Have the console's two streams spell the letters that they lack.

    Streams that somebody has told what to do with such letters stay as they are.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in _DEFAULTS:
            stream.reconfigure(errors=NAME)


def spelled(letter: str) -> str:
    r"""Return a letter in ASCII: a likeness, a transcription, or at least its number.

    >>> [spelled(letter) for letter in "✓→éЩ山"]
    ['+', '->', 'e', 'Shch', '\\u5c71']
    """
    if (small := letter.lower()) in _CYRILLIC:
        return _CYRILLIC[small] if letter == small else _CYRILLIC[small].capitalize()
    parts = _SIGNS.get(letter) or unicodedata.normalize("NFKD", letter)
    likeness = "".join(part for part in parts if not unicodedata.combining(part))
    return likeness if likeness.isascii() and likeness else ascii(letter)[1:-1]


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return spelled(error.object[error.start]), error.start + 1


codecs.register_error(NAME, _spell)
