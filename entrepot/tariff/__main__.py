"""`python -m entrepot.tariff`: quotes down a pipe from the rate books that ship. No settings, no database."""

from __future__ import annotations

import sys

from entrepot.tariff.piping import run
from entrepot.tariff.reading import shipped_books

sys.exit(run(shipped_books))
