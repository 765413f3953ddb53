"""What is collected for the web: no source maps, and nothing breaks where one is named."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.contrib.staticfiles.finders import get_finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

from entrepot.server.static_files import Storage

NAMED = {"page.css": "/*# sourceMappingURL=page.css.map */\n", "page.js": "//# sourceMappingURL=page.js.map\n"}


def test_source_maps_are_left_out_and_pages_files_are_not() -> None:
    ignored = list(apps.get_app_config("staticfiles").ignore_patterns)
    names = {name for finder in get_finders() for name, _ in finder.list(ignored)}
    assert [name for name in names if name.endswith(".map") or "redoc" in name] == []
    assert {"ninja/swagger-ui.css", "shop/shop.css", "shop/front/hero.webp", "office/office.css"} <= names


def test_a_file_that_names_a_map_is_collected_without_it(tmp_path: Path) -> None:
    for name, content in NAMED.items():
        (tmp_path / name).write_text(content)
    ours, theirs = (
        kind(location=str(tmp_path), base_url="/static/") for kind in (Storage, CompressedManifestStaticFilesStorage)
    )
    assert not any(isinstance(one, Exception) for _name, _hashed, one in collected(ours))
    assert ours.url("page.css").startswith("/static/page.")
    assert any(isinstance(one, Exception) for _name, _hashed, one in collected(theirs)), "the control"


def collected(storage: CompressedManifestStaticFilesStorage) -> list[tuple[str, str, object]]:
    return list(storage.post_process({name: (storage, name) for name in NAMED}))
