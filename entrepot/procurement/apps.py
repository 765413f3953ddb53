from django.apps import AppConfig


class ProcurementConfig(AppConfig):
    name = "entrepot.procurement"
    label = "procurement"
    verbose_name = "采购"
