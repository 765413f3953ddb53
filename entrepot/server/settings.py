"""Settings come from the environment only; `entrepot check` says what is missing and what is unsafe."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from entrepot.server.declaring import *  # noqa: F403 its settings are ours
from entrepot.server.given import flag as _flag
from entrepot.server.given import index_key, keys
from entrepot.server.given import log_level as _log_level
from entrepot.server.given import names as _names
from entrepot.server.given import number as _number
from entrepot.server.given import required as _required
from entrepot.server.serving import *  # noqa: F403 these too
from entrepot.server.serving import DATABASE_PATIENCE

PACKAGE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ENTREPOT_HOME", Path.cwd() / "var")).resolve()


def _database(url: str) -> dict[str, object]:
    """A `postgresql://user:password@host:port/name?option=value` address; `?host=/path` means a socket directory."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must be a postgresql:// address: Entrepot runs on PostgreSQL only")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "entrepot.server.database",
        "NAME": unquote(parts.path.lstrip("/")) or "entrepot",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **DATABASE_PATIENCE,
            **options,
            "prepare_threshold": 0,
        },  # at once: each of many threads writes a batch now and then
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


DEBUG = False
DEMO = _flag("ENTREPOT_DEMO")  # demo log-ins on the log-in page, sandbox as the outside world
SECRET_KEY = _required("SECRET_KEY", str)
ENTREPOT_FIELD_KEYS = _required("ENTREPOT_FIELD_KEYS", keys)
ENTREPOT_INDEX_KEY = _required("ENTREPOT_INDEX_KEY", index_key)
DATABASES = {"default": _required("DATABASE_URL", _database)}
FOUR_EYES_FROM_FEN = _number("ENTREPOT_FOUR_EYES_FROM_FEN", 10_000_000)  # purchases: another approves
ALLOWED_HOSTS = _names(os.environ.get("ENTREPOT_HOSTS", "127.0.0.1,localhost"))
PUBLIC_URL = os.environ.get("ENTREPOT_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# The outside world. The sandbox speaks all three protocols for the demo and the tests.
SANDBOX_URL = os.environ.get("ENTREPOT_SANDBOX_URL", "http://127.0.0.1:8099").rstrip("/")
PAYMENT_URL = os.environ.get("ENTREPOT_PAYMENT_URL", f"{SANDBOX_URL}/pay")
PAYMENT_SECRET = os.environ.get("ENTREPOT_PAYMENT_SECRET", "")
# Ask the provider to reserve the sum first and take it in a second step, as card houses do; wallets take it at once.
PAYMENT_AUTHORISE_FIRST = _flag("ENTREPOT_PAYMENT_AUTHORISE_FIRST")
CARRIER_URL = os.environ.get("ENTREPOT_CARRIER_URL", f"{SANDBOX_URL}/carrier")
CARRIER_SECRET = os.environ.get("ENTREPOT_CARRIER_SECRET", "")
CARRIER_NOTIFY_URL = f"{PUBLIC_URL}/callbacks/carriers/sandbox"
CUSTOMS_URL = os.environ.get("ENTREPOT_CUSTOMS_URL", f"{SANDBOX_URL}/customs")
CUSTOMS_KEY_FILE = os.environ.get("ENTREPOT_CUSTOMS_KEY_FILE", f"{HOME}/keys/customs.pem")
_THEIRS = f"{HOME}/keys/customs-port.pem"
CUSTOMS_PORT_CERTIFICATE_FILE = os.environ.get("ENTREPOT_CUSTOMS_PORT_CERTIFICATE_FILE", _THEIRS)
CUSTOMS_NOTIFY_URL = f"{PUBLIC_URL}/callbacks/customs"
# Who signs: the key in a PEM "file" or a "pkcs12" file, or a "service" that holds it (customs/signer.py).
CUSTOMS_SIGNER = os.environ.get("ENTREPOT_CUSTOMS_SIGNER", "file")
CUSTOMS_KEY_PASSWORD = os.environ.get("ENTREPOT_CUSTOMS_KEY_PASSWORD", "")
CUSTOMS_CERTIFICATE_FILE = os.environ.get("ENTREPOT_CUSTOMS_CERTIFICATE_FILE", "")  # where it is not with the key
CUSTOMS_SIGNER_URL = os.environ.get("ENTREPOT_CUSTOMS_SIGNER_URL", "")
CUSTOMS_SIGNER_TOKEN = os.environ.get("ENTREPOT_CUSTOMS_SIGNER_TOKEN", "")
CUSTOMS_SIGNER_TAKES = os.environ.get("ENTREPOT_CUSTOMS_SIGNER_TAKES", "data")  # or "digest"
CUSTOMS_SM2 = os.environ.get("ENTREPOT_CUSTOMS_SM2", "signers")  # or "annex": docs/adr/0028-sm2.md
CUSTOMS_TRANSPORT = os.environ.get("ENTREPOT_CUSTOMS_TRANSPORT", "http")  # or "folder"
CUSTOMS_FOLDER = os.environ.get("ENTREPOT_CUSTOMS_FOLDER", str(HOME / "customs"))
# Who declares, "code:name" as registered with customs. The made-up ones are for the sandbox port only.
_PRETEND = "ENTREPOT_CUSTOMS_URL" not in os.environ
CUSTOMS_PLATFORM = os.environ.get("ENTREPOT_CUSTOMS_PLATFORM", "3301960SBP:考拉小巷跨境电商平台" if _PRETEND else "")
CUSTOMS_MERCHANT = os.environ.get("ENTREPOT_CUSTOMS_MERCHANT", "3301960SBM:沙盒国际贸易有限公司" if _PRETEND else "")
CUSTOMS_AGENT = os.environ.get("ENTREPOT_CUSTOMS_AGENT", "3301980SBA:沙盒报关有限公司" if _PRETEND else "")
CUSTOMS_ASSURE_CODE = os.environ.get("ENTREPOT_CUSTOMS_ASSURE_CODE", "3301960SBG" if _PRETEND else "")
CUSTOMS_DXP_ID = os.environ.get("ENTREPOT_CUSTOMS_DXP_ID", "DXPENT0000SANDBOX" if _PRETEND else "")
CUSTOMS_RECEIVER = os.environ.get("ENTREPOT_CUSTOMS_RECEIVER", "DXPEDCCEB0000002")
OUTSIDE_TIMEOUT_S = 5.0

INSTALLED_APPS = [
    "entrepot.web.backoffice",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "entrepot.server.static_files.Files",
    "django_htmx",
    "csp",
    "ninja",  # the documentation page of the API with its scripts and styles
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "entrepot.outbox",
    "entrepot.audit",
    "entrepot.repeats",
    "entrepot.identity",
    "entrepot.catalogue",
    "entrepot.tariff",
    "entrepot.storefronts",
    "entrepot.stock",
    "entrepot.pricing",
    "entrepot.basket",
    "entrepot.orders",
    "entrepot.payments",
    "entrepot.procurement",
    "entrepot.shipping",
    "entrepot.consignments",
    "entrepot.replenishment",
    "entrepot.customs",
    "entrepot.provenance",
    "entrepot.checkout",
    "entrepot.returns",
    "entrepot.receiving",
    "entrepot.histories",
    "entrepot.shelf",
    "entrepot.recalls",
    "entrepot.insight",
    "entrepot.web.common",
    "entrepot.web.storefront",
    "entrepot.web.rest",
    "entrepot.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "entrepot.web.common.headers.Policy",
    "entrepot.web.common.headers.Headers",
    "entrepot.web.backoffice.middleware.OfficePolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "entrepot.web.common.middleware.PlainLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "entrepot.web.common.middleware.NoNul",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "entrepot.web.common.middleware.Refusals",
    "entrepot.web.common.access.Gate",
    "entrepot.web.storefront.shopper.CarryBasket",
]

ROOT_URLCONF = "entrepot.server.urls"
WSGI_APPLICATION = "entrepot.server.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "entrepot.web.common.templating.Templates",
        "DIRS": [],
        "APP_DIRS": True,  # entrepot/web/*/jinja2/
        "OPTIONS": {
            "environment": "entrepot.web.common.templating.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "entrepot.web.storefront.shell.shell",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

CACHES = {
    # Throttles are counted here: shared by all processes. Created by `entrepot migrate`. Where it is full a third of
    # all counts is lost, and the limits with them; what has run out goes every night.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
        "KEY_FUNCTION": "entrepot.web.common.cache_keys.keyed",
    },
    # Rebuildable, per process.
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2_000}},
}

AUTH_USER_MODEL = "identity.Person"
AUTHENTICATION_BACKENDS = ["entrepot.web.common.backend.Backend"]
PASSWORD_HASHERS = ["entrepot.identity.hashers.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "entrepot.web.common.passwords.LongEnough"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"  # in the visitor's language
EMAIL_BACKEND = os.environ.get("ENTREPOT_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(HOME / "mail")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("ENTREPOT_EMAIL_FROM", "shop@localhost")
_SMTP = urlsplit(os.environ.get("ENTREPOT_SMTP", ""))  # smtp://user:password@host:587 (STARTTLS) or smtps://… (TLS)
if _SMTP.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _SMTP.hostname, _SMTP.port or (465 if _SMTP.scheme == "smtps" else 587)
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_SMTP.username or ""), unquote(_SMTP.password or "")
    EMAIL_USE_SSL, EMAIL_USE_TLS = _SMTP.scheme == "smtps", _SMTP.scheme == "smtp"
    EMAIL_TIMEOUT = OUTSIDE_TIMEOUT_S
DEMO_PASSWORD = "koala-lane-demo"  # noqa: S105 of the demo's people, printed at the start and on the log-in page
SHOP_NAME = os.environ.get("ENTREPOT_SHOP_NAME", "Koala Lane")  # in mails and text messages of the log-in pages
SMS_URL = os.environ.get("ENTREPOT_SMS_URL", "")  # the operator's gateway (entrepot/identity/sms.py)
SMS_TOKEN = os.environ.get("ENTREPOT_SMS_TOKEN", "")
SMS_ADAPTER = "entrepot.identity.sms.FileSms" if DEMO and not SMS_URL else "entrepot.identity.sms.GatewaySms"

# Log-in pages (django-allauth). Nobody learns from them whether an account exists.
ACCOUNT_ADAPTER = "entrepot.web.common.login.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "entrepot.web.common.login_forms.LoginForm",
    "signup": "entrepot.web.common.login_forms.SignupForm",
    "reset_password": "entrepot.web.common.login_forms.ResetPasswordForm",
    "confirm_password_reset_code": "entrepot.web.common.login_forms.ConfirmPasswordResetCodeForm",
    "confirm_email_verification_code": "entrepot.web.common.login_forms.ConfirmEmailVerificationCodeForm",
    "verify_phone": "entrepot.web.common.login_forms.VerifyPhoneForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]  # our form asks for one of the two in one field
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "entrepot.web.common.login.display"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 900
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 2  # the one in use and the one that replaces it
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
# Six digits, three tries a code, five codes a day: who tries all of them finds one in 180 years, and is noticed.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "10/m/ip,60/h/ip",
    "confirm_email": "1/10s/key,10/d/key",
    "change_phone": "5/m/user",
    "verify_phone": "1/30s/key,10/d/key,5/m/ip",
    "reset_password": "20/m/ip,3/h/key,5/d/key",
    "try_code": "3/900s/key",  # as long as a code is valid
}
ALLAUTH_TRUSTED_PROXY_COUNT = _number("ENTREPOT_PROXIES", int(_flag("ENTREPOT_BEHIND_PROXY")))
MFA_ADAPTER = "entrepot.web.common.login.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Entrepot"
MFA_TOTP_TOLERANCE = 1  # clocks may differ by half a minute

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("ENTREPOT_STATIC_ROOT", str(HOME / "static"))
# Served with hashed names after `entrepot collectstatic`; tests read them straight from the packages.
STATIC_FROM_PACKAGES = _flag("ENTREPOT_STATIC_FROM_PACKAGES")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_FROM_PACKAGES
        else "entrepot.server.static_files.Storage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = STATIC_FROM_PACKAGES  # else each test client reads them all
MEDIA_URL = "/media/"
MEDIA_ROOT = os.environ.get("ENTREPOT_MEDIA_ROOT", str(HOME / "media"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # an inbound declaration has 2,000 lots, each with its count and its reason
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Cookies and transport. Plain HTTP is allowed only for the laptop (PUBLIC_URL says which it is).
_TLS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = _TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
if _TLS:  # a browser takes __Host- cookies only over TLS, for this host alone: no other subdomain can plant one
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_ENGINE = "entrepot.web.common.sessions"
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # who asks whether we live asks the machine, not the proxy before it
SECURE_HSTS_SECONDS = 31_536_000 if _TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("ENTREPOT_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "entrepot.web.common.errors.stale_form"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "media-src": [SELF],
        # Paying is a form that leads on to the provider's page; browsers check the redirect too.
        "form-action": [SELF, _origin(PAYMENT_URL)],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "upgrade-insecure-requests": _TLS,
    }
}
CSP_NONCE = NONCE  # pages that need one inline style or script (the back office's theme) ask for a nonce
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "entrepot.server.logs.Discreet",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"brief": {"()": "entrepot.web.common.away.Brief"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["brief"]}},
    "root": {"handlers": ["stderr"], "level": _log_level("ENTREPOT_LOG")},
    "loggers": {"httpx": {"level": "WARNING"}, "procrastinate": {"level": "WARNING"}},
}

UNFOLD = {
    "SITE_TITLE": "Entrepot",
    "SITE_HEADER": "Entrepot",
    "SITE_SUBHEADER": "entrepot.web.backoffice.navigation.subheader",
    "SITE_URL": "/",
    "SITE_SYMBOL": "warehouse",
    "SHOW_HISTORY": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("office_language")},
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .013 237)",
            "100": "oklch(93.5% .03 237)",
            "200": "oklch(88% .055 238)",
            "300": "oklch(80% .09 240)",
            "400": "oklch(69% .12 242)",
            "500": "oklch(58% .13 245)",
            "600": "oklch(49% .12 247)",
            "700": "oklch(43% .105 249)",
            "800": "oklch(37% .085 250)",
            "900": "oklch(31% .065 251)",
            "950": "oklch(23% .045 252)",
        }
    },
    "ACCOUNT": {"navigation": "entrepot.web.backoffice.navigation.account"},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": True,
        "navigation": "entrepot.web.backoffice.navigation.sidebar",
    },
}
