from django.apps import AppConfig


class RepeatsConfig(AppConfig):
    name = "entrepot.repeats"
    label = "repeats"
    verbose_name = "幂等记录"
