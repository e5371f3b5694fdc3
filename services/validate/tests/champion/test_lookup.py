import pytest

from contract.errors import UsageError
from contract.models.champion import Champion
from validate.champion.lookup import look_up

A = Champion(day="2026-01-01", file="a", sha256="a" * 64, manifest="1", sklearn="1", version="1")
B = Champion(day="2026-01-02", file="b", sha256="b" * 64, manifest="2", sklearn="1", version="2")
AGAIN = Champion(day="2026-01-02", file="c", sha256="c" * 64, manifest="3", sklearn="1", version="1")


@pytest.mark.parametrize("to", ["1", "v1", "2026-01-01", "2026-01-01 v1", "a" * 8, "a" * 64])
def test_a_model_is_named_by_its_version_its_day_or_the_beginning_of_its_hash(to):
    assert look_up(to, [B, A], "a champion") == A


@pytest.mark.parametrize("to", ["3", "v3", "v", "2026-01-03", "a" * 7, ""])
def test_what_names_none_is_refused_with_what_there_is(to):
    with pytest.raises(UsageError, match=r"must be the version .* of a champion \(2026-01-02 v2, 2026-01-01 v1\), or"):
        look_up(to, [B, A], "a champion")


@pytest.mark.parametrize(("to", "other"), [("1", A), ("2026-01-02", B)])
def test_what_names_two_models_is_refused_with_names_for_each(to, other):
    with pytest.raises(UsageError, match=rf"{to} names 2 models; .* {other.sha256[:12]} .* or cccccccccccc") as raised:
        look_up(to, [AGAIN, B, A], "a champion")
    assert other.label in str(raised.value)


def test_one_model_that_is_told_of_twice_is_one_and_the_first_told_is_taken():
    assert look_up("a" * 12, [A, Champion(**{**vars_of(A), "version": "9"})], "a champion") == A


def vars_of(model):
    return {name: getattr(model, name) for name in model.__struct_fields__}
