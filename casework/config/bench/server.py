"""What gunicorn serves for the benchmark of pages: the product in the run's database, and a page that says hello."""

import os
import sys
import types
from typing import Any

import django


def _application() -> Any:
    """The product's application with one more address. Models can be imported only after the set-up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
    django.setup()
    from django.conf import settings
    from django.contrib.auth.decorators import login_not_required
    from django.core.wsgi import get_wsgi_application
    from django.db import connections
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from casework.config.bench.world import DATABASE_VARIABLE
    from casework.config.urls import urlpatterns

    @login_not_required
    def hello(request: HttpRequest) -> HttpResponse:
        return HttpResponse("Hello, world")

    addresses = types.ModuleType("casework.config.bench.addresses")
    addresses.urlpatterns = [*urlpatterns, path("hello/", hello)]  # type: ignore[attr-defined]
    sys.modules[addresses.__name__] = addresses
    settings.ROOT_URLCONF = addresses.__name__
    for alias in ("default", "owner"):
        connections.settings[alias]["NAME"] = os.environ[DATABASE_VARIABLE]
    return get_wsgi_application()


application = _application()
