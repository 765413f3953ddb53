from django.apps import AppConfig

from entrepot.web.backoffice.records import name_records


class BackofficeConfig(AppConfig):
    name = "entrepot.web.backoffice"
    label = "web_backoffice"

    def ready(self) -> None:
        name_records()
