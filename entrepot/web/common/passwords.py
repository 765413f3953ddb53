"""What a password must be."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _


class LongEnough(password_validation.MinimumLengthValidator):
    """At least eight characters. Django's own sentence has no Chinese in its catalogue of 5.2."""

    def get_error_message(self) -> str:
        return _("This password is too short: use at least %(count)d characters.") % {"count": self.min_length}
