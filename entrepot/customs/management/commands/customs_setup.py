from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entrepot.customs import services
from entrepot.kit import clock
from entrepot.kit.refusals import Refusal


class Command(BaseCommand):
    help = "Exchange certificates with the customs port; makes a key of our own if there is none. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            services.set_up(now=clock.now())
        except Refusal as refusal:
            raise CommandError(refusal.message("en")) from refusal
        if left := list(services.missing(now=clock.now())):
            raise CommandError("\n".join(left))
        self.stdout.write("Customs is set up: the port knows our certificate, and we know its.")
