"""django-allauth as what speaks OpenID Connect, and nothing more: no page, no middleware, no table, not in the admin.

Its code can only be imported where its models are known, but nothing of it is ever stored: what Vouch keeps is
`people.models.Identity`. Without tables its migrations cost nothing, and no release of it brings more of them.
"""

from allauth.account.apps import AccountConfig
from allauth.socialaccount.apps import SocialAccountConfig
from django.apps import AppConfig
from django.contrib import admin
from django.db import models


class Accounts(AccountConfig):
    def ready(self) -> None:
        """Instead of allauth's own, which demands the middleware that its pages need."""
        _forgo_tables(self)


class SocialAccounts(SocialAccountConfig):
    def ready(self) -> None:
        """Instead of allauth's own, which looks for providers among the apps: ours is the one of the environment."""
        _forgo_tables(self)


def _forgo_tables(app: AppConfig) -> None:
    for model in app.get_models():
        model._meta.managed = False
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey):
                # Deleting a user looks for rows that go with them: here there is no table to look in.
                field.remote_field.on_delete = models.DO_NOTHING
        if admin.site.is_registered(model):
            admin.site.unregister(model)
