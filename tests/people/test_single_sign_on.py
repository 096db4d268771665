"""Signing in by the word of an OpenID Connect provider: who comes in, who does not, and what they are told."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import NoReverseMatch, reverse

from config import oidc
from people.models import AuditEvent, Identity, User
from people.services import sign_in_codes
from tests.factories.oidc import CLIENT_ID, SECRET, OidcProvider
from tests.factories.people import (
    PASSWORD,
    MembershipFactory,
    ProjectFactory,
    SiteFactory,
    UserFactory,
    member,
)

pytestmark = pytest.mark.django_db

ADDRESS = "ada@store.example"


@pytest.fixture
def provider(settings):
    made = OidcProvider()
    settings.OIDC = oidc.Provider(issuer=made.url, client_id=CLIENT_ID, secret=SECRET, name="Corner ID")
    yield made
    made.close()


@pytest.fixture
def ada():
    return UserFactory(email="Ada@Store.example")


def sign_in(client, provider, following=""):
    """To the provider and back; what the page answers there."""
    return client.get(way_back(client, provider, following))


def way_back(client, provider, following=""):
    asked = client.get("/login/oidc/", {"next": following} if following else {})
    assert (asked.status_code, asked["Location"].startswith(f"{provider.url}/authorize?")) == (302, True)
    back = urlsplit(provider.sign_in(asked["Location"]))
    assert back.path == "/login/oidc/callback/"
    return f"{back.path}?{back.query}"


def user_of(client):
    return int(client.session.get(SESSION_KEY, 0))


def test_the_log_in_page_leads_there_and_back_to_the_page_that_was_asked_for(client, provider, ada):
    page = client.get("/login/?next=/p/x/").content.decode()
    assert "Sign in with Corner ID" in page
    assert 'href="/login/oidc/?next=/p/x/"' in page
    back = sign_in(client, provider, "/p/x/")
    assert (back.status_code, back["Location"], user_of(client)) == (302, "/p/x/", ada.pk)
    held = Identity.objects.get()
    assert (held.user, held.issuer, held.subject) == (ada, provider.url, "p-1")
    assert AuditEvent.objects.get(action="identity.tied").actor == ada
    assert client.post("/logout/").url == "/login/"
    assert user_of(client) == 0


def test_without_a_provider_there_is_nothing_of_it(client, settings):
    assert settings.OIDC is None
    page = client.get("/login/").content.decode()
    assert "oidc" not in page
    assert client.get("/login/oidc/").status_code == 404
    assert client.get("/login/oidc/callback/").status_code == 404


def test_no_page_of_the_library_is_there(client, provider):
    for name in ("account_login", "account_signup", "account_reset_password", "socialaccount_connections"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in (
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/oidc/oidc/login/",
        "/login/oidc/signup/",
    ):
        assert client.get(path).status_code == 404
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    admin = client.get("/admin/").content.decode()
    assert "socialaccount" not in admin
    assert "Identities" in admin


@pytest.mark.parametrize(
    "wrong", [{"name": "bad", "kid": "good"}, {"secret": "x" * 64, "algorithm": "HS256"}]
)
def test_a_wrong_signature_lets_nobody_in(client, provider, ada, wrong):
    provider.signing = wrong
    check_refused(client, sign_in(client, provider), 502, "does not answer as it should")


@pytest.mark.parametrize("wrong", [{"aud": "another"}, {"iss": "https://other.example"}, {"nonce": "other"}])
def test_a_token_for_another_lets_nobody_in(client, provider, ada, wrong):
    provider.token = wrong
    check_refused(client, sign_in(client, provider), 502, "does not answer as it should")


def test_an_account_goes_with_its_identities(provider, ada):
    Identity.objects.create(user=ada, issuer=provider.url, subject="p-1")
    ada.delete()
    assert not Identity.objects.exists()


def check_refused(client, page, status, words):
    assert page.status_code == status
    assert words in page.content.decode()
    assert 'href="/login/"' in page.content.decode()
    assert user_of(client) == 0
    assert not Identity.objects.exists()


@pytest.mark.parametrize("verified", [False, "false", None, 1])
def test_an_address_that_is_not_verified_never_matches(client, provider, ada, settings, verified):
    provider.person["email_verified"] = verified
    check_refused(client, sign_in(client, provider), 403, "Corner ID has verified no address of yours")
    settings.OIDC = replaced(settings.OIDC, admits_newcomers=True)
    check_refused(client, sign_in(client, provider), 403, "Corner ID has verified no address of yours")


def replaced(known, **other):
    return oidc.Provider(**{**vars(known), **other})


def test_who_has_no_account_stays_outside(client, provider):
    UserFactory(email=ADDRESS, is_machine=True)
    UserFactory(email="")
    check_refused(client, sign_in(client, provider), 403, f"Nobody here has the address {ADDRESS}")
    assert User.objects.count() == 2


def test_an_address_that_only_looks_the_same_in_capitals_is_another(client, provider, ada):
    provider.person["email"] = "ada@store.example".replace("s", "ſ")
    check_refused(client, sign_in(client, provider), 403, "")


def test_who_is_switched_off_stays_outside_before_and_after(client, provider, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    check_refused(client, sign_in(client, provider), 403, "Your account is switched off")
    User.objects.filter(pk=ada.pk).update(is_active=True)
    sign_in(client, provider)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert client.get("/").status_code == 302
    client.logout()
    assert sign_in(client, provider).status_code == 403
    assert user_of(client) == 0


def test_two_accounts_with_one_address_are_for_an_engineer_to_tell_apart(client, provider, ada):
    UserFactory(email=ADDRESS)
    check_refused(client, sign_in(client, provider), 403, f"Several accounts have the address {ADDRESS}")


def test_once_tied_no_address_is_looked_at(client, provider, ada):
    sign_in(client, provider)
    client.logout()
    other = UserFactory(email="ada.lovelace@store.example")
    provider.person |= {"email": other.email, "email_verified": False}
    sign_in(client, provider)
    assert user_of(client) == ada.pk
    ada.refresh_from_db()
    assert ada.email == "Ada@Store.example"
    assert Identity.objects.count() == 1


def test_who_is_given_a_used_address_is_not_who_had_it(client, provider, ada):
    sign_in(client, provider)
    client.logout()
    provider.person["sub"] = "p-2"
    page = sign_in(client, provider)
    assert (page.status_code, user_of(client)) == (403, 0)
    assert "belongs to somebody else" in page.content.decode()


def test_the_same_name_at_another_provider_is_somebody_else(client, provider, ada):
    Identity.objects.create(user=ada, issuer="https://other.example", subject="p-1")
    grace = UserFactory(email="grace@store.example")
    provider.person["email"] = grace.email
    sign_in(client, provider)
    assert user_of(client) == grace.pk


def test_newcomers_come_in_without_a_role_where_that_is_set(client, provider, settings):
    settings.OIDC = replaced(settings.OIDC, admits_newcomers=True)
    provider.person |= {"given_name": "Ada", "family_name": "L."}
    assert sign_in(client, provider)["Location"] == "/"
    made = User.objects.get()
    assert (user_of(client), made.email, str(made), made.is_staff) == (made.pk, ADDRESS, "Ada L.", False)
    assert not made.has_usable_password()
    assert not made.memberships.exists()
    assert "Ask an engineer to add" in client.get("/").content.decode()
    client.logout()
    sign_in(client, provider)
    assert User.objects.count() == 1


def test_an_answer_is_taken_once_and_by_the_browser_that_asked(client, provider, ada):
    back = way_back(client, provider)
    assert Client().get(back).status_code == 400
    assert client.get(back).status_code == 302
    client.logout()
    again = client.get(back)
    assert (again.status_code, user_of(client)) == (400, 0)
    assert "Sign in once more" in again.content.decode()
    taken = way_back(client, provider)
    assert client.get(taken).status_code == 302
    state = parse_qs(urlsplit(taken).query)["state"][0]
    client.logout()
    assert client.get("/login/oidc/callback/", {"state": state, "code": "x"}).status_code == 400


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_on_to_another_site(client, provider, ada, elsewhere):
    assert sign_in(client, provider, elsewhere)["Location"] == "/"
    # Who is signed in already goes on at once.
    assert client.get("/login/oidc/", {"next": elsewhere})["Location"] == "/"


def test_what_the_address_asks_of_the_provider_is_not_passed_on(client, provider):
    asked = client.get("/login/oidc/?scope=admin&auth_params=prompt%3Dnone&process=connect")["Location"]
    query = parse_qs(urlsplit(asked).query)
    assert sorted(query["scope"][0].split()) == ["email", "openid", "profile"]
    assert "prompt" not in query


def test_a_provider_that_is_down_is_said_so(client, provider, ada, caplog):
    back = way_back(client, provider)
    provider.answers = False
    check_refused(client, client.get("/login/oidc/"), 502, "Corner ID does not answer as it should")
    check_refused(client, client.get(back), 502, "log in with a password")
    provider.close()
    check_refused(client, client.get("/login/oidc/"), 502, "Corner ID does not answer as it should")
    assert "HTTPError 503" in caplog.text
    assert "ConnectionError" in caplog.text
    data = {"username": ada.username, "password": PASSWORD}
    assert client.post("/login/", data).url == "/"


@pytest.mark.parametrize(
    "published",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"jwks_uri": None},
        {"jwks_uri": "http://127.0.0.1:1/"},
        {"userinfo_endpoint": "ftp://127.0.0.1/userinfo"},
    ],
    ids=str,
)
def test_what_a_provider_publishes_wrongly_is_an_error_page(client, provider, ada, published):
    back = way_back(client, provider)
    provider.published = published
    check_refused(client, client.get(back), 502, "does not answer as it should")


def test_the_log_says_why_and_holds_no_secret(client, provider, settings, caplog):
    settings.OIDC = replaced(settings.OIDC, secret="another-secret")
    sign_in(client, provider)
    assert "invalid_client" in caplog.text
    assert "another-secret" not in caplog.text + repr(settings.OIDC)


def test_a_short_token_is_filled_up_by_what_the_provider_tells_when_asked(client, provider, ada):
    provider.told = {"sub": "p-2", "email": ADDRESS, "email_verified": True}
    provider.person = {"sub": "p-1"}
    check_refused(client, sign_in(client, provider), 502, "does not answer as it should")
    provider.told["sub"] = "p-1"
    sign_in(client, provider)
    assert user_of(client) == ada.pk


def test_a_word_on_one_address_is_none_on_another(client, provider, ada):
    provider.told = {"sub": "p-1", "email": "eve@store.example", "email_verified": True}
    del provider.person["email_verified"]
    check_refused(client, sign_in(client, provider), 403, "Nobody here has the address eve@store.example")
    provider.person = {"sub": "p-1", "email_verified": True}
    provider.told = {"sub": "p-1", "email": ADDRESS}
    check_refused(client, sign_in(client, provider), 403, "has verified no address of yours")


def test_who_breaks_off_there_may_begin_again(client, provider, ada):
    state = parse_qs(urlsplit(client.get("/login/oidc/")["Location"]).query)["state"][0]
    page = client.get("/login/oidc/callback/", {"state": state, "error": "access_denied"})
    check_refused(client, page, 400, "Sign in once more")
    assert sign_in(client, provider).status_code == 302


def test_nothing_of_a_shift_is_left_on_the_phone(client, provider, ada):
    project, site = ProjectFactory(), SiteFactory()
    associate = member(project, "associate", site)
    manager = member(project, "engineer")
    _, secret = sign_in_codes.make_code(user=manager, project=project, site=site, person=associate)
    back = way_back(client, provider)
    client.post(f"/shift/{secret}/")
    assert user_of(client) == associate.pk
    assert client.get(back).status_code == 302
    assert (user_of(client), "shift" in client.session) == (ada.pk, False)


def test_the_pages_are_in_the_readers_language(client, provider):
    swedish = {"HTTP_ACCEPT_LANGUAGE": "sv"}
    assert "Logga in med Corner ID" in client.get("/login/", **swedish).content.decode()
    page = client.get("/login/oidc/callback/", **swedish)
    assert (page.status_code, page["Content-Language"], page["Cache-Control"]) == (
        400,
        "sv",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    assert "Du är inte inloggad" in page.content.decode()


def test_who_the_provider_vouches_for_is_asked_for_no_second_factor(client, provider, ada, settings):
    settings.SECOND_FACTOR_FOR = frozenset({"engineer"})
    path = f"/p/{MembershipFactory(user=ada, role='engineer').project.slug}/alarms/"
    client.force_login(ada)
    assert client.get(path).url.startswith("/second-factor/")
    client.logout()
    sign_in(client, provider)
    assert client.get(path).status_code == 200
