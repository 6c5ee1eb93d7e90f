# One image for web, workers, relay, beat and backups; docker-compose.yml starts them. Nothing in it runs as root.

FROM python:3.11-slim AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
COPY . .
# Also fetches the design system and compiles the catalogues; without them the install fails.
RUN /venv/bin/pip install -e '.[storage]' && /venv/bin/pip uninstall -y pip setuptools

# What runs: the same Python without what installs or builds anything.
FROM python:3.11-slim
RUN pip uninstall -y pip setuptools wheel \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin casework \
 && install -d -o casework -g casework -m 0700 /var/lib/casework /var/lib/casework/files /var/backups/casework
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=casework.config.settings
USER casework
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "casework.config.healthy", "web"]
CMD ["gunicorn", "--config", "casework/config/deploy/gunicorn.conf.py", "casework.config.wsgi"]
