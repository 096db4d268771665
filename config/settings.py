"""Settings of one installation, read from the environment; importing them starts nothing."""

import os
import socket
from pathlib import Path

from csp.constants import NONCE

from config import address, database, live, logs, mail, oidc, secret, storage, trust

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VOUCH_VAR") or ROOT / "var").expanduser().resolve()

DEBUG = os.environ.get("VOUCH_DEBUG") == "1"
SECRET_KEY = os.environ.get("VOUCH_SECRET_KEY") or secret.kept_in(VAR / "secret_key")

HOST, PORT = address.given()


def _allowed_hosts() -> list[str]:
    """Loopback and the bound address; every address of this machine when bound to all of them."""
    if named := os.environ.get("VOUCH_ALLOWED_HOSTS"):
        return [name.strip() for name in named.split(",")]
    hosts = ["localhost", "127.0.0.1", "[::1]", HOST]
    if HOST in ("0.0.0.0", "::"):
        name = socket.gethostname()
        try:
            hosts += [name, *{str(info[4][0]) for info in socket.getaddrinfo(name, None)}]
        except OSError:
            hosts.append(name)
    return hosts


ALLOWED_HOSTS = _allowed_hosts()

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "people",
    "labeling",
    "inference",
    "feedback",
    "demo",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.apps.StaticConfig",
    "django.contrib.postgres",
    "channels",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "rest_framework",
]

# Who else may say who somebody is; None where nothing of it is set, and then nothing of it is installed.
OIDC = oidc.given(os.environ)
if OIDC is not None:
    INSTALLED_APPS += oidc.APPS
locals().update(oidc.ALLAUTH)

# Every middleware here is async-capable: a sync one would hold a thread for the length of a `?wait=`.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.static.ServeStatic",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.views.shifts.Shifts",
    "people.views.second_factor.SecondFactors",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

DATABASES = {"default": database.configuration(os.environ.get("DATABASE_URL"), VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["people.services.passwords.CountedPasswords"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Roles whose holders have to give a code beside the password, and may do nothing before.
SECOND_FACTOR_FOR = trust.roles(os.environ.get("VOUCH_SECOND_FACTOR", ""))
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
# Of the pages that `people.views.language` renders; all others are in English.
LANGUAGES = [("en", "English"), ("sv", "Svenska")]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": storage.configured(os.environ),
    "staticfiles": {"BACKEND": "config.static.HashedStatic"},
}
# Served straight from the source folders where nothing was collected (a developer's run, the tests).
SERVESTATIC_USE_FINDERS = DEBUG
SERVESTATIC_AUTOREFRESH = DEBUG

# A capture or an imported image may be this large; anything longer is refused while it is being read.
MAX_IMAGE_BYTES = 25 * 1024 * 1024
MAX_IMPORT_IMAGES = 500
# More captures of one project than this do not wait for a prediction: their cameras are told to keep them.
MOST_PENDING = int(os.environ.get("VOUCH_MOST_PENDING") or 100_000)
# What the models that one inference process holds may take of its memory together; one alone may take more.
MOST_MODEL_BYTES = int(os.environ.get("VOUCH_MODEL_MEMORY_MB") or 2048) * 2**20
# Looks for drift at single sources older than this are dropped.
DRIFT_CHECK_DAYS = int(os.environ.get("VOUCH_DRIFT_CHECK_DAYS") or 30)
MAX_IMPORT_BYTES = 250 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_IMPORT_IMAGES + 1

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Whether webhooks may be sent to addresses inside one's own network, and by plain HTTP.
PRIVATE_WEBHOOKS = os.environ.get("VOUCH_PRIVATE_WEBHOOKS") == "1"
# Under which address people reach the pages: what letters and notifications lead to.
PUBLIC_URL = (os.environ.get("VOUCH_PUBLIC_URL") or f"http://{HOST}:{PORT}").rstrip("/")
locals().update(mail.settings(os.environ.get("VOUCH_MAIL"), os.environ.get("VOUCH_MAIL_FROM")))
# What signs notifications to phones, made by make_push_keys; several hosts share one file or copies of it.
PUSH_KEY_FILE = os.environ.get("VOUCH_PUSH_KEY") or str(VAR / "push_key")
# Whom a push service may write to about what this installation sends.
PUSH_CONTACT = os.environ.get("VOUCH_PUSH_CONTACT") or "mailto:vouch@localhost"
# Figures of every project, to whoever reaches the page: for a Prometheus on a network of its own.
METRICS_OPEN = os.environ.get("VOUCH_METRICS_OPEN") == "1"

HTTPS = os.environ.get("VOUCH_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Sending HTTP on to HTTPS is for the proxy that speaks it: health checks and the demo's camera come by plain loopback.
# Other names under the domain, and the browsers' preload list, are for its owner to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

# How many requests a minute the API takes of one caller, in each web process; 0: as many as come.
API_RATE = trust.rate(os.environ.get("VOUCH_API_RATE") or "6000")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "people.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["people.api.permissions.Denied"],
    "DEFAULT_THROTTLE_CLASSES": ["people.api.throttling.PerCaller"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["people.api.uploads.JSON"],
    "DEFAULT_SCHEMA_CLASS": "people.api.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "people.api.problems.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vouch",
    "DESCRIPTION": "Everything a page does, this API does.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Enums stay where they are used: as components their names would collide from app to app.
    "POSTPROCESSING_HOOKS": [],
}

CHANNEL_LAYERS = {"default": live.layer(os.environ)}

LOGGING = logs.configuration(os.environ)
# What a job logs names the job.
PROCRASTINATE_WORKER_DEFAULTS = {"worker_middleware": [logs.naming_job]}
