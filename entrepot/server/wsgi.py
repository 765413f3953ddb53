"""The web process: Django under WSGI."""

import os
import sys

from django.core.wsgi import get_wsgi_application
from django.db import connection

from entrepot.kit.lasting import settle
from entrepot.server.logs import tell_where
from entrepot.server.mortal import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.server.settings")
if os.environ.get("ENTREPOT_MORTAL"):
    end_with_parent()
tell_where()
django = get_wsgi_application()

from django.conf import settings  # noqa: E402 they are complete now

from entrepot.server import short_way, urls  # noqa: E402 needs Django's applications
from entrepot.server.database import serve_visitors  # noqa: E402
from entrepot.server.places import WAIT_S, Places  # noqa: E402
from entrepot.web.rest import short  # noqa: E402

serve_visitors()
application = Places(
    short_way.before(django),
    short_way.full,
    working=settings.WEB_THREADS,
    waiting=settings.WEB_WAITING,
    gathered=short_way.gathered,
)
short.intake.at_work, short.intake.wait_s = application.at_desk, WAIT_S
# A thread back from the database waits this long at most for one that computes. With the 5 ms of Python at each
# statement pages drawn behind come too late (docs/algorithms/search.md).
sys.setswitchinterval(0.001)
# Every page and the books are loaded before the first visitor comes, and before what is loaded settles.
assert urls.urlpatterns
short.warm()
connection.close()
settle()
