"""How allauth's log-in pages meet our people: phone numbers, text messages, throttles, sealed second factors."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account import stages
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from entrepot.identity import selectors, services
from entrepot.kit.clock import now
from entrepot.kit.sealing import sealer
from entrepot.web.common import mails
from entrepot.web.common.access import may_enter
from entrepot.web.common.login_forms import PhoneField

_WRONG = _("The account or the password is not right.")


def display(user: AbstractBaseUser) -> str:
    """How a person is called on pages and in mails: their name, else their masked address."""
    profile = selectors.person(person_id=user.pk)
    if profile is None:
        return ""
    return profile.display_name or profile.email or profile.phone


class AccountAdapter(DefaultAccountAdapter):
    error_messages: dict[str, Any] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _WRONG,
        "phone_password_mismatch": _WRONG,
        "username_password_mismatch": _WRONG,
        "incorrect_code": _("The code is not right."),
        "too_many_login_attempts": _("Too many attempts. Please try again in a few minutes."),
        "rate_limited": _("Too many requests. Please try again in a minute."),
    }

    # -- people ----------------------------------------------------------------------------------------------------
    def new_user(self, request: HttpRequest) -> Any:
        user: Any = super().new_user(request)
        user.language = get_language() or settings.LANGUAGE_CODE
        return user

    def save_user(self, request: HttpRequest, user: AbstractBaseUser, form: Any, commit: bool = True) -> Any:
        """The person and their phone number, both or neither. Refuses AddressTaken where two sign up at once."""
        try:
            with transaction.atomic():
                return super().save_user(request, user, form, commit)
        except IntegrityError as taken:
            raise services.AddressTaken(field="login") from taken

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """With the password go the access keys: whoever knew the old one may have made some. Nothing else of the row is
        written, which may have been read before its roles were taken away or the account was closed."""
        user.set_password(password)
        with transaction.atomic():
            user.save(update_fields=["password"])
            services.revoke_keys(person_id=user.pk, now=now())

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    def get_phone(self, user: AbstractBaseUser) -> tuple[str, bool] | None:
        return selectors.login_phone(person_id=user.pk)

    def set_phone(self, user: AbstractBaseUser, phone: str, verified: bool) -> None:
        services.attach_phone(person_id=user.pk, phone=phone, verified=verified)

    def set_phone_verified(self, user: AbstractBaseUser, phone: str) -> None:
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone: str) -> AbstractBaseUser | None:
        person_id = selectors.id_by_phone(phone=phone)
        return selectors.login(person_id=person_id) if person_id else None

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **hook: Any) -> Any:
        """The demo's people have a password that everybody knows: they come in while the demo runs, and never else."""
        if not may_enter(user):
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **hook)

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.account.stages.EmailVerificationStage": "entrepot.web.common.login.EmailVerificationStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """An address gives way to another one, and is never taken off: its owner logs in by it and is written to."""
        return not email_address.primary

    # -- throttles -------------------------------------------------------------------------------------------------
    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Attempts are counted by account, whichever way it is named. allauth's own key leaves phone numbers out."""
        login = credentials.get("email") or credentials.get("phone") or credentials.get("username") or ""
        person_id = selectors.id_by_login(login=login)
        return f"login:{person_id or login.strip().lower()}"

    # -- messages --------------------------------------------------------------------------------------------------
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mail; where the "address" is a phone number, a text message instead."""
        if email.startswith("+") and "@" not in email:
            self._text(template_prefix, email, context)
            return
        super().send_mail(template_prefix, email, context)
        self._tell_in_demo(template_prefix, context.get("code"))

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        subject, text = mails.written(template_prefix, settings.SHOP_NAME, settings.PUBLIC_URL, context)
        to = [email] if isinstance(email, str) else email
        return EmailMessage(subject, text, self.get_from_email(), to, headers=headers)

    def _text(self, template_prefix: str, phone: str, context: dict[str, Any]) -> None:
        if code := context.get("code"):
            self._send_code(phone, code)
        elif template_prefix.endswith("unknown_account"):
            self.send_unknown_account_sms(phone)

    def send_verification_code_sms(self, user: AbstractBaseUser, phone: str, code: str, **kwargs: Any) -> None:
        self._send_code(phone, code)
        self._tell_in_demo("verification", code)

    def _send_code(self, phone: str, code: str) -> None:
        text = gettext("[%(shop)s] Your code is %(code)s, valid for 15 minutes. Give it to nobody.")
        services.send_text(phone=phone, text=text % {"shop": settings.SHOP_NAME, "code": code})

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        text = gettext("[%(shop)s] Somebody tried to log in with this number. There is no account for it here.")
        services.send_text(phone=phone, text=text % {"shop": settings.SHOP_NAME})

    def send_account_already_exists_sms(self, phone: str) -> None:
        text = gettext("[%(shop)s] This number already has an account: please log in, or reset the password.")
        services.send_text(phone=phone, text=text % {"shop": settings.SHOP_NAME})

    def _tell_in_demo(self, template_prefix: str, code: str | None) -> None:
        """The demo has no mailbox: sign-up codes are shown on the page. Codes that reset a password never are."""
        if settings.DEMO and code and "password_reset" not in template_prefix:
            text = gettext("Demo: your code is %(code)s. A real shop sends it by mail or text message.")
            messages.info(allauth_context.request, text % {"code": code})


class EmailVerificationStage(stages.EmailVerificationStage):
    """Asks for the code that proves an e-mail address, but not of people who log in by a proven phone number."""

    def handle(self) -> Any:
        if self.login.user is not None and self.login.email is None:
            phone = selectors.login_phone(person_id=self.login.user.pk)
            if phone is not None and phone[1]:
                return None, True
        return super().handle()  # type: ignore[no-untyped-call]


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed like other personal data."""

    error_messages: dict[str, Any] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is not right."),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(sealer().seal(text, "mfa.secret")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return sealer().open(base64.b64decode(encrypted_text), "mfa.secret")

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return display(user)
