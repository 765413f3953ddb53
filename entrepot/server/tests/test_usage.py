"""What `entrepot --help` says is there, and what is there it says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from django.core.management import get_commands, load_command_class

from entrepot.server import cli


def test_every_command_of_ours_is_told() -> None:
    """Who opens a shop has to enrol its first operator and to be introduced to customs."""
    ours = {name for name, app in get_commands().items() if str(app).startswith("entrepot.")}
    assert {name for name in ours if not re.search(rf"\b{name}\b", cli.usage)} == set()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """What commands were set going with."""
    found: list[Sequence[str]] = []
    for name in ("_run", "_serve", "_alone", "_check", "_database"):
        monkeypatch.setattr(cli, name, found.append)
    return found


@pytest.mark.parametrize("command", ["run", "serve", "web", "intake", "worker", "scheduler", "check", "database"])
def test_who_asks_how_a_command_goes_does_not_set_it_going(
    command: str, begun: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["entrepot", command, "--help"])
    cli.main()
    assert (begun, capsys.readouterr().out) == ([], cli.usage)


def test_a_word_that_nobody_reads_is_refused(begun: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve --port 8010` served at 8000."""
    monkeypatch.setattr("sys.argv", ["entrepot", "serve", "--port", "8010"])
    with pytest.raises(SystemExit, match="serve takes nothing more"):
        cli.main()
    assert begun == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("import", ("import sales", "import consignments")),
        ("quote", ("quote --shipped",)),
        ("accesskey", ("everything where none is named",)),
    ],
)
def test_a_commands_help_tells_what_nobody_would_guess(command: str, words: tuple[str, ...]) -> None:
    made = load_command_class(str(get_commands()[command]), command)
    told = " ".join(made.create_parser("entrepot", command).format_help().split())
    assert {one for one in words if one not in told} == set()
