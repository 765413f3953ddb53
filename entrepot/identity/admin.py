"""People in the back office: masked, with their roles to give and take, and accounts to close.

Log-in addresses, second factors and groups that other packages register are taken out: they show personal data in the
clear or decide nothing here.
"""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from entrepot.identity import selectors, services
from entrepot.identity.models import AccessKey, Consent, Person
from entrepot.identity.types import Role
from entrepot.kit.clock import now

for registered in (EmailAddress, Authenticator, Group):
    if admin.site.is_registered(registered):
        admin.site.unregister(registered)

ROLE_NAMES = {
    Role.OPERATOR: "运营管理 · operator",
    Role.CATALOGUE: "商品 · catalogue",
    Role.WAREHOUSE: "仓库 · warehouse",
    Role.CUSTOMS: "关务 · customs",
    Role.SERVICE: "客服 · service",
    Role.FINANCE: "财务 · finance",
    Role.PURCHASING: "采购 · purchasing",
}


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Roles and whether the account is open; both only with a reason, which is logged."""

    roles = forms.MultipleChoiceField(
        label="角色 · roles",
        choices=[(role.value, name) for role, name in ROLE_NAMES.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    reason = forms.CharField(label="理由 · reason", max_length=200, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Person
        fields = ("is_active",)
        labels: ClassVar[dict[str, str]] = {"is_active": "账号可用 · account open"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["roles"] = list(self.instance.roles)


@admin.register(Person)
class PersonAdmin(ModelAdmin):  # type: ignore[misc]
    form = PersonForm
    list_display = ("name", "masked_email", "masked_phone", "role_names", "is_active", "date_joined")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("display_name", "=email")
    ordering = ("-date_joined",)
    list_per_page = 50
    show_full_result_count = False
    fields = ("name", "masked_email", "masked_phone", "date_joined", "last_login", "is_active", "roles", "reason")
    readonly_fields = ("name", "masked_email", "masked_phone", "date_joined", "last_login")

    @admin.display(description="姓名 · name")
    def name(self, person: Person) -> str:
        return str(person)

    @admin.display(description="邮箱 · e-mail")
    def masked_email(self, person: Person) -> str:
        return selectors.profile(row=person).email or "–"

    @admin.display(description="手机 · phone")
    def masked_phone(self, person: Person) -> str:
        return selectors.profile(row=person).phone or "–"

    @admin.display(description="角色 · roles")
    def role_names(self, person: Person) -> str:
        return "、".join(ROLE_NAMES[role] for role in Role if role in person.role_set) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Person], search_term: str
    ) -> tuple[QuerySet[Person], bool]:
        """By name, by a whole e-mail address (by its parts what is masked could be guessed letter by letter), and by a
        whole phone number through its keyed hash."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        if person_id := selectors.id_by_phone(phone=search_term):
            found = found | queryset.filter(id=person_id)
        return found, distinct

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The filters alone: by any other field an address could ask for a password's hash letter by letter."""
        return lookup.partition("__")[0] in self.list_filter

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        """Nobody changes themselves, and only a superuser changes a superuser."""
        allowed = bool(super().has_change_permission(request, obj))
        if obj is None or not allowed:
            return allowed
        return obj.pk != request.user.pk and (request.user.is_superuser or not obj.is_superuser)

    def save_model(self, request: HttpRequest, obj: Person, form: PersonForm, change: bool) -> None:
        services.set_standing(
            person_id=obj.id,
            roles={Role(role) for role in form.cleaned_data["roles"]},
            is_active=form.cleaned_data["is_active"],
            actor=str(request.user.pk),
            reason=form.cleaned_data["reason"],
            now=now(),
        )


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessKey)
class AccessKeyAdmin(ReadOnly):
    list_display = ("name", "prefix", "person", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    fields = list_display
    search_fields = ("name", "prefix")
    ordering = ("-created_at",)


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ("buyer", "purpose", "wording", "given_at", "withdrawn_at")
    fields = (*list_display, "real_name_id")
    ordering = ("-given_at",)
