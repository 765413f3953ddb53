"""The mails of the log-in pages: plain text, short, in the reader's language, saying why they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entrepot.web.common import formats

# allauth's name of a mail: (subject, text)
_MAILS: dict[str, tuple[Any, Any]] = {
    "account/email/email_confirmation_signup": (
        _("[%(shop)s] %(code)s is your sign-up code"),
        _("Welcome. Enter this code on the page you have open, to confirm that this is your address:\n\n    %(code)s"),
    ),
    "account/email/email_confirmation": (
        _("[%(shop)s] %(code)s confirms your e-mail address"),
        _("Enter this code on the page you have open, to confirm that this is your address:\n\n    %(code)s"),
    ),
    "account/email/password_reset_code": (
        _("[%(shop)s] %(code)s resets your password"),
        _("Enter this code on the page you have open, then choose a new password:\n\n    %(code)s"),
    ),
    "account/email/account_already_exists": (
        _("[%(shop)s] You already have an account"),
        _(
            "Somebody, probably you, wanted to sign up with this address, which already has an account. Please log in; "
            "if the password is forgotten, set a new one here:\n\n    %(password_reset_url)s"
        ),
    ),
    "account/email/unknown_account": (
        _("[%(shop)s] There is no account for this address"),
        _(
            "Somebody, probably you, wanted to log in or reset a password with this address, but there is no account "
            "for it. You may have signed up with another address or with a phone number. To sign up:\n\n"
            "    %(signup_url)s"
        ),
    ),
    "account/email/password_changed": (
        _("[%(shop)s] Your password was changed"),
        _("The password of your account was changed. Access keys made before it no longer work."),
    ),
    "account/email/password_set": (_("[%(shop)s] Your password was set"), _("A password was set for your account.")),
    "account/email/password_reset": (
        _("[%(shop)s] Your password was reset"),
        _("The password of your account was reset with a code sent to you. Access keys made before it no longer work."),
    ),
    "account/email/email_changed": (
        _("[%(shop)s] Your e-mail address was changed"),
        _("You now log in with another e-mail address. This one is no longer used."),
    ),
    "account/email/email_confirm": (
        _("[%(shop)s] Your e-mail address is confirmed"),
        _("This e-mail address now belongs to your account."),
    ),
    "account/email/email_deleted": (
        _("[%(shop)s] An e-mail address was removed"),
        _("An e-mail address was removed from your account."),
    ),
    "mfa/email/totp_activated": (
        _("[%(shop)s] Two-step log-in is on"),
        _("An authenticator app was set up: from now on logging in needs a code from it."),
    ),
    "mfa/email/totp_deactivated": (
        _("[%(shop)s] Two-step log-in is off"),
        _("The authenticator app was taken off: logging in needs the password only."),
    ),
    "mfa/email/recovery_codes_generated": (
        _("[%(shop)s] New recovery codes"),
        _("New recovery codes were made for your account; the old ones no longer work."),
    ),
}


def written(name: str, shop: str, address: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text of a mail. Raises KeyError for a mail nobody has written."""
    subject, text = _MAILS[name]
    given = {"shop": shop, **values}
    parts = [text % given]
    if "code" in values:
        parts.append(gettext("The code is valid for 15 minutes. Nobody of ours will ever ask you for it."))
    if "ip" in values:
        where = {"at": formats.moment(values["timestamp"]), "ip": values["ip"], "agent": values["user_agent"]}
        parts.append(gettext("When: %(at)s\nFrom: %(ip)s\nWith: %(agent)s") % where)
        parts.append(gettext("If it was not you, reset your password at once and write to us."))
    else:
        parts.append(gettext("If it was not you, there is nothing to do: just ignore this mail."))
    parts.append(f"{shop}\n{address}")
    return subject % given, "\n\n".join(parts) + "\n"
