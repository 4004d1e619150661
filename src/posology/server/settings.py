"""Django's settings, read from the environment; every unsafe one is refused when serving starts.

SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS, POSOLOGY_SITE_ZONE, POSOLOGY_DATA, POSOLOGY_DEMO.
"""

import os
import tempfile
from ipaddress import ip_network
from pathlib import Path

from csp.constants import NONE, SELF

from posology.server.database_url import database_settings
from posology.server.minutes import whole_minutes
from posology.server.secrets import NO_KEY, secret_key
from posology.server.sqlite.engine import check_engine, running_engine

DEMO = os.environ.get("POSOLOGY_DEMO", "") == "1"
DEBUG = os.environ.get("POSOLOGY_DEBUG", "") == "1"

DATA = Path(os.environ.get("POSOLOGY_DATA") or Path.home() / ".local" / "share" / "posology")
SECRET_KEY = secret_key(os.environ.get("SECRET_KEY", ""), DATA) or NO_KEY
ALLOWED_HOSTS = [
    h.strip() for h in os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h.strip()
]
CSRF_TRUSTED_ORIGINS = [o.strip() for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o.strip()]

# ---------------------------------------------------------------- the site
# The demo's clock may be set ahead by a file that holds seconds; a clinic's clock may not be moved.
CLOCK_OFFSET_FILE = os.environ.get("POSOLOGY_CLOCK_OFFSET_FILE", "") if DEMO else ""
if DEMO:
    VISIT_WEEKDAYS = tuple(range(7))  # it is shown on any day, and today is the last of its week
# What papers tell people to call; empty means not set, and the paper says so. For staff: "Name 123; ...".
SITE_PHONE = os.environ.get("POSOLOGY_SITE_PHONE", "")
DOWNTIME_PHONES = os.environ.get("POSOLOGY_DOWNTIME_PHONES", "")
SITE_ZONE = os.environ.get("POSOLOGY_SITE_ZONE", "UTC")
# Engineering default, to be set by each site: how soon a risk answer must be seen by a person.
RISK_TASK_DUE_MINUTES = 60
# Site settings with bounds (server/checks.py): when an untouched screen hides names, and how late an undone
# thing must be to call for a person.
IDLE_LOCK_MINUTES = whole_minutes("POSOLOGY_IDLE_LOCK_MINUTES", 10)
NOTICE_AFTER_MINUTES = whole_minutes("POSOLOGY_NOTICE_AFTER_MINUTES", 2)
# The clinic's own networks ("10.1.0.0/16, 192.168.7.0/24"): a witness of the drug's ledger signs from within.
LEDGER_NETWORKS = [
    str(ip_network(n.strip())) for n in os.environ.get("POSOLOGY_LEDGER_NETWORKS", "").split(",") if n.strip()
]
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

# ---------------------------------------------------------------- parts
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "posology.clinic.audit",
    "posology.clinic.accounts",
    "posology.clinic.protocols",
    "posology.clinic.patients",
    "posology.clinic.assessments",
    "posology.clinic.orders",
    "posology.clinic.sessions",
    "posology.clinic.monitors",
    "posology.clinic.outcomes",
    "posology.clinic.visits",
    "posology.clinic.rems",
    "posology.clinic.duty",
    "posology.clinic.ledger",
    "posology.clinic.care",
    "posology.web",
    "posology.server",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "posology.server.middleware.SafeHeaders",
    "posology.server.static_files.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "posology.web.middleware.Site",
    "posology.web.access.DenyByDefault",
    "posology.web.errors.Refusals",
]
ROOT_URLCONF = "posology.server.urls"
ASGI_APPLICATION = "posology.server.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "posology.web.page.site",
            ]
        },
    }
]

# ---------------------------------------------------------------- store
DATABASES = {
    "default": database_settings(
        os.environ.get("DATABASE_URL")
        or f"sqlite:///{DATA / ('demo.sqlite3' if DEMO else 'clinic.sqlite3')}",
        test_file=Path(tempfile.gettempdir()) / f"posology-test-{os.getpid()}.sqlite3",
    )
}
if DATABASES["default"]["ENGINE"].endswith(".sqlite"):
    check_engine(running_engine())  # before anything opens the file, whatever the command
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["posology.clinic.accounts.signed_in.Staff"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# ---------------------------------------------------------------- browser
HTTPS = os.environ.get("POSOLOGY_HTTPS", "0" if DEMO else "1") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "posology.server.browser_sessions"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if os.environ.get("POSOLOGY_BEHIND_PROXY", "") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "worker-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 55 * 1024 * 1024  # a FHIR bundle of 50 MB, and the form around it

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # straight from the package: nothing to collect, no second copy
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

# Logs hold codes and ids, never a message that may quote a patient's value.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
