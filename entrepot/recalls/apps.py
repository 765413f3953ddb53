from django.apps import AppConfig


class RecallsConfig(AppConfig):
    name = "entrepot.recalls"
    label = "recalls"
    verbose_name = "召回"
