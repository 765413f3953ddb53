"""A rate book on its way in through the back office: compared first, imported by a second decision."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from uuid import UUID

from entrepot.kit.refusals import Invalid, NotFound
from entrepot.tariff import models
from entrepot.tariff.services.books import BookMoved, import_book
from entrepot.tariff.types import BookDraft, BookImport

KEPT = timedelta(days=1)
_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}\Z")


class BadBookName(Invalid):
    """A book's name is part of every quote that uses it."""

    code = "bad_book_name"
    zh = "税率簿名称应为 2 至 40 个小写字母、数字或连字符，以字母开头：{name}"
    en = "A rate book's name is 2 to 40 small letters, digits or hyphens, a letter first: {name}"


def draft_book(*, name: str, content: bytes, as_of: date, actor: str, now: datetime) -> UUID:
    """Keep a file for comparison; nothing becomes law by it. Drafts older than a day go. Raises BadBookName."""
    if not _NAME.match(name):
        raise BadBookName(field="name", name=name[:40])
    models.Draft.objects.filter(made_at__lt=now - KEPT).delete()
    draft = models.Draft.objects.create(
        name=name, after=_newest(name), as_of=as_of, content=content, actor=actor, made_at=now
    )
    return draft.id


def compared(*, draft_id: UUID, now: datetime) -> tuple[BookDraft, BookImport]:
    """The draft and what importing it would do. Raises NotFound."""
    draft = _draft(draft_id)
    done = import_book(
        name=draft.name, content=bytes(draft.content), as_of=draft.as_of, actor=draft.actor, now=now, dry_run=True
    )
    return BookDraft(draft.id, draft.name, draft.as_of, draft.after), done


def commit_draft(*, draft_id: UUID, actor: str, now: datetime) -> BookImport:
    """Make it the next version. Raises NotFound, BadBook, and BookMoved where another version came in between."""
    draft = _draft(draft_id)
    if _newest(draft.name) != draft.after:
        raise BookMoved(name=draft.name)
    done = import_book(name=draft.name, content=bytes(draft.content), as_of=draft.as_of, actor=actor, now=now)
    draft.delete()
    return done


def _newest(name: str) -> int:
    newest = models.Book.objects.filter(name=name).order_by("-number").values_list("number", flat=True).first()
    return newest or 0


def _draft(draft_id: UUID) -> models.Draft:
    draft = models.Draft.objects.filter(id=draft_id).first()
    if draft is None:
        raise NotFound(what="draft")
    return draft
