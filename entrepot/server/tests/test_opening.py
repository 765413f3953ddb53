"""What keeps a house from being served: other keys than its database's, pages' files of another version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from entrepot.identity.tests.makers import address, buyer, id_number, real_name
from entrepot.kit.sealing import sealer
from entrepot.server import opening, supervise
from entrepot.server.embedded import CannotStart

pytestmark = pytest.mark.django_db
OTHER = {1: b"o" * 32}


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise.Supervisor, "run", lambda self: None)


@pytest.fixture
def given(settings: Settings) -> Callable[..., None]:
    """Settings whose keys are asked for anew."""

    def give(**wanted: object) -> None:
        for name, value in wanted.items():
            setattr(settings, name, value)
        sealer.cache_clear()

    return give


@pytest.fixture(autouse=True)
def _keys_again() -> object:
    yield
    sealer.cache_clear()


@pytest.mark.parametrize(
    "other",
    [
        {"ENTREPOT_FIELD_KEYS": OTHER},
        {"ENTREPOT_FIELD_KEYS": {2: b"t" * 32}},
        {"ENTREPOT_INDEX_KEY": b"o" * 32},
    ],
)
def test_a_house_whose_keys_are_not_those_of_its_database_is_not_served(
    given: Callable[..., None], other: dict[str, object]
) -> None:
    """Each page that shows an address would be a fault, and who has spent his yearly limit could spend it again."""
    person = buyer()
    address(person)
    real_name(person)
    given(**other)
    with pytest.raises(CannotStart, match="ENTREPOT_FIELD_KEYS or ENTREPOT_INDEX_KEY"):
        opening.serve(server=None, port=0)


def test_a_newer_key_beside_the_old_one_is_served(given: Callable[..., None], settings: Settings) -> None:
    person = buyer()
    address(person)
    real_name(person)
    given(ENTREPOT_FIELD_KEYS={**settings.ENTREPOT_FIELD_KEYS, 2: b"n" * 32})
    real_name(person, name="李雷", number=id_number(sequence=2))
    opening.serve(server=None, port=0)


def test_a_house_whose_pages_files_were_not_collected_is_not_served(settings: Settings, tmp_path: Path) -> None:
    """Each of its pages would be a fault."""
    settings.STATIC_FROM_PACKAGES, settings.STATIC_ROOT = False, str(tmp_path)
    with pytest.raises(CannotStart, match="entrepot collectstatic"):
        opening.serve(server=None, port=0)
