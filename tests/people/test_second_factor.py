"""A code beside the password: set up, asked, once each, required where the installation says so, and taken away."""

import time

import pyotp
import pytest
from django.core.management import CommandError, call_command

from people.domain import one_time_codes
from people.models import AuditEvent, RecoveryCode, SecondFactor
from people.services import second_factors, sign_in_codes
from people.services.anonymising import anonymise
from people.services.sign_in_attempts import TooManyAttempts
from people.views import second_factor
from tests.factories.people import PASSWORD, UserFactory, member

pytestmark = pytest.mark.django_db

# RFC 6238, appendix B: SHA-1 over the ASCII "12345678901234567890", the last six of its eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_rfc(at, code):
    assert one_time_codes.step_of(RFC_SECRET, code, now=at) == at // 30
    assert one_time_codes.step_of(RFC_SECRET, f"{code[:3]} {code[3:]}", now=at) == at // 30
    assert one_time_codes.step_of(RFC_SECRET, code, now=at, after=at // 30) is None
    assert one_time_codes.step_of(RFC_SECRET, code, now=at + 90) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "٢٨٧٠٨٢", "abcdef", "0" * 10_000])
def test_what_is_no_code_is_none(code):
    assert one_time_codes.step_of(RFC_SECRET, code, now=59) is None


class Phone:
    """An authenticator app, and a clock that goes on by half a minute with each code."""

    def __init__(self, monkeypatch):
        self.now = time.time()
        monkeypatch.setattr(second_factors.time, "time", lambda: self.now)

    def code(self, secret):
        self.now += 30
        return pyotp.TOTP(secret).at(self.now)


@pytest.fixture
def phone(monkeypatch):
    return Phone(monkeypatch)


@pytest.fixture
def user(phone):
    made = UserFactory()
    secret = one_time_codes.new_secret()
    made.codes = second_factors.set_up(user=made, secret=secret, code=phone.code(secret))
    made.secret = secret
    return made


def give_password(client, user, following=""):
    return client.post("/login/", {"username": user.username, "password": PASSWORD, "next": following})


def test_the_password_alone_signs_nobody_in(client, user, phone):
    assert give_password(client, user, "/second-factor/").url == "/login/code/"
    assert client.get("/").url == "/login/?next=/"
    assert client.get("/login/code/").status_code == 200
    wrong = client.post("/login/code/", {"code": "000000"})
    assert wrong.status_code == 400
    assert "not the code" in wrong.content.decode()
    right = client.post("/login/code/", {"code": phone.code(user.secret)})
    assert right.url == "/second-factor/"
    assert client.get("/").status_code == 200


def test_a_code_is_taken_once(client, user, phone):
    code = phone.code(user.secret)
    second_factors.check(user=user, code=code)
    with pytest.raises(second_factors.WrongCode):
        second_factors.check(user=user, code=code)
    give_password(client, user)
    assert client.post("/login/code/", {"code": code}).status_code == 400
    assert client.post("/login/code/", {"code": phone.code(user.secret)}).status_code == 302


def test_a_recovery_code_is_taken_once_however_it_is_typed(client, user):
    give_password(client, user)
    assert client.post("/login/code/", {"code": user.codes[0].upper().replace("-", " ")}).status_code == 302
    assert second_factors.left(user) == one_time_codes.RECOVERY_CODES - 1
    with pytest.raises(second_factors.WrongCode):
        second_factors.check(user=user, code=user.codes[0])
    kept = bytes(RecoveryCode.objects.filter(factor_id=user.pk).first().digest)
    assert not any(code.encode() in kept for code in user.codes)


def test_after_five_wrong_codes_nothing_is_looked_at(client, user, phone):
    give_password(client, user)
    for _ in range(second_factors.FREE_CODES):
        assert client.post("/login/code/", {"code": "000000"}).status_code == 400
    held_off = client.post("/login/code/", {"code": phone.code(user.secret)})
    assert held_off.status_code == 429
    assert int(held_off["Retry-After"]) > 0
    with pytest.raises(TooManyAttempts):
        second_factors.check(user=user, code=user.codes[0])
    # Giving the password again is no way round.
    give_password(client, user)
    assert client.post("/login/code/", {"code": phone.code(user.secret)}).status_code == 429


def test_a_password_given_long_ago_counts_no_more(client, user, phone, monkeypatch):
    give_password(client, user)
    phone.now += second_factor.PENDING_SECONDS + 1
    assert client.get("/login/code/").url == "/login/"
    assert client.post("/login/code/", {"code": phone.code(user.secret)}).url == "/login/"


def test_nobody_comes_to_the_code_without_a_password(client, user, phone):
    assert client.post("/login/code/", {"code": phone.code(user.secret)}).url == "/login/"


def test_set_up_by_the_picture_on_the_page(client, phone):
    user = UserFactory()
    client.force_login(user)
    page = client.get("/second-factor/").content.decode()
    secret = client.session[second_factor.NEW_SECRET]
    assert "<svg" in page
    assert not SecondFactor.objects.exists()
    assert client.post("/second-factor/", {"code": "000000"}).status_code == 400
    made = client.post("/second-factor/", {"code": phone.code(secret)})
    assert made.content.decode().count("<code>") == one_time_codes.RECOVERY_CODES
    assert "no-store" in made["Cache-Control"]
    assert secret not in client.get("/second-factor/").content.decode()
    assert second_factor.NEW_SECRET not in client.session
    assert AuditEvent.objects.get(action="second_factor.set_up").actor == user


def test_a_session_left_open_changes_nothing_without_a_code(client, user, phone):
    client.force_login(user)
    for act in ("renew", "take-away"):
        assert client.post("/second-factor/", {"act": act, "code": ""}).status_code == 400
    renewed = client.post("/second-factor/", {"act": "renew", "code": phone.code(user.secret)})
    assert user.codes[1] not in renewed.content.decode()
    with pytest.raises(second_factors.WrongCode):
        second_factors.check(user=user, code=user.codes[1])
    client.post("/second-factor/", {"act": "take-away", "code": phone.code(user.secret)})
    assert second_factors.factor_of(user) is None
    assert give_password(client, user).url == "/"


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_FOR = frozenset({"qa_lead", "engineer"})


def test_who_has_to_have_one_does_nothing_before(client, shop, required, phone):
    client.force_login(shop.engineer)
    path = f"/p/{shop.project.slug}/alarms/"
    assert client.get(path).url == f"/second-factor/?next=%2Fp%2F{shop.project.slug}%2Falarms%2F"
    refused = client.get("/api/v1/queues/")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-first")
    page = client.get(client.get(path).url)
    assert "This installation asks you" in page.content.decode()
    code = phone.code(client.session[second_factor.NEW_SECRET])
    made = client.post("/second-factor/", {"code": code, "next": path}).content.decode()
    assert f'href="{path}"' in made
    assert 'value="pass"' not in made
    assert client.get(path).status_code == 200
    assert client.get("/api/v1/queues/").status_code == 200
    secret = SecondFactor.objects.get(user=shop.engineer).secret
    kept = client.post("/second-factor/", {"act": "take-away", "code": phone.code(secret)})
    assert "cannot be taken away" in kept.content.decode()


def test_a_session_from_before_gives_its_code_once(client, shop, required, phone):
    secret = one_time_codes.new_secret()
    second_factors.set_up(user=shop.qa_lead, secret=secret, code=phone.code(secret))
    client.force_login(shop.qa_lead)
    path = f"/p/{shop.project.slug}/alarms/"
    assert client.get(path).status_code == 302
    assert client.post("/second-factor/", {"act": "pass", "code": "000000", "next": path}).status_code == 400
    asked = {"act": "pass", "code": phone.code(secret), "next": path}
    assert client.post("/second-factor/", asked).url == path
    assert client.get(path).status_code == 200


def test_others_a_shift_and_a_token_are_asked_nothing(client, shop, required):
    for user in (shop.associate, shop.annotator):
        client.force_login(user)
        assert client.get("/second-factor/").status_code == 200
        assert client.get("/", follow=True).redirect_chain[-1][0].startswith(f"/p/{shop.project.slug}/")
    holder = member(shop.project, "associate", shop.north)
    _, secret = sign_in_codes.make_code(
        user=shop.qa_lead, project=shop.project, site=shop.north, person=holder
    )
    client.logout()
    client.post(f"/shift/{secret}/")
    assert client.get(f"/p/{shop.project.slug}/alerts/").status_code == 200
    assert client.get("/second-factor/").url == "/"
    assert shop.client(shop.engineer).get("/api/v1/queues/").status_code == 200


def test_no_live_page_follows_a_project_before_the_code(shop, required):
    assert second_factor.is_missing({}, shop.engineer)
    assert not second_factor.is_missing({second_factor.PASSED: "code"}, shop.engineer)
    assert not second_factor.is_missing({}, shop.annotator)


def test_the_administration_has_no_way_in_of_its_own(client, user):
    boss = UserFactory(is_staff=True, is_superuser=True)
    assert client.get("/admin/").url.startswith("/admin/login/")
    assert client.get("/admin/login/").url == "/login/?next=/admin/"
    assert (
        client.post("/admin/login/", {"username": boss.username, "password": PASSWORD}).url
        == "/login/?next=/admin/"
    )
    client.force_login(user)
    assert client.get("/admin/", follow=True).status_code == 403
    client.force_login(boss)
    assert client.get("/admin/").status_code == 200


def test_an_administrator_takes_it_away_by_command(user, capsys):
    call_command("reset_second_factor", user.username)
    assert user.username in capsys.readouterr().out
    assert AuditEvent.objects.get(action="second_factor.taken_away").actor is None
    for name, words in ((user.username, "has no second factor"), ("nobody", "There is nobody")):
        with pytest.raises(CommandError, match=words):
            call_command("reset_second_factor", name)


def test_who_is_taken_out_of_their_account_leaves_none(user):
    assert anonymise(by=None, person=user).removed["second factor"] == 1
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
