"""The intake process: orders and quotes under ASGI, without Django's requests."""

import os

import django

from entrepot.kit.lasting import settle
from entrepot.server.logs import tell_where
from entrepot.server.mortal import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.server.settings")
if os.environ.get("ENTREPOT_MORTAL"):
    end_with_parent()
tell_where()
django.setup()

from entrepot.server.database import serve_visitors  # noqa: E402
from entrepot.web.rest.intake import Intake  # noqa: E402 needs Django's applications

serve_visitors()
application = Intake()
settle()
