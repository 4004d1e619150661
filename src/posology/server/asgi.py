"""The ASGI application; it is made only after the settings and the live database were checked."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posology.server.settings")
django.setup(set_prefix=False)

from django.db import connection  # noqa: E402

from posology.server.handling import Handler  # noqa: E402
from posology.server.start import check_start  # noqa: E402  (needs the apps to be ready)

application = Handler()
check_start()
connection.close()  # each thread that answers requests has its own
