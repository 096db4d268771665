"""Bytes in a bucket: an object is there whole or not at all, under a name its content decides."""

import errno
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

CONNECT_SECONDS = 5
READ_SECONDS = 30


class Bucket(S3Storage):
    """Nothing in it is anybody's to read but ours: pages and devices get its bytes from the web processes.

    Names are derived from content here, so that writing one again replaces it by the same bytes. What cannot be
    kept raises OSError, as a lost disk does.
    """

    def __init__(self, **options: Any) -> None:
        client = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "max_attempts": 3},
            # What is not Amazon's own mostly knows buckets by path, and not every checksum.
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(**{"client_config": client, "file_overwrite": True, "default_acl": None, **options})

    def _save(self, name: str, content: "File[Any]") -> str:
        try:
            return str(super()._save(name, content))
        except (BotoCoreError, ClientError) as error:
            raise OSError(errno.EHOSTUNREACH, f"the bucket takes nothing: {error}") from error
