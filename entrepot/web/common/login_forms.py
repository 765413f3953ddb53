"""Forms of the log-in pages: one field takes an e-mail address or a phone number, everywhere the same."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context as allauth_context
from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from entrepot.identity import selectors

login_length_max = 254


class PhoneField(forms.CharField):
    """A phone number as people write it; without a country code it is Chinese. Cleans to E.164."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Phone number"))
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        number = selectors.e164(text=text)
        if number is None:
            raise ValidationError(_("Enter a valid phone number."), code="invalid_phone")
        return number


def login_field(autocomplete: str) -> forms.CharField:
    attrs = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(
        label=_("E-mail or phone number"), max_length=login_length_max, widget=forms.TextInput(attrs=attrs)
    )


def as_address(text: str) -> tuple[str, str]:
    """("email", lower case) or ("phone", E.164) of what somebody typed. Raises ValidationError for neither."""
    text = text.strip()
    try:
        validate_email(text)
    except ValidationError:
        number = selectors.e164(text=text)
        if number is None:
            raise ValidationError(_("Enter a valid e-mail address or phone number."), code="invalid_login") from None
        return "phone", number
    return "email", text.lower()


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = login_field("username")
        self.fields["remember"].label = _("Keep me logged in")
        self.order_fields(["login", "password", "remember"])

    @property
    def demo_people(self) -> list[dict[str, str]]:
        """Log-ins to show beside the form while the demo runs."""
        if not settings.DEMO:
            return []
        return [
            {"name": name, "login": email, "password": settings.DEMO_PASSWORD}
            for name, email in selectors.demo_logins()
        ]


class SignupForm(allauth_forms.SignupForm):
    """E-mail or phone in one field, and a password. allauth goes on with the one that it turned out to be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "phone"):
            self.fields.pop(name, None)
        self.fields["login"] = login_field("username")
        self.order_fields(["login", "password1"])

    def clean_login(self) -> str:
        kind, address = as_address(self.cleaned_data["login"])
        if kind == "email":
            address = self.validate_unique_email(get_adapter().clean_email(address))
        self.cleaned_data[kind] = address
        return address


class _Tried:
    """Three tries a code, counted where all meet who try at the same moment. allauth counts in the session, which each
    of them has read before another writes it."""

    expected_code: str

    def clean_code(self) -> str:
        request = allauth_context.request
        if not ratelimit.consume(request, action="try_code", key=f"{request.session.session_key}:{self.expected_code}"):
            raise get_adapter().validation_error("too_many_login_attempts")
        return super().clean_code()  # type: ignore[misc,no-any-return]


class ConfirmPasswordResetCodeForm(_Tried, allauth_forms.ConfirmPasswordResetCodeForm):
    pass


class ConfirmEmailVerificationCodeForm(_Tried, allauth_forms.ConfirmEmailVerificationCodeForm):
    pass


class VerifyPhoneForm(_Tried, allauth_forms.VerifyPhoneForm):
    pass


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """Asks for the address; a code goes to it. Says the same whether or not there is such an account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"]
        self.fields["login"] = login_field("username")

    def clean_login(self) -> str:
        kind, address = as_address(self.cleaned_data["login"])
        if kind == "email":
            self.users = filter_users_by_email(address, is_active=True, prefer_verified=True, for_login=True)
        else:
            user = get_adapter().get_user_by_phone(address)
            self.users = [user] if user else []
        # allauth's name for where the code goes; the adapter sends a text message where it is a phone number.
        self.cleaned_data["email"] = address
        return address
