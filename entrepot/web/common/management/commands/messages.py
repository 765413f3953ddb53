from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from entrepot.web.common.messages import refresh
from entrepot.web.common.translations import compile_all


class Command(BaseCommand):
    help = "Bring a web package's Chinese catalogue up to date with its code, and print what lacks a translation"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("package", nargs="+", help="storefront, backoffice, common, rest")

    def handle(self, *args: Any, **options: Any) -> None:
        for package in options["package"]:
            for sentence in refresh(package):
                self.stdout.write(f"{package}: {sentence}")
        compile_all()
