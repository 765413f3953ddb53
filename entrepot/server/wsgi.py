"""The web process: Django under WSGI."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from entrepot.kit.lasting import settle
from entrepot.server.mortal import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.server.settings")
if os.environ.get("ENTREPOT_MORTAL"):
    end_with_parent()
django = get_wsgi_application()

from entrepot.server import short_way, urls  # noqa: E402 needs Django's applications

application = short_way.before(django)
# A thread back from the database waits this long at most for one that computes. With the 5 ms of Python at each
# statement pages drawn behind come too late (docs/algorithms/search.md).
sys.setswitchinterval(0.001)
assert urls.urlpatterns  # every page is loaded before the first visitor comes, and before what is loaded settles
settle()
