from django.apps import AppConfig


class ProvenanceConfig(AppConfig):
    name = "entrepot.provenance"
    label = "provenance"
    verbose_name = "溯源"
