from django.apps import AppConfig

from entrepot.web.common.translations import compile_all


class CommonConfig(AppConfig):
    name = "entrepot.web.common"
    label = "web_common"

    def ready(self) -> None:
        compile_all()
