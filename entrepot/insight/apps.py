from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "entrepot.insight"
    label = "insight"
