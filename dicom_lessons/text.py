"""Messages in English and Russian.

Every text that a learner may read goes through :func:`_` when it is shown, never when a module
is imported, because the language is set later, in the first cell of a lesson.
"""

from __future__ import annotations

import gettext
import re
from pathlib import Path

LANGUAGES = ("en", "ru")
DOMAIN = "dicom_lessons"
LOCALE = Path(__file__).parent / "locale"

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_WHITE = "\n\xa0\u2009\u202f"  # a new line, and spaces that do not break

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def set_language(language: str) -> None:
    """Choose the language of every message, label and hint that follows.

    Parameters
    ----------
    language : str
        ``"en"`` or ``"ru"``.

    Raises
    ------
    ValueError
        If the course does not exist in that language.
    """
    global _catalogue, _language
    if language not in LANGUAGES:
        raise ValueError(f"The course speaks 'en' and 'ru', not {language!r}.")
    _catalogue = (
        gettext.NullTranslations()
        if language == "en"
        else gettext.translation(DOMAIN, LOCALE, [language])
    )
    _language = language


def language() -> str:
    """Return the language that is set: ``"en"`` or ``"ru"``."""
    return _language


def _(message: str, /, **values: object) -> str:
    """Translate a message, then fill in its ``{name}`` fields.

    >>> _("byte {offset}", offset=132)
    'byte 132'
    """
    # gettext would answer an empty message with the header of the catalogue
    return _filled(_catalogue.gettext(message), values) if message else ""


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """Translate a message that counts; ``{count}`` is filled in as well.

    >>> ngettext("{count} byte", "{count} bytes", 2)
    '2 bytes'
    """
    return _filled(_catalogue.ngettext(one, many, count), {"count": count, **values})


def N_(message: str) -> str:
    """Mark a message for translation where it is declared; it is translated when shown."""
    return message


def short(value: object, width: int = 64) -> str:
    r"""Return any value as one line of at most ``width`` characters.

    Runs of white space become one space, what cannot be printed is escaped, and what is too long
    ends in ``…``. A value that cannot even say what it is does no harm.

    Addresses in memory, which differ from run to run, are left out.

    >>> short("CHEST\n  PA"), short("1." * 500_000, 10), short("\x1b[31m"), short("a\u202eb")
    ('CHEST PA', '1.1.1.1.1…', '\\x1b[31m', 'a\\u202eb')
    >>> short(object())
    '<object object>'
    """
    try:
        text = str(value)
    except BaseException:  # even sys.exit() may be in there
        text = _("something of type {type}", type=type(value).__name__)
    words = _ADDRESS.sub("", " ".join(text[: 8 * width].split()))
    line = "".join(map(_seen, words))
    return line if len(line) <= width and len(text) <= 8 * width else line[: width - 1] + "…"


def _seen(letter: str) -> str:
    return letter if letter.isprintable() else ascii(letter)[1:-1]


def _filled(message: str, values: dict[str, object]) -> str:
    """Fill in values, some of which came from outside: nothing of them stays that no one sees."""
    if not values:
        return message
    text = _ADDRESS.sub("", message.format(**values))
    if text.isprintable():
        return text
    return "".join(letter if letter in _WHITE else _seen(letter) for letter in text)
