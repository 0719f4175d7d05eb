"""In which character set a text was probably written: how its bytes read in each, and how oddly."""

from __future__ import annotations

import json
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pydicom import charset
from pydicom.valuerep import TEXT_VR_DELIMS

_TABLES = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
# Thai writes some vowels and all tones as marks above and below letters
_WORDS = re.compile(r"(?:[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])+|[^\x00-\x7f]|\x1b")
# a sign of everyday text, not within a word: 37°, 5 µm, №
_SIGNS = re.compile(rf"(?<![^\W\d_])(?<![^\x00-\x7f])[{_TABLES['signs']}](?![^\x00-\x7f])")
_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "HALFWIDTH")
# first bytes of the letters that each set puts first because they are in daily use
_DAILY = {"gb2312": (0xB0, 0xD7), "shift_jis": (0x81, 0x98), "euc_kr": (0xB0, 0xC8)}
MOST_LETTERS = 4000


class Guess(NamedTuple):
    """How texts read in ``sets``, a codec of Python or Defined Terms, that people call ``name``."""

    oddness: float
    sets: tuple[str, ...]
    name: str
    texts: list[str]


def readings(stored: Sequence[bytes]) -> list[Guess]:
    """Return how texts read in each set that knows all of their bytes, the least odd first."""
    sets = {(codec,): name for codec, name in _TABLES["sets"].items()}
    escapes = re.findall(rb"\x1b(\$?[()-]?[@-Z])", b"".join(stored))
    terms = dict.fromkeys(_TABLES["escapes"].get(each.decode()) for each in escapes)
    if named := [term for term in terms if term]:
        sets = {("", *named): ", ".join(named)}
    found = []
    for number, (codecs, name) in enumerate(sets.items()):
        with suppress(UnicodeError):
            texts = [decode(raw, codecs) for raw in stored]
            found.append(Guess(oddness(texts) + number / 100, codecs, name, texts))
    return sorted(found)


def decode(raw: bytes, sets: Iterable[str]) -> str:
    """Return bytes as a text in one codec of Python, or in Defined Terms with code extensions.

    Raises
    ------
    UnicodeError
        If the set does not know all of the bytes.
    """
    codecs = [charset.python_encoding.get(each, each) for each in sets]
    if charset.ESC not in raw:
        return raw.decode(codecs[0]).rstrip("\0 ")
    with warnings.catch_warnings(action="error"):
        try:
            return charset.decode_bytes(raw, codecs, TEXT_VR_DELIMS).rstrip("\0 ")
        except (UserWarning, LookupError) as error:
            raise UnicodeError(*error.args) from None


def oddness(texts: Iterable[str]) -> float:
    """Return how little the letters beyond ASCII look like those of a language: 0 is not at all.

    Odd are, up to 2 for each: signs within words, words of two alphabets, capitals after small
    letters, accents in a row, rare letters, and worst of all characters that only control.
    """
    text, signs = _SIGNS.subn(" ", "\n".join(texts)[:MOST_LETTERS])
    words = [word for word in _WORDS.findall(text) if not word.isascii() or word == "\x1b"]
    found = [0.2] * signs + [each for word in words for each in _odd(word)]
    return sum(found) / len(found) if found else 0.0


def _odd(word: str) -> Iterator[float]:
    alphabets = {_alphabet(letter) for letter in word if letter.isalpha()}
    alphabet, accents = min(alphabets, default=""), 0
    order = _TABLES["frequent"].get(alphabet, "")
    for place, letter in enumerate(word):
        accents = 0 if letter.isascii() else accents + 1
        if not letter.isalpha():
            sign = unicodedata.category(letter)
            if sign == "Mn" and place and alphabets == {"THAI"}:
                yield 0.2
                continue
            yield 2.0 if sign[0] == "C" or letter == "\ufffd" else 1.0 if sign[0] == "S" else 0.6
        elif not accents:
            continue
        elif len(alphabets) > 1 or (place and letter.isupper() != word[:2].isupper()):
            yield 1.0
        elif order:
            rank = order.find(letter.lower())
            yield 0.5 if len(word) == 1 else 0.8 if rank < 0 else 0.6 * rank / len(order)
        elif alphabet == "LATIN":
            known = 0.15 if letter.lower() in _TABLES["accented"] else 0.25
            yield known if accents == 1 else 0.4 if accents == 2 else 0.9
        else:
            yield _rarity(letter) if alphabet == "CJK" else 0.25


def _alphabet(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if name in _ASIAN else name


def _rarity(letter: str) -> float:
    """Return a number from 0.05 for letters of names and everyday words to 0.9 for rare ones."""
    kind = unicodedata.name(letter, "").partition(" ")[0]
    if kind in ("HIRAGANA", "KATAKANA") or letter in _TABLES["common"]:
        return 0.05
    for codec, (first, last) in _DAILY.items():
        with suppress(UnicodeError):
            if first <= letter.encode(codec)[0] <= last:
                return 0.3
    return 0.5 if kind == "HALFWIDTH" else 0.9
