from django.apps import AppConfig


class ReplenishmentConfig(AppConfig):
    name = "entrepot.replenishment"
    label = "replenishment"
    verbose_name = "补货"
