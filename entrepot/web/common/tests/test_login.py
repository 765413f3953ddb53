"""Sign-up, log-in, forgotten passwords and the second factor, as a visitor meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

from entrepot.audit.selectors import of_subject
from entrepot.identity import selectors, services
from entrepot.identity.tests.makers import PASSWORD, buyer, clerk, key
from entrepot.identity.types import Role
from entrepot.kit.clock import now
from entrepot.web.common.login import AccountAdapter
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db
LOGIN, SIGNUP, RESET = "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"
CODE = re.compile(r"\b(\d{6})\b")


@pytest.fixture
def texts(settings: Any, tmp_path: Path) -> Any:
    """Text messages sent so far: (number, text)."""
    settings.SMS_ADAPTER, settings.EMAIL_FILE_PATH = "entrepot.identity.sms.FileSms", str(tmp_path)

    def sent() -> list[tuple[str, str]]:
        files = [file.read_text(encoding="utf-8").split("\n", 1) for file in sorted(tmp_path.glob("*.sms"))]
        return [(number, text) for number, text in files]

    return sent


def code_in(text: str) -> str:
    found = CODE.search(text)
    assert found is not None, text
    return found[1]


def logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_sign_up_by_mail_asks_for_the_code_and_then_lets_in(client: Client) -> None:
    answer = client.post(SIGNUP, {"login": "New.Buyer@Example.com", "password1": PASSWORD, "next": "/basket/"})
    assert answer.headers["Location"].startswith("/accounts/confirm-email/")
    assert not logged_in(client)
    [message] = mail.outbox
    assert message.to == ["new.buyer@example.com"]
    asked = client.get("/accounts/confirm-email/")
    assert asked.status_code == 200
    assert '<label for="id_code">验证码</label>' in asked.content.decode()
    wrong = client.post("/accounts/confirm-email/", {"code": "000000", "action": "verify"})
    assert "验证码不正确" in wrong.content.decode()
    answer = client.post("/accounts/confirm-email/", {"code": code_in(message.body), "action": "verify"})
    assert answer.headers["Location"] == "/basket/"
    assert logged_in(client)


def test_an_address_that_begins_like_a_number_gets_its_mail(client: Client, texts: Any) -> None:
    client.post(SIGNUP, {"login": "+koala@example.com", "password1": PASSWORD})
    [message] = mail.outbox
    assert message.to == ["+koala@example.com"]
    assert code_in(message.body)


def test_sign_up_by_phone_sends_a_text(client: Client, texts: Any) -> None:
    answer = client.post(SIGNUP, {"login": "137 0000 7777", "password1": PASSWORD})
    assert answer.headers["Location"].startswith("/accounts/phone/verify/")
    [(number, text)] = texts()
    assert number == "+8613700007777"
    assert text.startswith("【Koala Lane】")
    assert client.get("/accounts/phone/verify/").status_code == 200
    client.post("/accounts/phone/verify/", {"code": code_in(text), "action": "verify"})
    assert logged_in(client)
    person_id = selectors.id_by_phone(phone="13700007777")
    assert person_id is not None
    assert selectors.login_phone(person_id=person_id) == ("+8613700007777", True)
    assert mail.outbox == []


def test_who_has_just_been_sent_a_code_and_comes_again_is_told_to_wait(client: Client, texts: Any) -> None:
    """By a second press, or having closed the page: each number is written to once in half a minute."""
    client.post(SIGNUP, {"login": "13700007777", "password1": PASSWORD})
    for path, form in ((SIGNUP, "password1"), (LOGIN, "password")):
        answer = Client().post(path, {"login": "13700007777", form: PASSWORD})
        assert answer.status_code == 429
        assert "尝试次数过多" in answer.content.decode()
    assert len(texts()) == 1


def test_an_english_visitor_is_written_to_in_english(client: Client, texts: Any) -> None:
    client.post(f"/en{SIGNUP}", {"login": "13700007777", "password1": PASSWORD})
    assert "Your code is" in texts()[0][1]
    assert selectors.person(person_id=selectors.id_by_phone(phone="13700007777")).language == "en"  # type: ignore


@pytest.mark.parametrize("login", ["buyer@example.com", " Buyer@Example.COM ", "13700007777", "+86 137 0000 7777"])
def test_log_in_by_mail_or_phone_however_it_is_written(client: Client, login: str) -> None:
    buyer(email="buyer@example.com", phone="13700007777")
    answer = client.post(LOGIN, {"login": login, "password": PASSWORD, "next": "/orders/"})
    assert answer.headers["Location"] == "/orders/"
    assert logged_in(client)


def test_somebody_with_a_phone_only_logs_in_without_a_mail_code(client: Client) -> None:
    buyer(phone="13700007777")
    client.post(LOGIN, {"login": "13700007777", "password": PASSWORD})
    assert logged_in(client)


def test_next_leads_nowhere_else(client: Client) -> None:
    buyer(email="buyer@example.com")
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post(LOGIN, {"login": "buyer@example.com", "password": PASSWORD, "next": elsewhere})
        assert answer.headers["Location"] == "/"
        client.logout()


@pytest.mark.parametrize(
    ("prefix", "sentence"), [("", "账号或密码不正确"), ("/en", "The account or the password is not right")]
)
@pytest.mark.parametrize("login", ["buyer@example.com", "nobody@example.com", "13700007777", "13700000000", "nonsense"])
def test_a_wrong_password_and_an_unknown_account_read_the_same(
    client: Client, login: str, prefix: str, sentence: str
) -> None:
    buyer(email="buyer@example.com", phone="13700007777")
    answer = client.post(prefix + LOGIN, {"login": login, "password": "not the password"})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not logged_in(client)


@pytest.mark.parametrize(
    ("prefix", "form", "sentences"),
    [
        ("", {"login": "not an address", "password1": PASSWORD}, ["请填写正确的邮箱或手机号"]),
        ("/en", {"login": "not an address", "password1": PASSWORD}, ["Enter a valid e-mail address or phone number"]),
        ("", {"login": "", "password1": ""}, ["这个字段是必填项"]),
        ("", {"login": "a@example.com", "password1": "12345678"}, ["这个密码太常见了"]),
        ("", {"login": "a@example.com", "password1": "Kq7x"}, ["密码太短，请至少使用 8 个字符"]),
        ("", {"login": "x" * 300 + "@example.com", "password1": PASSWORD}, ["最多只能包含254个字符", "254"]),
    ],
)
def test_bad_sign_ups_are_told_why_in_their_language(
    client: Client, prefix: str, form: dict[str, str], sentences: list[str]
) -> None:
    page = client.post(prefix + SIGNUP, form).content.decode()
    assert any(sentence in page for sentence in sentences), page
    assert mail.outbox == []


def test_what_is_asked_of_a_password_is_what_the_form_says(client: Client) -> None:
    """Whoever has one of figures alone is not told that it cannot be."""
    pages = [client.get(prefix + SIGNUP).content.decode() for prefix in ("", "/en")]
    assert "数字" not in pages[0] and "digits" not in pages[1]
    client.post(SIGNUP, {"login": "figures@example.com", "password1": "84620975131"})
    assert [one.to for one in mail.outbox] == [["figures@example.com"]]


def test_signing_up_with_a_taken_mail_looks_like_any_sign_up_and_tells_only_its_owner(client: Client) -> None:
    buyer(email="buyer@example.com")
    answer = client.post(SIGNUP, {"login": "buyer@example.com", "password1": PASSWORD})
    assert answer.headers["Location"].startswith("/accounts/confirm-email/")
    [message] = mail.outbox
    assert message.to == ["buyer@example.com"]
    assert CODE.search(message.body) is None
    assert client.get("/accounts/confirm-email/").status_code == 200
    client.post("/accounts/confirm-email/", {"code": "123456", "action": "verify"})
    assert not logged_in(client)


def test_signing_up_with_a_taken_phone_looks_like_any_sign_up(client: Client, texts: Any) -> None:
    buyer(phone="13700007777")
    answer = client.post(SIGNUP, {"login": "13700007777", "password1": PASSWORD})
    assert answer.headers["Location"].startswith("/accounts/phone/verify/")
    [(_, text)] = texts()
    assert "已注册" in text
    client.post("/accounts/phone/verify/", {"code": "", "action": "verify"})
    assert not logged_in(client)


@pytest.mark.parametrize("login", ["buyer@example.com", "13700007777"])
def test_of_two_who_sign_up_at_once_one_is_refused(
    client: Client, texts: Any, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    """The other's row was not there when the form looked, and is when it writes."""
    buyer(email="buyer@example.com", phone="13700007777")
    monkeypatch.setattr("entrepot.web.common.login_forms.SignupForm.validate_unique_email", lambda form, email: email)
    monkeypatch.setattr("entrepot.web.common.login.AccountAdapter.get_user_by_phone", lambda adapter, phone: None)
    answer = client.post(SIGNUP, {"login": login, "password1": PASSWORD})
    assert answer.status_code == 409
    assert "已注册" in answer.content.decode()
    assert not logged_in(client)


@pytest.mark.parametrize("login", ["buyer@example.com", "13700007777", "13700000000"])
def test_after_five_wrong_passwords_an_account_rests_and_no_other_does(client: Client, login: str) -> None:
    buyer(email="buyer@example.com", phone="13700007777")
    other = buyer(email="other@example.com", phone="13900008888")
    for _ in range(5):
        assert "不正确" in client.post(LOGIN, {"login": login, "password": "wrong"}).content.decode()
    answer = client.post(LOGIN, {"login": login, "password": PASSWORD})
    assert "尝试次数过多" in answer.content.decode()
    assert not logged_in(client)
    client.post(LOGIN, {"login": "13900008888", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(other)


def test_mail_and_phone_of_one_account_share_their_tries(client: Client) -> None:
    buyer(email="buyer@example.com", phone="13700007777")
    for login in ["13700007777", "+8613700007777", "buyer@example.com", "BUYER@example.com", "13700007777"]:
        client.post(LOGIN, {"login": login, "password": "wrong"})
    assert "尝试次数过多" in client.post(LOGIN, {"login": "137 0000 7777", "password": PASSWORD}).content.decode()


def test_thirty_log_ins_a_minute_from_one_place_are_enough(client: Client) -> None:
    answers = [client.post(LOGIN, {"login": "", "password": ""}).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    assert "尝试次数过多" in client.post(LOGIN, {}).content.decode()


def test_a_closed_account_does_not_open(client: Client) -> None:
    person = buyer(email="buyer@example.com", phone="13700007777")
    services.set_standing(person_id=person, roles=[], is_active=False, actor="boss", reason="fraud", now=now())
    for login in ("buyer@example.com", "13700007777"):
        client.post(LOGIN, {"login": login, "password": PASSWORD})
        assert not logged_in(client)


@pytest.mark.parametrize("login", ["buyer@example.com", "13700007777"])
def test_a_forgotten_password_is_reset_by_a_code(client: Client, texts: Any, login: str) -> None:
    buyer(email="buyer@example.com", phone="13700007777")
    answer = client.post(RESET, {"login": login})
    assert answer.headers["Location"] == "/accounts/password/reset/confirm/"
    sent = texts()[0][1] if login[0] == "1" else mail.outbox[0].body
    assert client.get("/accounts/password/reset/confirm/").status_code == 200
    client.post("/accounts/password/reset/confirm/", {"code": code_in(sent)})
    fresh = "a brand new passphrase"
    client.post("/accounts/password/reset/complete/", {"password1": fresh, "password2": fresh})
    assert not logged_in(client)
    client.post(LOGIN, {"login": login, "password": fresh})
    assert logged_in(client)


FRESH = "a brand new passphrase"


def reset(client: Client) -> None:
    client.post(RESET, {"login": "buyer@example.com"})
    client.post("/accounts/password/reset/confirm/", {"code": code_in(mail.outbox[-1].body)})
    client.post("/accounts/password/reset/complete/", {"password1": FRESH, "password2": FRESH})


def changed(client: Client) -> None:
    client.post(LOGIN, {"login": "buyer@example.com", "password": PASSWORD})
    form = {"oldpassword": PASSWORD, "password1": FRESH, "password2": FRESH}
    assert client.post("/accounts/password/change/", form).status_code == 302


@pytest.mark.parametrize("renew", [reset, changed])
def test_with_a_password_go_the_keys_that_were_made_while_it_was_known(
    client: Client, renew: Callable[[Client], None]
) -> None:
    """ "If it was not you, reset your password at once", we write: who came in by the old one may have made a key."""
    person, other = buyer(email="buyer@example.com"), buyer(email="other@example.com")
    secret, others = key(person), key(other)
    renew(client)
    with pytest.raises(services.BadKey):
        services.check_key(secret=secret, now=now())
    assert services.check_key(secret=others, now=now()).person_id == other
    [found] = selectors.keys(person_id=person)
    assert "identity.key_revoked" in {entry.action for entry in of_subject(subject_id=found.id)}
    later = key(person)
    assert services.check_key(secret=later, now=now()).person_id == person


def test_a_password_that_is_changed_while_the_account_is_closed_does_not_open_it() -> None:
    person = clerk(Role.CUSTOMS)
    read_before = selectors.login(person_id=person)
    assert read_before is not None
    services.set_standing(person_id=person, roles=[], is_active=False, actor="boss", reason="fraud", now=now())
    AccountAdapter().set_password(read_before, FRESH)
    found = selectors.person(person_id=person)
    assert found is not None
    assert (found.is_active, found.roles) == (False, frozenset())


@pytest.mark.parametrize("login", ["nobody@example.com", "13700000000"])
def test_an_unknown_account_is_not_told_from_a_known_one(client: Client, texts: Any, login: str) -> None:
    answer = client.post(RESET, {"login": login})
    assert answer.headers["Location"] == "/accounts/password/reset/confirm/"
    assert client.get("/accounts/password/reset/confirm/").status_code == 200
    told = [text for _, text in texts()] + [message.body for message in mail.outbox]
    assert len(told) == 1
    assert CODE.search(told[0]) is None


def test_three_wrong_codes_end_a_reset(client: Client) -> None:
    buyer(email="buyer@example.com")
    client.post(RESET, {"login": "buyer@example.com"})
    right = code_in(mail.outbox[0].body)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(3):
        client.post("/accounts/password/reset/confirm/", {"code": wrong})
    answer = client.post("/accounts/password/reset/confirm/", {"code": right})
    assert answer.headers["Location"] == "/accounts/login/"


@pytest.mark.parametrize(
    ("asked", "login", "tried"),
    [
        (RESET, "buyer@example.com", "/accounts/password/reset/confirm/"),
        (SIGNUP, "new@example.com", "/accounts/confirm-email/"),
        (SIGNUP, "13700007777", "/accounts/phone/verify/"),
    ],
)
def test_a_code_is_tried_three_times_also_at_the_same_moment(
    client: Client, texts: Any, asked: str, login: str, tried: str
) -> None:
    """By requests that have all read the session before one of them wrote it. Whoever asks for somebody's reset could
    guess as many at once as the house has threads."""
    buyer(email="buyer@example.com")
    client.post(asked, {"login": login, "password1": PASSWORD})
    right = code_in(mail.outbox[0].body if mail.outbox else texts()[0][1])
    wrong, before = "000000" if right != "000000" else "111111", dict(client.session)
    for code in (wrong, wrong, wrong, right):
        session = client.session
        session.update(before)
        session.save()
        answer = client.post(tried, {"code": code, "action": "verify"})
    assert "尝试次数过多" in answer.content.decode()
    assert not logged_in(client)


def test_only_three_resets_an_hour(client: Client) -> None:
    buyer(email="buyer@example.com")
    answers = [client.post(RESET, {"login": "buyer@example.com"}).status_code for _ in range(4)]
    assert answers == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_changing_the_phone_needs_the_password_again_and_a_code(client: Client, texts: Any) -> None:
    person = buyer(email="buyer@example.com", phone="13700007777")
    log_in(client, person)
    answer = client.post("/accounts/phone/change/", {"phone": "13900009999"})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/phone/change/"})
    assert selectors.login_phone(person_id=person) == ("+8613700007777", True)
    client.post("/accounts/phone/verify/", {"code": code_in(texts()[-1][1]), "action": "verify"})
    assert selectors.login_phone(person_id=person) == ("+8613900009999", True)


@pytest.mark.parametrize("phone", [None, "13700007777"])
def test_an_address_is_replaced_and_never_taken_off(client: Client, phone: str | None) -> None:
    """Whoever has no phone number would never come in again, and only one person can have no address in its place."""
    log_in(client, buyer(email="buyer@example.com", phone=phone))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "buyer@example.com", "action_remove": ""})
    client.logout()
    client.post(LOGIN, {"login": "buyer@example.com", "password": PASSWORD})
    assert logged_in(client)


def test_the_demo_shows_the_code_on_the_page_but_never_a_reset_code(client: Client, settings: Any, texts: Any) -> None:
    settings.DEMO = True
    client.post(SIGNUP, {"login": "13700007777", "password1": PASSWORD})
    assert f"演示环境：您的验证码是 {code_in(texts()[0][1])}" in client.get("/accounts/phone/verify/").content.decode()
    other = Client()
    buyer(phone="13700008888")
    other.post(RESET, {"login": "13700008888"})
    assert "演示环境" not in other.get("/accounts/password/reset/confirm/").content.decode()


# The second factor.


def totp_code(secret: str) -> str:
    _before, now, _after = yield_hotp_counters_from_time()  # the one before would be too old after a slow half minute
    return format_hotp_value(hotp_value(secret, now))


def activated(client: Client) -> str:
    """Set up an authenticator app in this session; returns its secret."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context_data["form"].secret  # type: ignore[attr-defined]
    answer = client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})
    assert answer.status_code == 302, answer.content.decode()
    return str(secret)


OFFICE = "/office/records/"


def test_staff_set_up_a_second_factor_before_any_page_of_the_back_office(client: Client) -> None:
    person = clerk(Role.CUSTOMS, is_demo=False)
    log_in(client, person, second_factor=False)
    answer = client.get(OFFICE)
    assert answer.headers["Location"] == "/accounts/2fa/totp/activate/?next=%2Foffice%2Frecords%2F"
    activated(client)
    answer = client.get(OFFICE)
    assert answer.headers["Location"].startswith("/accounts/2fa/reauthenticate/?next=")


def test_staff_log_in_with_password_and_code(client: Client) -> None:
    from entrepot.identity.tests.makers import NOW
    from entrepot.identity.types import PersonDraft

    draft = PersonDraft(password=PASSWORD, email="clerk@example.com", roles=frozenset({Role.CUSTOMS}))
    person = services.enrol(draft=draft, now=NOW)
    secret = activated(log_in(Client(), person, second_factor=False))
    answer = client.post(LOGIN, {"login": "clerk@example.com", "password": PASSWORD, "next": OFFICE})
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert not logged_in(client)
    assert client.get("/accounts/2fa/authenticate/").status_code == 200
    assert "验证码不正确。" in client.post("/accounts/2fa/authenticate/", {"code": "wrong"}).content.decode()
    answer = client.post("/accounts/2fa/authenticate/", {"code": totp_code(secret)})
    assert logged_in(client)
    assert client.get(OFFICE).status_code == 200


def test_the_secret_of_a_second_factor_is_sealed(client: Client) -> None:
    from allauth.mfa.models import Authenticator

    person = clerk(Role.CUSTOMS)
    secret = activated(log_in(client, person, second_factor=False))
    stored = [row.data for row in Authenticator.objects.filter(user_id=person)]
    assert len(stored) == 2
    assert secret not in str(stored)


@pytest.mark.parametrize(
    ("demo_runs", "demo_person", "status"), [(True, True, 200), (True, False, 302), (False, True, 302)]
)
def test_only_demo_people_in_a_running_demo_skip_it(
    client: Client, settings: Any, demo_runs: bool, demo_person: bool, status: int
) -> None:
    settings.DEMO = demo_runs
    log_in(client, clerk(Role.CUSTOMS, is_demo=demo_person), second_factor=False)
    assert client.get(OFFICE).status_code == status


def test_the_admins_own_log_in_page_is_no_way_around(client: Client) -> None:
    clerk(Role.CUSTOMS)
    answer = client.post("/office/records/login/", {"username": "x", "password": PASSWORD})
    assert answer.headers["Location"].startswith("/accounts/login/")
