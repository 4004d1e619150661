"""The ASGI application; it is made only after the settings and the live database were checked."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posology.server.settings")
application = get_asgi_application()

from django.db import connection  # noqa: E402

from posology.server.start import check_start  # noqa: E402  (needs the apps to be ready)

check_start()
connection.close()  # each request opens its own
