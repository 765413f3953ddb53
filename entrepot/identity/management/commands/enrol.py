from __future__ import annotations

import getpass
import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from entrepot.identity import services
from entrepot.identity.types import PersonDraft, Role
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal


class Command(BaseCommand):
    help = "Enter a person with a verified address: the first operator of a new shop, or a member of staff"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", help="e-mail address or phone number")
        parser.add_argument("--name", default="", help="as shown in the back office")
        parser.add_argument("--role", action="append", default=[], choices=[role.value for role in Role])
        parser.add_argument("--superuser", action="store_true", help="may do everything")

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("ENTREPOT_NEW_PASSWORD") or self._asked()
        login = options["login"]
        draft = PersonDraft(
            password=password,
            email=login if "@" in login else None,
            phone=None if "@" in login else login,
            display_name=options["name"],
            roles=frozenset(Role(role) for role in options["role"]),
            is_superuser=options["superuser"],
        )
        try:
            validate_password(password)
            person_id = services.enrol(draft=draft, now=now(), actor="command line")
        except ValidationError as weak:
            raise CommandError(" ".join(weak.messages)) from weak
        except Refusal as refused:
            raise CommandError(refused.message("en")) from refused
        self.stdout.write(f"{person_id} may log in; staff set up a second factor the first time")

    def _asked(self) -> str:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise CommandError("The two passwords differ")
        return password
