"""Notifications: encrypted as the standard says, to who wants them, when they want them, and never inside."""

import json
import threading
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from labeling.services import alert_push
from people.domain import webpush
from people.models import PushSent, PushSubscription, SignInCode
from people.services import push, push_keys, sign_in_codes
from tests.factories.labeling import open_task
from tests.factories.people import MembershipFactory

AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


def opened(body, private, auth):
    """What a browser makes of a request's body: RFC 8188 and 8291, from its own side."""
    salt, length = body[:16], body[20]
    theirs, sealed = body[21 : 21 + length], body[21 + length :]
    ours = webpush.public_bytes(private.public_key())
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    secret = webpush._derived(shared, webpush.decoded(auth), b"WebPush: info\0" + ours + theirs, 32)
    key = webpush._derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = webpush._derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    return AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x02")


def test_the_example_of_the_standard_comes_out_to_the_byte():
    """RFC 8291, Appendix A."""
    body = webpush.encrypt(
        b"When I grow up, I want to be a watermelon",
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth=AUTH,
        sender=webpush.private_key_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=webpush.decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert webpush.encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
        "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_message_is_encrypted_anew_each_time_and_bounded():
    private = webpush.new_private_key()
    theirs = webpush.encoded(webpush.public_bytes(private.public_key()))
    first, second = (webpush.encrypt(b"an alert", p256dh=theirs, auth=AUTH) for _ in range(2))
    assert first != second
    assert opened(first, private, AUTH) == opened(second, private, AUTH) == b"an alert"
    with pytest.raises(ValueError, match="3000"):
        webpush.encrypt(b"x" * 3001, p256dh=theirs, auth=AUTH)


def test_the_signature_names_who_sends_and_to_whom():
    key = webpush.new_private_key()
    header = webpush.authorization(key, audience="https://push.example", contact="mailto:a@b.c", expires_at=9)
    token, public = header.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(webpush.decoded(claims)) == {
        "aud": "https://push.example",
        "exp": 9,
        "sub": "mailto:a@b.c",
    }
    raw = webpush.decoded(signature)
    signed = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), webpush.decoded(public))
    sender.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


class Service(HTTPServer):
    """A push service of the test's own: what came, and the status it answers."""

    def __init__(self):
        self.came, self.status = [], 201
        super().__init__(("127.0.0.1", 0), Taking)


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    server = Service()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def phone(shop, settings, tmp_path, service):
    """The northern associate's phone, subscribed at the test's own service."""
    settings.PUSH_KEY_FILE = str(tmp_path / "push_key")
    settings.PRIVATE_WEBHOOKS = True
    push_keys.make()
    shop.service, shop.private = service, webpush.new_private_key()
    shop.p256dh = webpush.encoded(webpush.public_bytes(shop.private.public_key()))
    shop.subscription = subscribe(shop, shop.associate)
    return shop


def subscribe(shop, user, path="one", **terms):
    return push.subscribe(
        user=user,
        endpoint=f"http://127.0.0.1:{shop.service.server_port}/{path}",
        p256dh=shop.p256dh,
        auth=AUTH,
        **terms,
    )


def alert(shop, site=None, **fields):
    return open_task(shop.queue("alerts"), site_id=(site or shop.north).pk, **fields)


def tell(*tasks, occasion=alert_push.RAISED):
    return alert_push.tell(task_ids=[str(task.pk) for task in tasks], occasion=occasion)


def read(shop, number=-1):
    _, _, body = shop.service.came[number]
    return json.loads(opened(body, shop.private, AUTH))


@pytest.mark.django_db
class TestTelling:
    def test_an_alert_is_told_to_its_store_once_and_leads_to_it(self, phone):
        subscribe(phone, phone.other_associate, "south")
        proposal = {"label": "out_of_stock", "confidence": 0.9, "scores": {}, "model": "m"}
        task = alert(phone, proposal=proposal)
        assert [tell(task), tell(task)] == [1, 0]
        (path, headers, _), said = phone.service.came[0], read(phone)
        assert path == "/one"
        assert headers["Content-Encoding"] == "aes128gcm"
        assert headers["Authorization"].startswith("vapid t=")
        assert said["url"] == f"{reverse('alerts', args=[phone.project.slug])}?task={task.pk}"
        assert phone.north.name in said["title"]

    def test_opening_an_alert_asks_for_it_in_the_same_transaction(self, phone, django_db_blocker):
        from procrastinate.contrib.django.models import ProcrastinateJob

        before = ProcrastinateJob.objects.filter(task_name=alert_push.JOB).count()
        task = alert(phone)
        (job,) = ProcrastinateJob.objects.filter(task_name=alert_push.JOB).order_by("-id")[:1]
        assert ProcrastinateJob.objects.filter(task_name=alert_push.JOB).count() == before + 1
        assert job.args == {"task_ids": [str(task.pk)], "occasion": "raised"}

    def test_what_is_settled_is_told_no_more(self, phone):
        task = alert(phone)
        type(task).objects.filter(pk=task.pk).update(state="resolved", closed_at=timezone.now())
        assert tell(task) == 0

    def test_no_more_than_so_many_an_hour(self, phone):
        PushSubscription.objects.update(per_hour=2)
        assert tell(*(alert(phone) for _ in range(4))) == 2
        PushSent.objects.update(at=timezone.now() - timedelta(minutes=61))
        assert tell(alert(phone)) == 1

    @pytest.mark.parametrize(
        ("begin", "end", "hour", "quiet"),
        [(22, 6, 23, True), (22, 6, 5, True), (22, 6, 6, False), (9, 17, 12, True), (9, 17, 8, False)],
    )
    def test_quiet_hours_are_the_phones_own(self, begin, end, hour, quiet):
        there = PushSubscription(quiet_from=time(begin), quiet_until=time(end), timezone="Etc/GMT-2")
        assert push.is_quiet(there, datetime(2026, 1, 1, (hour - 2) % 24, tzinfo=UTC)) == quiet

    def test_nothing_is_sent_within_them(self, phone):
        now = timezone.now()
        PushSubscription.objects.update(
            quiet_from=(now - timedelta(hours=1)).time(), quiet_until=(now + timedelta(hours=1)).time()
        )
        assert tell(alert(phone)) == 0
        assert phone.service.came == []

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_subscription_that_is_gone_is_removed(self, phone, status):
        phone.service.status = status
        assert tell(alert(phone)) == 0
        assert not PushSubscription.objects.exists()

    @pytest.mark.parametrize("status", [302, 429, 500])
    def test_one_that_fails_for_now_stays_and_no_redirect_is_followed(self, phone, status):
        phone.service.status = status
        assert tell(alert(phone)) == 0
        assert PushSubscription.objects.exists()
        assert len(phone.service.came) == 1

    def test_a_phone_of_a_shift_hears_of_its_store_alone_and_until_the_shift_ends(self, phone):
        PushSubscription.objects.all().delete()
        phone.associate.memberships.get().sites.add(phone.south)
        code, _ = sign_in_codes.make_code(
            user=phone.qa_lead, project=phone.project, site=phone.north, person=phone.associate
        )
        phone.associate.shift = code
        subscribe(phone, phone.associate)
        assert tell(alert(phone, phone.south)) == 0
        assert tell(alert(phone)) == 1
        SignInCode.objects.update(ends_at=timezone.now())
        assert tell(alert(phone)) == 0
        assert not PushSubscription.objects.exists()

    def test_the_manager_hears_of_what_was_left_unanswered(self, phone):
        manager = MembershipFactory(
            project=phone.project, role="associate", sites=[phone.north], manages=True
        ).user
        subscribe(phone, manager, "manager")
        assert tell(alert(phone), occasion=alert_push.MANAGER) == 1
        assert phone.service.came[0][0] == "/manager"

    def test_each_is_told_in_their_language_and_nothing_of_a_blind_queue(self, phone):
        phone.project.queues.update(blind=True)
        task = alert(phone, proposal={"label": "out_of_stock", "confidence": 0.9})
        tell(task)
        assert "stock" not in read(phone)["body"]

    def test_private_addresses_are_refused_outside_tests(self, phone, settings):
        settings.PRIVATE_WEBHOOKS = False
        assert tell(alert(phone)) == 0
        assert phone.service.came == []
        with pytest.raises(push.SubscriptionRefused):
            subscribe(phone, phone.associate, "again")

    def test_without_keys_nothing_is_sent(self, phone, settings, tmp_path):
        settings.PUSH_KEY_FILE = str(tmp_path / "none")
        assert tell(alert(phone)) == 0


@pytest.mark.django_db
def test_a_browser_subscribes_changes_its_terms_and_leaves(client, phone):
    client.force_login(phone.associate)
    sent = {
        "endpoint": phone.subscription.endpoint,
        "keys": {"p256dh": phone.p256dh, "auth": AUTH},
        "timezone": "Europe/Stockholm",
        "quiet_from": "22:00",
        "quiet_until": "06:00",
        "per_hour": 3,
    }
    path = "/api/v1/push-subscriptions/"
    made = client.post(path, sent, content_type="application/json")
    assert made.status_code == 201
    (listed,) = client.get(path).json()["results"]
    assert (listed["quiet_from"], listed["per_hour"]) == ("22:00", 3)
    assert "endpoint" not in listed
    assert client.get("/api/v1/push-key/").json()["key"] == push_keys.public_key()
    client.force_login(phone.other_associate)
    assert client.delete(f"{path}{listed['id']}/").status_code == 404
    client.force_login(phone.associate)
    assert client.delete(f"{path}{listed['id']}/").status_code == 204
    assert not PushSubscription.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"keys": {"p256dh": "AAAA", "auth": AUTH}}, "keys"),
        ({"endpoint": "ftp://push.example/x"}, "endpoint"),
        ({"timezone": "Mars"}, "timezone"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"per_hour": 0}, "per_hour"),
    ],
)
def test_what_is_wrong_with_a_subscription_is_named(client, phone, wrong, field):
    client.force_login(phone.associate)
    sent = {"endpoint": "http://127.0.0.1/x", "keys": {"p256dh": phone.p256dh, "auth": AUTH}} | wrong
    answer = client.post("/api/v1/push-subscriptions/", sent, content_type="application/json")
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert (
        phone.client(phone.associate).post("/api/v1/push-subscriptions/", sent, format="json").status_code
        == 400
    )


@pytest.mark.django_db
def test_the_page_says_what_is_missed_where_nothing_is_set_up(client, shop, settings, tmp_path):
    settings.PUSH_KEY_FILE = str(tmp_path / "push_key")
    client.force_login(shop.associate)
    path = reverse("notifications")
    assert "not set up" in client.get(path).content.decode()
    call_command("make_push_keys")
    page = client.get(path).content.decode()
    assert push_keys.public_key() in page
    assert "What you miss" in page
    client.logout()
    assert client.get(path).status_code == 302


def test_keys_are_made_once_and_kept_to_their_owner(settings, tmp_path, capsys):
    settings.PUSH_KEY_FILE = str(tmp_path / "keys" / "push_key")
    call_command("make_push_keys")
    assert capsys.readouterr().out.strip() == push_keys.public_key()
    assert (tmp_path / "keys" / "push_key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="holds a key already"):
        call_command("make_push_keys")
