"""Verbs of the rate books: import a version, found what ships, compare a draft and make it a version."""

from entrepot.tariff.services.books import (
    BadBook,
    BookMoved,
    Edition,
    found_books,
    import_book,
    newest_editions,
    rate_of,
    version,
)
from entrepot.tariff.services.drafts import BadBookName, commit_draft, compared, draft_book

__all__ = [
    "BadBook",
    "BadBookName",
    "BookMoved",
    "Edition",
    "commit_draft",
    "compared",
    "draft_book",
    "found_books",
    "import_book",
    "newest_editions",
    "rate_of",
    "version",
]
