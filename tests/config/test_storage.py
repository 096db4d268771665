"""Where media and live updates go, by what the environment says."""

from config import live, storage


def test_media_are_on_the_disk_unless_a_bucket_is_named():
    assert storage.configured({"VOUCH_BUCKET_ENDPOINT": "https://s3"}) == {
        "BACKEND": "config.media.WholeFiles"
    }


def test_a_bucket_is_named_with_where_it_is():
    given = {
        "VOUCH_BUCKET": "photographs",
        "VOUCH_BUCKET_ENDPOINT": "https://minio.example:9000",
        "VOUCH_BUCKET_REGION": "eu-north-1",
        "VOUCH_BUCKET_PREFIX": "/vouch/",
    }
    assert storage.configured(given) == {
        "BACKEND": "config.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": "photographs",
            "location": "vouch",
            "endpoint_url": "https://minio.example:9000",
            "region_name": "eu-north-1",
        },
    }
    amazon = storage.configured({"VOUCH_BUCKET": "photographs"})["OPTIONS"]
    assert (amazon["location"], amazon["endpoint_url"], amazon["region_name"]) == ("", None, None)


def test_live_updates_stay_in_the_process_unless_redis_is_named():
    assert live.layer({}) == {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    named = live.layer({"REDIS_URL": "redis://cache:6379/1"})
    (host,) = named["CONFIG"]["hosts"]
    assert host["address"] == "redis://cache:6379/1"
    # channels_redis asks Redis to wait for five.
    assert host["socket_timeout"] > 5
