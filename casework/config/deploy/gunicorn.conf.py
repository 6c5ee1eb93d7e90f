"""The web server's settings, in a container and under systemd alike. It keeps nothing that another one would miss."""

import os

from casework.config import logs

bind = os.environ.get("CASEWORK_BIND", "0.0.0.0:8000")  # a container's own network; under systemd a unix socket
workers = int(os.environ.get("CASEWORK_WEB_WORKERS", "2"))
threads = int(os.environ.get("CASEWORK_WEB_THREADS", "4"))
worker_class = "gthread"
timeout = 60
graceful_timeout = 30
keepalive = 5
max_requests, max_requests_jitter = 5000, 500
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
umask = 0o007
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  (a heartbeat file, on no disk)
control_socket_disable = True
proc_name = "casework-web"
forwarded_allow_ips = "*"  # only the proxy reaches this server
# No access log: a request is a line of `casework.config.logs`, with the name of its route and not its address.
accesslog = None
logconfig_dict = {
    **logs.configuration(level=os.environ.get("CASEWORK_LOG_LEVEL", "INFO"), readable=False),
    "disable_existing_loggers": False,
}
