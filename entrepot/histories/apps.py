from django.apps import AppConfig


class HistoriesConfig(AppConfig):
    name = "entrepot.histories"
    label = "histories"
    verbose_name = "历史承接"
