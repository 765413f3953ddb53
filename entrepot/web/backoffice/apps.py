from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "entrepot.web.backoffice"
    label = "web_backoffice"
