"""Where media are: a bucket that speaks S3's language where the environment names one, else the data folder's disk."""

from collections.abc import Mapping
from typing import Any


def configured(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's STORAGES["default"]. Credentials are boto's own to find: AWS_ACCESS_KEY_ID, a role, a profile."""
    bucket = environ.get("VOUCH_BUCKET")
    if not bucket:
        return {"BACKEND": "config.media.WholeFiles"}
    options = {
        "bucket_name": bucket,
        "location": environ.get("VOUCH_BUCKET_PREFIX", "").strip("/"),
        "endpoint_url": environ.get("VOUCH_BUCKET_ENDPOINT") or None,
        "region_name": environ.get("VOUCH_BUCKET_REGION") or None,
    }
    return {"BACKEND": "config.bucket.Bucket", "OPTIONS": options}
