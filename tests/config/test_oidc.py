"""The OpenID Connect provider that the environment names."""

import pytest

from config.oidc import given

WHOLE = {"VOUCH_OIDC_ISSUER": "https://id.example/", "VOUCH_OIDC_CLIENT_ID": "vouch"}


def test_nothing_named_is_no_provider():
    assert given({}) is None


def test_the_secret_comes_from_a_file_and_is_not_shown(tmp_path):
    file = tmp_path / "secret"
    file.write_text("s3cr3t\n")
    made = given({**WHOLE, "VOUCH_OIDC_CLIENT_SECRET_FILE": str(file), "VOUCH_OIDC_NAME": "Corner ID"})
    assert (made.issuer, made.client_id, made.secret) == ("https://id.example/", "vouch", "s3cr3t")
    assert (made.name, made.admits_newcomers) == ("Corner ID", False)
    assert "s3cr3t" not in repr(made)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (WHOLE, "either VOUCH_OIDC_CLIENT_SECRET"),
        ({**WHOLE, "VOUCH_OIDC_CLIENT_SECRET": "a", "VOUCH_OIDC_CLIENT_SECRET_FILE": "/b"}, "either"),
        ({"VOUCH_OIDC_CLIENT_SECRET": "s3cr3t"}, "needs VOUCH_OIDC_ISSUER"),
        (
            {**WHOLE, "VOUCH_OIDC_ISSUER": "http://id.example", "VOUCH_OIDC_CLIENT_SECRET": "s3cr3t"},
            "https://",
        ),
        ({**WHOLE, "VOUCH_OIDC_CLIENT_SECRET_FILE": "/no/such/file"}, "cannot be read: No such file"),
    ],
)
def test_one_named_in_part_or_unsafely_is_refused_by_name(named, words):
    with pytest.raises(ValueError, match=words) as refused:
        given(named)
    assert "s3cr3t" not in str(refused.value)
