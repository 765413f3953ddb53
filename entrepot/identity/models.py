"""People, their addresses, real-name records and access keys.

Names, phones and ID numbers of buyers are sealed columns (`entrepot.kit.sealing`), bound to table, column and row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from entrepot.identity.rules import permits
from entrepot.identity.types import Role
from entrepot.kit.ids import new_id

_ROLES = [role.value for role in Role]


class People(BaseUserManager["Person"]):
    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> Person:
        person = self.model(email=email.lower() if email else None, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Person:
        return self.create_user(email, password, is_superuser=True, **fields)


class Person(AbstractBaseUser):
    """Somebody who logs in. Buyers hold no role; staff hold some; a superuser holds all.

    E-mail addresses are stored in lower case, phone numbers (E.164) sealed with a keyed hash beside them. `is_demo`
    marks the demo's people: while ENTREPOT_DEMO is set they may enter the back office without a second factor.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField("e-mail", null=True, blank=True, unique=True)
    phone_sealed = models.BinaryField(null=True, blank=True)
    phone_hash = models.BinaryField(null=True, blank=True, max_length=32)
    phone_verified = models.BooleanField(default=False)
    display_name = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    roles = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = People()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="person_email_lower"),
            models.UniqueConstraint(fields=["phone_hash"], name="person_phone_once"),
            models.CheckConstraint(
                condition=Q(phone_sealed__isnull=True, phone_hash__isnull=True, phone_verified=False)
                | Q(phone_sealed__isnull=False, phone_hash__isnull=False),
                name="person_phone_whole",
            ),
            models.CheckConstraint(condition=Q(roles__contained_by=_ROLES), name="person_roles_known"),
        ]

    def __str__(self) -> str:
        """Shown and logged: never the e-mail or phone."""
        return self.display_name or str(self.id)

    @property
    def role_set(self) -> frozenset[Role]:
        return frozenset(Role) if self.is_superuser else frozenset(Role(role) for role in self.roles)

    @property
    def is_staff(self) -> bool:
        return self.is_superuser or bool(self.roles)

    # What Django's admin asks of a user. Permissions follow from roles; there are no groups and no permission rows.
    def has_perm(self, permission: str, obj: object | None = None) -> bool:
        if not self.is_active:
            return False
        app_label, _, codename = permission.partition(".")
        return self.is_superuser or permits(roles=self.role_set, app_label=app_label, action=codename.partition("_")[0])

    def has_perms(self, permissions: Iterable[str], obj: object | None = None) -> bool:
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(f"{app_label}.view_any")


class Address(models.Model):
    """A delivery address in China. Division codes are GB/T 2260, six digits each."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    recipient_sealed = models.BinaryField()
    phone_sealed = models.BinaryField()
    detail_sealed = models.BinaryField()
    province_code = models.CharField(max_length=6)
    city_code = models.CharField(max_length=6)
    district_code = models.CharField(max_length=6)
    # The names as chosen: divisions are renamed and merged, an address stays what it was.
    province = models.CharField(max_length=40)
    city = models.CharField(max_length=40)
    district = models.CharField(max_length=40)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "addresses"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer"], condition=Q(is_default=True), name="address_one_default"),
            models.CheckConstraint(
                condition=Q(province_code__regex=r"^[1-9][0-9]0000$")
                & Q(city_code__regex=r"^[0-9]{6}$")
                & Q(district_code__regex=r"^[0-9]{6}$"),
                name="address_division_codes",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RealName(models.Model):
    """Name and resident ID number (GB 11643) of a buyer, for customs and payment. Never shown but masked."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    name_sealed = models.BinaryField()
    id_number_sealed = models.BinaryField()
    id_hash = models.BinaryField(max_length=32, db_index=True)
    phone_sealed = models.BinaryField()
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "real-name record"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["buyer", "id_hash"], condition=Q(dropped_at__isnull=True), name="real_name_once"
            ),
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(name_sealed=b"", id_number_sealed=b"", phone_sealed=b""),
                name="real_name_purged_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Consent(models.Model):
    """Separate consent to one purpose (PIPL art. 29): what was shown and when it was given. Outlives the data."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    real_name_id = models.UUIDField(db_index=True)
    purpose = models.CharField(max_length=40)
    wording = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer", "real_name_id", "purpose"], name="consent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.given_at:%Y-%m-%d}"


class AccessKey(models.Model):
    """A key for the API. Only a hash of the secret is stored; `prefix` lets people tell their keys apart."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
