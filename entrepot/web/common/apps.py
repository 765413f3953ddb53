from typing import Any

from django.apps import AppConfig

from entrepot.web.common.translations import compile_all


class CommonConfig(AppConfig):
    name = "entrepot.web.common"
    label = "web_common"

    def __init__(self, *args: Any) -> None:
        """Catalogues are compiled before any app is ready: the first translation asked for reads all of them."""
        super().__init__(*args)
        compile_all()
