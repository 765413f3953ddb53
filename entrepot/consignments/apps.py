from django.apps import AppConfig


class ConsignmentsConfig(AppConfig):
    name = "entrepot.consignments"
    label = "consignments"
    verbose_name = "到货"
