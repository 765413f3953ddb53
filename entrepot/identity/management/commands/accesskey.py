from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from entrepot.identity import selectors, services
from entrepot.identity.types import KeyDraft, Scope
from entrepot.kit.clock import now
from entrepot.kit.refusals import Refusal

ACTOR = "command line"


class Command(BaseCommand):
    help = "Issue, list or revoke a person's access keys for the API"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["issue", "list", "revoke"])
        parser.add_argument("login", help="the person's e-mail address or phone number")
        parser.add_argument("--name", default="command line")
        parser.add_argument(
            "--scope", action="append", default=[], choices=[scope.value for scope in Scope],
            help="what the key may do, once for each; everything where none is named",
        )  # fmt: skip
        parser.add_argument("--days", type=int, default=90, help="for how long it opens the API (90)")
        parser.add_argument("--id", type=UUID, help="the key to revoke")

    def handle(self, *args: Any, **options: Any) -> None:
        person_id = selectors.id_by_login(login=options["login"])
        if person_id is None:
            raise CommandError("There is no such person")
        try:
            getattr(self, f"_{options['action']}")(person_id, options)
        except Refusal as refused:
            raise CommandError(refused.message("en")) from refused

    def _issue(self, person_id: UUID, options: dict[str, Any]) -> None:
        scopes = frozenset(Scope(scope) for scope in options["scope"] or [scope.value for scope in Scope])
        draft = KeyDraft(name=options["name"], scopes=scopes, days=options["days"])
        issued = services.issue_key(person_id=person_id, draft=draft, now=now(), actor=ACTOR)
        self.stdout.write(
            f"{issued.secret}\n(shown this once; valid until {issued.expires_at:%Y-%m-%d}; id {issued.id})"
        )

    def _list(self, person_id: UUID, options: dict[str, Any]) -> None:
        for key in selectors.keys(person_id=person_id):
            state = "revoked" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
            self.stdout.write(f"{key.id}  {key.prefix}…  {state}  {' '.join(sorted(key.scopes))}  {key.name}")

    def _revoke(self, person_id: UUID, options: dict[str, Any]) -> None:
        if options["id"] is None:
            raise CommandError("--id says which key; `list` shows them")
        services.revoke_key(key_id=options["id"], person_id=person_id, now=now(), actor=ACTOR)
        self.stdout.write("revoked")
