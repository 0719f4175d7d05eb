"""What all commands share: they explain themselves, and fail in one sentence."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from dicom_lessons.text import short

Command = Callable[[argparse.Namespace], int]


def add(
    commands: Any, name: str, work: Command, text: str, example: str
) -> argparse.ArgumentParser:
    """Add a command to a parser's subparsers, with a sentence and an example for its help."""
    about = f"{text[0].upper()}{text[1:]}."
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=about)
    command.epilog = f"Example: {command.prog} {example}".rstrip()
    command.set_defaults(command=work)
    return command


def run(parser: argparse.ArgumentParser, words: list[str] | None = None, cure: str = "") -> int:
    """Run one command and return the exit status: 0 if all went well.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Its arguments hold a ``command``.
    words : list of str, optional
        Those of the command line, if none are given.
    cure : str
        How to get a package that is missing.
    """
    chosen = parser.parse_args(words)
    try:
        status = int(chosen.command(chosen))
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _said("stopped", 130)
    except BrokenPipeError:  # nobody reads on: | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ModuleNotFoundError as error:
        if not cure or str(error.name).startswith(("course_tools", "dicom_lessons")):
            raise
        return _said(f"The package {error.name} is missing. Get it with: {cure}")
    except (OSError, LookupError, ValueError) as error:
        if isinstance(error, KeyError | IndexError):  # no mistake of whoever called
            raise
        return _said(sentence(error))


def sentence(error: Exception) -> str:
    """Return what an error says in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {short(error.filename or '', 300)}".removesuffix(": ")
    return short(str(error).partition("\n")[0], 600)


def _said(text: str, status: int = 1) -> int:
    print(text, file=sys.stderr)
    return status
