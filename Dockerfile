# One image for web, worker and beat; docker-compose.yml starts them. Nothing in it runs as root.
FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY . .
# Also fetches the design system and compiles the catalogues; without them the install fails.
RUN pip install -e .
RUN useradd --system --uid 10001 --no-create-home casework
USER casework
CMD ["gunicorn", "casework.config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--access-logfile", "/dev/null"]
