"""What a kept serializer gives is what a new one would give, in every thread and whatever it was used for before."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from rest_framework import serializers

from people.api.kept import represented, validated


class Inner(serializers.Serializer):
    place = serializers.SerializerMethodField()

    def get_place(self, row):
        return f"{self.context['at']}{row['n']}"


class Outer(serializers.Serializer):
    inner = Inner(source="*")
    n = serializers.IntegerField(min_value=1, default=7)
    bag = serializers.JSONField(default=dict)


def test_it_gives_what_a_new_one_gives_and_forgets_what_it_was_used_for():
    for number, at in ((1, "a"), (2, "b")):
        row = {"n": number, "bag": {}}
        assert represented(Outer, row, at=at) == Outer(row, context={"at": at}).data
    with pytest.raises(KeyError):
        represented(Outer, {"n": 3, "bag": {}})
    first = validated(Outer, {"inner": {}})
    first["bag"]["seen"] = True
    assert validated(Outer, {"inner": {}}) == {"n": 7, "bag": {}}


@pytest.mark.parametrize("sent", [{"inner": {}, "n": 0}, {"inner": 5, "n": "x"}, [], {}])
def test_what_is_wrong_is_told_as_by_a_new_one(sent):
    usual = Outer(data=sent)
    with pytest.raises(serializers.ValidationError) as wanted:
        usual.is_valid(raise_exception=True)
    with pytest.raises(serializers.ValidationError) as told:
        validated(Outer, sent)
    assert told.value.detail == wanted.value.detail


def test_nothing_at_all_is_wrong_as_a_whole():
    with pytest.raises(serializers.ValidationError) as told:
        validated(Outer, None)
    assert list(told.value.detail) == ["non_field_errors"]


def test_threads_do_not_meet_in_it():
    def one(number):
        return represented(Outer, {"n": number, "bag": {}}, at=f"{number}-")["inner"]["place"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(2000))) == [f"{number}-{number}" for number in range(2000)]
