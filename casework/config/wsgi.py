"""The web application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
application = get_wsgi_application()

from casework.config.checks import refuse_unsafe_start  # noqa: E402  (settings must be loaded first)

refuse_unsafe_start()
