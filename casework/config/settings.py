"""Settings, read from the environment, safe by default.

Without DATABASE_URL the product runs on the embedded servers of `casework.embedded` with keys kept in their state
directory. With DATABASE_URL it is a real installation, and `casework.config.checks` refuses to start it without keys,
hosts and secure cookies, or with demo settings.
"""

from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from environs import Env

from casework import embedded
from casework.config import given, logs

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]
VERSION = "0.1.0"

# --- Where the data is -------------------------------------------------------------------------------------------
EMBEDDED = not given.secret("DATABASE_URL")
DEMO = env.bool("CASEWORK_DEMO", False)
DEBUG = env.bool("CASEWORK_DEBUG", False)

if EMBEDDED:
    _servers = embedded.endpoints()

    def _database(user: str, password: str) -> dict[str, Any]:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": str(_servers.host),
            "NAME": _servers.database,
            "USER": user,
            "PASSWORD": password,
        }

    DATABASES = {
        "default": _database(_servers.app_user, _servers.app_password),
        "owner": _database(_servers.owner_user, _servers.owner_password),
    }
    CASEWORK_APP_ROLE = _servers.app_user
    BROKER, CACHE = _servers.broker_url, _servers.redis_url(1)
    SECRET_KEY = env.str("CASEWORK_SECRET_KEY", _servers.secret_key)
    CASEWORK_KEYS = env.list("CASEWORK_KEYS", _servers.casework_keys.split(","))
    CASEWORK_INDEX_KEY = env.str("CASEWORK_INDEX_KEY", _servers.index_key)
    CASEWORK_AUDIT_KEY = env.str("CASEWORK_AUDIT_KEY", _servers.audit_key)
    CASEWORK_AUDIT_ANCHOR = env.str("CASEWORK_AUDIT_ANCHOR", str(_servers.state / "audit-anchor"))
    CASEWORK_KEYS_FILE = "" if env.str("CASEWORK_KEYS", "") else str(_servers.state / "secrets.json")
    ALLOWED_HOSTS = env.list("CASEWORK_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    CASEWORK_ERASURE_LIST = env.str("CASEWORK_ERASURE_LIST", str(_servers.state / "erasures.jsonl"))
else:
    DATABASES = {
        "default": given.database("DATABASE_URL"),
        "owner": given.database("DATABASE_OWNER_URL", given.secret("DATABASE_URL")),
    }
    if given.secret("DATABASE_REPLICA_URL"):  # a streaming replica, on which figures are counted
        DATABASES["figures"] = given.database("DATABASE_REPLICA_URL")
        DATABASES["figures"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
    CASEWORK_APP_ROLE = DATABASES["default"].get("USER", "")
    _redis = given.secret("REDIS_URL", "redis://localhost:6379")
    BROKER, CACHE = f"{_redis}/0", f"{_redis}/1"
    SECRET_KEY = given.secret("CASEWORK_SECRET_KEY")
    CASEWORK_KEYS = given.secret_list("CASEWORK_KEYS")
    CASEWORK_KEYS_FILE = env.str("CASEWORK_KEYS_FILE", "")  # read again when an unknown key's name turns up
    CASEWORK_INDEX_KEY = given.secret("CASEWORK_INDEX_KEY")
    CASEWORK_AUDIT_KEY = given.secret("CASEWORK_AUDIT_KEY")  # base64 of 32 bytes: signs the sealed trail
    CASEWORK_AUDIT_ANCHOR = env.str("CASEWORK_AUDIT_ANCHOR", "")  # a file away from the database: heads of the trail
    ALLOWED_HOSTS = env.list("CASEWORK_HOSTS", [])
    # Which keys were erased, for a restore: a file that is kept apart from the database and its backups.
    CASEWORK_ERASURE_LIST = env.str("CASEWORK_ERASURE_LIST", "/var/lib/casework/erasures.jsonl")

for _connection in DATABASES.values():
    # A persistent connection per worker: a case page then costs half of what it costs with a new one each time.
    _connection["CONN_MAX_AGE"] = 600
    _connection["CONN_HEALTH_CHECKS"] = True
DATABASES["owner"]["CONN_MAX_AGE"] = 0
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS = ["casework.config.roles.OwnerMigrates", "casework.statistics.replica.FiguresRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Files: sealed bytes under random names, in a folder, or in an object store when a bucket is named.
if env.str("CASEWORK_S3_BUCKET", ""):
    _files: dict[str, Any] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.str("CASEWORK_S3_BUCKET"),
            "endpoint_url": env.str("CASEWORK_S3_ENDPOINT", "") or None,
            "region_name": env.str("CASEWORK_S3_REGION", "") or None,
            "access_key": given.secret("CASEWORK_S3_ACCESS_KEY") or None,
            "secret_key": given.secret("CASEWORK_S3_SECRET_KEY") or None,
            "location": env.str("CASEWORK_S3_FOLDER", ""),
            "default_acl": None,  # the bucket's own rule, which is private
            "file_overwrite": False,
        },
    }
else:
    CASEWORK_FILES_DIR = env.str(
        "CASEWORK_FILES_DIR", str(embedded.state_dir() / "files") if EMBEDDED else "/var/lib/casework/files"
    )
    _files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": CASEWORK_FILES_DIR,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }
STORAGES = {
    "default": _files,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE}}

# --- Apps --------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "casework.config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "guardian",
    "pgtrigger",
    "django_htmx",
    "django_structlog",
    "csp",
    "reference",
    "casework.vault",
    "casework.audit",
    "casework.outbox",
    "casework.access",
    "casework.statistics",
    "casework.exchange",
    "casework.curation",
    "casework.people",
    "casework.cases",
    "casework.shelter",
    "casework.justice",
    "referrals",
]

MIDDLEWARE = [
    "casework.config.headers.Isolation",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "casework.config.logs.RequestLog",
    "csp.middleware.CSPMiddleware",
    "casework.access.middleware.PlainAddress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "casework.access.middleware.SessionInUse",
    "casework.access.middleware.NoStore",
    "casework.access.middleware.KeepDraft",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "casework.access.middleware.SecondFactor",
    "casework.access.middleware.Refusals",
]

ROOT_URLCONF = "casework.config.urls"
WSGI_APPLICATION = "casework.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "casework.config.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "casework.config.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "casework.config.renderers.FormRenderer"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "casework" / "static"]
WHITENOISE_USE_FINDERS = True  # served from where they lie: no collectstatic step to forget
WHITENOISE_AUTOREFRESH = False

# --- Language and time -------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "Europe/Belgrade"
USE_I18N = True
LANGUAGE_CODE = env.str("CASEWORK_LANGUAGE", "en")
LANGUAGES = [("en", "English"), ("sr-latn", "Srpski"), ("sr", "Српски")]
LOCALE_PATHS = [BASE_DIR / "casework" / "locale"]
FORMAT_MODULE_PATH = ["casework.config.formats"]

# --- Who may come in ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["casework.access.backends.RoleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "casework.access.passwords.NotTooLong"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "casework.access.passwords.NotCommonHere"},
    {"NAME": "casework.access.passwords.NotOfThisPlace"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "casework.access.adapter.NoSignup"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": env.str("CASEWORK_LOGIN_FAILED_LIMIT", "10/m/ip,5/5m/key"),
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "reset_password": "20/m/ip,5/m/key",
    "accept_invitation": "20/m/ip,5/5m/key",
}
# Second factors: an app's codes, passkeys and security keys, recovery codes. No SMS, no e-mail codes.
REQUIRE_MFA = env.bool("CASEWORK_REQUIRE_MFA", not DEMO)
MFA_ADAPTER = "casework.access.mfa.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "casework.access.mfa_forms.CodeForm",
    "reauthenticate": "casework.access.mfa_forms.CodeAgainForm",
    "activate_totp": "casework.access.mfa_forms.SetUpAppForm",
    "add_webauthn": "casework.access.mfa_forms.AddKeyForm",
    "edit_webauthn": "casework.access.mfa_forms.RenameKeyForm",
    "authenticate_webauthn": "casework.access.mfa_forms.KeyForm",
    "reauthenticate_webauthn": "casework.access.mfa_forms.KeyAgainForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = env.str("CASEWORK_ISSUER", "Casework")  # what an authenticator app calls the entry
MFA_TOTP_TOLERANCE = 0  # a code lives for its thirty seconds and no longer
INVITATION_HOURS = env.int("CASEWORK_INVITATION_HOURS", 72)  # how long the code for a new account or password holds
# A password may not be made of these, beside the names of the account and its organisation.
PASSWORD_CONTEXT_WORDS = env.list(
    "CASEWORK_PASSWORD_CONTEXT_WORDS",
    [
        *("casework", "password", "lozinka", "sifra", "trafficking", "trgovina", "zrtva", "zrtve", "victim", "slucaj"),
        *("astra", "atina", "cptv", "srbija", "beograd", "admin", "qwerty", "qwertz", "welcome", "dobrodosli"),
    ],
)
GUARDIAN_MONKEY_PATCH_USER = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # its backend is left out on purpose: has_perm(obj) ignores `expires_at`
ANONYMOUS_USER_NAME = None

# --- Cookies, headers --------------------------------------------------------------------------------------------
SECURE_COOKIES = env.bool("CASEWORK_SECURE_COOKIES", not EMBEDDED)
SESSION_ENGINE = "casework.access.sessions"
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE_COOKIES  # http://localhost, in the demo and in tests
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.int("CASEWORK_SESSION_SECONDS", 8 * 60 * 60)
SESSION_IDLE_SECONDS = env.int("CASEWORK_IDLE_SECONDS", 15 * 60)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Reveals, exports, roles, accounts and second factors ask to sign in again after this time.
SIGN_IN_AGAIN_SECONDS = ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("CASEWORK_SIGN_IN_AGAIN_SECONDS", 10 * 60)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CASEWORK_ORIGINS", [])
CSRF_FAILURE_VIEW = "casework.config.views.csrf_failure"
SECURE_SSL_REDIRECT = SECURE_COOKIES and env.bool("CASEWORK_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked from the machine itself, not through the proxy
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("CASEWORK_BEHIND_PROXY", False) else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.bool("CASEWORK_BEHIND_PROXY", False) else 0  # whose limits are counted
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "report-uri": "/csp-report",
    }
}
# Large enough that a page of pasted text reaches the form, which then says which field is too long and keeps the text.
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
# In memory alone: a temporary file would hold it in plain. Only views that say so take files.
FILE_UPLOAD_HANDLERS = ["casework.access.uploads.InMemory"]
LEAVE_QUICKLY_URL = env.str("CASEWORK_LEAVE_QUICKLY_URL", "https://www.rts.rs/")

# --- Worker ------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = BROKER
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its own handler would print what exceptions say: LOGGING below holds
CELERY_BEAT_SCHEDULE = {
    "carry-out-erasures": {"task": "casework.people.tasks.carry_out_erasures", "schedule": 30.0},
    "compile-access-requests": {"task": "casework.people.tasks.compile_access_requests", "schedule": 10.0},
    "remind-of-licences": {
        "task": "casework.curation.tasks.remind_of_licences",
        "schedule": crontab(hour=6, minute=20),
    },
    "watch-outbox": {"task": "casework.outbox.tasks.watch", "schedule": 60.0},
    "purge-what-expired": {"task": "casework.access.tasks.purge_what_expired", "schedule": 60 * 60.0},
    "sweep-files": {"task": "casework.vault.tasks.sweep_files", "schedule": 24 * 60 * 60.0},
    "escalate-overdue": {"task": "referrals.tasks.escalate_overdue", "schedule": 60.0},
    "remind-of-onward": {"task": "referrals.tasks.remind_of_onward", "schedule": 300.0},
    "escalate-reviews": {"task": "casework.cases.tasks.escalate_reviews", "schedule": 300.0},
    "seal-trail": {"task": "casework.audit.tasks.seal_trail", "schedule": 5.0},
    "mail-anchor": {"task": "casework.audit.tasks.mail_anchor", "schedule": 3600.0},
    "verify-trail": {"task": "casework.audit.tasks.verify_trail", "schedule": crontab(hour=2, minute=15)},
}
EMAIL_BACKEND = env.str(
    "CASEWORK_EMAIL_BACKEND",
    "django.core.mail.backends.dummy.EmailBackend" if EMBEDDED else "django.core.mail.backends.smtp.EmailBackend",
)
DEFAULT_FROM_EMAIL = env.str("CASEWORK_FROM_EMAIL", "casework@localhost")
EMAIL_HOST = env.str("CASEWORK_EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("CASEWORK_EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("CASEWORK_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = given.secret("CASEWORK_EMAIL_PASSWORD")
EMAIL_USE_TLS = env.bool("CASEWORK_EMAIL_TLS", False)
EMAIL_TIMEOUT = 10  # seconds; a mail server that does not answer must not hold the worker
# From which hour until which hour (Europe/Belgrade) mail waits, as “22,7”; empty: never. Whoever is on duty gets it.
QUIET_HOURS = given.hours("CASEWORK_QUIET_HOURS")
RELAY_SECONDS = env.float("CASEWORK_RELAY_SECONDS", 1.0)  # how often the relay looks when nothing waits
OUTBOX_IN_FLIGHT = env.int("CASEWORK_OUTBOX_IN_FLIGHT", 200)  # messages that may be claimed and not done at a time
MAIL_IN_FLIGHT = env.int("CASEWORK_MAIL_IN_FLIGHT", 20)
OUTBOX_CLAIM_SECONDS = env.float("CASEWORK_OUTBOX_CLAIM_SECONDS", 60)  # then it is published again
OUTBOX_LATE_SECONDS = env.int("CASEWORK_OUTBOX_LATE_SECONDS", 15 * 60)  # age of the oldest row that raises an alarm
MAIL_RETRY_SECONDS = env.float("CASEWORK_MAIL_RETRY_SECONDS", 60)  # after the first failure; doubled after each

# --- What the documents leave open (DESIGN.md, rule 16) ----------------------------------------------------------
INITIATE_WITHIN_HOURS = env.int("CASEWORK_INITIATE_WITHIN_HOURS", 24)  # TIP report: initiate a case within 24 hours
INFORM_WITHIN_HOURS = env.int("CASEWORK_INFORM_WITHIN_HOURS", 24)  # TIP report: inform participants within 24 hours
# Who is always among those to be told of a referral: a question of the routing rules ("identification": whoever
# identifies the person; "police", "prosecution", "receives"), or the id of a body. The documents do not say who.
RELEVANT_PARTICIPANTS: list[str] = env.list("CASEWORK_RELEVANT_PARTICIPANTS", ["identification"])
# Hours after a clock has run out at which the supervisors are told, each once; “0,24” is at once and a day later.
ESCALATE_AFTER_HOURS: list[float] = env.list("CASEWORK_ESCALATE_AFTER_HOURS", [0.0], subcast=float)
CHILD_AGE_LIMIT = env.int("CASEWORK_CHILD_AGE_LIMIT", 18)  # age under which a person is routed to a CSW
ONWARD_ACKNOWLEDGE_DAYS = env.int("CASEWORK_ONWARD_ACKNOWLEDGE_DAYS", 3)  # then the caseworker is told to ask again
ONWARD_ANSWER_DAYS = env.int("CASEWORK_ONWARD_ANSWER_DAYS", 14)  # from the acknowledgement
FIGURES_LATE_SECONDS = env.int("CASEWORK_FIGURES_LATE_SECONDS", 60)  # age of a replica that the page speaks of
SUPPRESSION_THRESHOLD = env.int("CASEWORK_SUPPRESSION_THRESHOLD", 5)
HOME_ORGANISATION = env.str("CASEWORK_HOME_ORGANISATION", "")  # short name; empty = the only one, or the first
BACKUP_WITHIN_HOURS = env.int("CASEWORK_BACKUP_WITHIN_HOURS", 26)  # a daily backup, and two hours to make it
RESTORE_CHECK_WITHIN_DAYS = env.int("CASEWORK_RESTORE_CHECK_WITHIN_DAYS", 31)
ESCROW_DRILL_WITHIN_DAYS = env.int("CASEWORK_ESCROW_DRILL_WITHIN_DAYS", 190)
SITE_URL = env.str("CASEWORK_SITE_URL", "")  # https://cases.example.rs, as people's browsers reach the site
PG_BIN = env.str("CASEWORK_PG_BIN", "")  # folder of pg_dump and pg_restore; empty = those that fit the server
AUDIT_MAIL_HOURS = env.int("CASEWORK_AUDIT_MAIL_HOURS", 24)  # how often the auditors are mailed the head of the trail
# Public keys (base64) of audit keys that are no longer used: what they signed still counts.
AUDIT_OLD_PUBLIC_KEYS: list[str] = env.list("CASEWORK_AUDIT_OLD_PUBLIC_KEYS", [])
# When a read of the trail is unusual: what the auditor looks through each week.
UNUSUAL_MANY_LEAST = env.int("CASEWORK_UNUSUAL_MANY_LEAST", 20)  # records a day below which nothing is far more …
UNUSUAL_MANY_TIMES = env.int("CASEWORK_UNUSUAL_MANY_TIMES", 3)  # … than this many times the person's own median day
UNUSUAL_MANY_DAYS = env.int("CASEWORK_UNUSUAL_MANY_DAYS", 28)  # days before that make the person's own usual
UNUSUAL_NIGHT = (env.int("CASEWORK_UNUSUAL_NIGHT_FROM", 22), env.int("CASEWORK_UNUSUAL_NIGHT_UNTIL", 6))  # Belgrade
UNUSUAL_REFUSALS = env.int("CASEWORK_UNUSUAL_REFUSALS", 5)  # in a row, by one person
UNUSUAL_BEFORE_DISABLED_HOURS = env.int("CASEWORK_UNUSUAL_BEFORE_DISABLED_HOURS", 48)
# Days for which a class of record is kept after it ended; 0 = not decided, and then nothing of it is ever due.
RETENTION_DAYS = {
    "adult-case": env.int("CASEWORK_RETENTION_ADULT_CASE_DAYS", 0),  # from closing
    "child-case": env.int("CASEWORK_RETENTION_CHILD_CASE_DAYS", 0),  # from closing or the 18th birthday, the later
    "declined-referral": env.int("CASEWORK_RETENTION_DECLINED_REFERRAL_DAYS", 0),  # from the day of declining
    "linked-referral": env.int("CASEWORK_RETENTION_LINKED_REFERRAL_DAYS", 0),  # from receipt; about nobody by itself
}
ACCESS_REQUEST_DAYS = env.int("CASEWORK_ACCESS_REQUEST_DAYS", 30)  # from receipt to the answer
LICENCE_REMINDER_DAYS = env.int("CASEWORK_LICENCE_REMINDER_DAYS", 60)  # before a licence ends, admins are told
API_KEY_DAYS = env.int("CASEWORK_API_KEY_DAYS", 366)  # how long a key of another program may hold at most
API_REQUESTS_PER_MINUTE = env.int("CASEWORK_API_REQUESTS_PER_MINUTE", 60)  # of one key
ATTACHMENTS_PER_REFERRAL = env.int("CASEWORK_ATTACHMENTS_PER_REFERRAL", 20)  # files that count, without those in error
ATTACHMENT_LONGEST_SIDE = env.int("CASEWORK_ATTACHMENT_LONGEST_SIDE", 4096)  # dots; larger pictures are made smaller
ATTACHMENT_MEGAPIXELS = env.int("CASEWORK_ATTACHMENT_MEGAPIXELS", 60)  # a picture with more is refused, not unpacked
CORRECTION_DAYS = env.int("CASEWORK_CORRECTION_DAYS", 30)  # from receipt to the decision
# What is closed by default, and opened with a reason (casework.cases.openings)
REVEALS_PER_HOUR = env.int("CASEWORK_REVEALS_PER_HOUR", 5)  # of one user
BREAK_GLASS_PER_DAY = env.int("CASEWORK_BREAK_GLASS_PER_DAY", 3)  # of one user
BREAK_GLASS_MINUTES = env.int("CASEWORK_BREAK_GLASS_MINUTES", 60)
REVIEW_OPENINGS_WITHIN_HOURS = env.int("CASEWORK_REVIEW_OPENINGS_WITHIN_HOURS", 72)
DECIDE_SEALING_WITHIN_HOURS = env.int("CASEWORK_DECIDE_SEALING_WITHIN_HOURS", 72)
OPENING_REASON_LETTERS = 10  # a reason shorter than this says nothing

# --- Logs: what happened, never to whom --------------------------------------------------------------------------
LOGGING = logs.configuration(level=env.str("CASEWORK_LOG_LEVEL", "INFO"), readable=EMBEDDED)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10  # the end of a request says all that its beginning does
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20  # a refusal is in the trail; here it is a line as any other
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = 10  # tasks that went well are no news
