"""Run what a document shows, as it stands and in its order."""

import re
import shlex
from typing import Any, NamedTuple

from tests.helpers.tools import ROOT, run_inside

BLOCK = re.compile(
    r'^(?:<!-- not run in tests: (?P<excuse>[^\n]+) -->\n)?'
    r'```(?P<language>\w*)\n(?P<text>.*?)^```$',
    re.M | re.S,
)


class Block(NamedTuple):
    """A block of code.

    Attributes:
        excuse: Why tests cannot run it; None if they can.
        language: What stands behind its fence.
        text: What it holds.
    """

    excuse: str | None
    language: str
    text: str


class Ran(NamedTuple):
    """A command or a program that was run.

    Attributes:
        source: The command or the program.
        printed: What it wrote to standard output.
        names: What the program has left; nothing of a command.
    """

    source: str
    printed: str
    names: dict[str, Any]


def blocks_of(document):
    """The blocks of a document, ``docs/NAME``, from top to bottom."""
    text = (ROOT / 'docs' / document).read_text('utf-8')
    return [Block(**found.groupdict()) for found in BLOCK.finditer(text)]


def run_document(document, monkeypatch, capsys):
    """Run commands and programs of a document in the current folder."""
    ran = []
    for excuse, language, text in blocks_of(document):
        if excuse is None and language == 'python':
            names: dict[str, Any] = {}
            exec(text, names)
            ran.append(Ran(text, capsys.readouterr().out, names))
        elif excuse is None and language == 'bash':
            for command in text.replace('\\\n', ' ').splitlines():
                printed = _run_command(command, monkeypatch, capsys)
                ran.append(Ran(command, printed, {}))
    return ran


def _run_command(command, monkeypatch, capsys):
    # In this process: importing PyTorch for each would take minutes.
    python, tool, *arguments = shlex.split(command, comments=True)
    assert python == 'python', command
    status, printed = run_inside(monkeypatch, capsys, tool, *arguments)
    assert status == 0, f'{command}: {printed.err}'
    return printed.out
