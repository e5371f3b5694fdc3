import numpy as np
import pytest

from train.splits.groups import FEW, held_out, parts, rarest, splits

RNG = np.random.default_rng(0)


def entities(count, rows):
    """Rows of `count` entities, each of which has one class, every tenth the rare one."""
    groups = RNG.integers(0, count, rows).astype(np.uint64) * np.uint64(2**60 // count)
    return groups, (groups % np.uint64(10) == 0).astype(int)


@pytest.mark.parametrize("count", [40, FEW + 500])
@pytest.mark.parametrize("classes", [True, False])
def test_all_rows_of_an_entity_are_in_one_part_and_parts_are_about_equal(count, classes):
    groups, codes = entities(count, 9000)
    part = parts(groups, codes if classes else RNG.normal(size=9000), 3, 0, classes=classes)
    assert max(len(np.unique(part[groups == group])) for group in np.unique(groups)) == 1
    assert np.bincount(part).tolist() == pytest.approx([3000] * 3, rel=0.1)


@pytest.mark.parametrize("count", [60, FEW + 500])
def test_a_rare_class_is_in_every_part(count):
    groups = np.repeat(np.arange(count, dtype=np.uint64), 4)
    codes = np.where((groups < 3) & (np.arange(len(groups)) % 4 == 0), 1, 0)
    for seed in range(5):
        part = parts(groups, codes, 3, seed, classes=True)
        assert [codes[part == number].sum() for number in range(3)] == [1, 1, 1]


@pytest.mark.filterwarnings("error")
def test_many_entities_that_almost_all_have_both_classes_are_no_reason_to_warn():
    groups = np.repeat(np.arange(FEW + 500, dtype=np.uint64), 2)
    codes = np.where(groups == 7, 0, np.arange(len(groups)) % 2)
    part = parts(groups, codes, 3, 0, classes=True)
    assert np.bincount(part, codes == 1).tolist() == pytest.approx([500] * 3, abs=1)


@pytest.mark.parametrize("count", [40, FEW + 500])
def test_the_seed_decides_who_is_together(count):
    groups, codes = entities(count, 5000)
    first, again, other = (parts(groups, codes, 3, seed, classes=True) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_every_row_is_scored_once():
    groups, codes = entities(50, 700)
    found = splits(groups, codes, 4, 0, classes=True)
    assert sorted(np.concatenate([outside for _, outside in found]).tolist()) == list(range(700))
    assert all(not set(groups[inside]) & set(groups[outside]) for inside, outside in found)


@pytest.mark.parametrize("count", [40, 2000])
def test_what_is_held_out_is_of_other_entities_about_as_much_as_wanted_and_of_each_class(count):
    groups, codes = entities(count, 9000)
    learn, stop = held_out(groups, codes, 0.2, 0, classes=True)
    assert not set(groups[learn]) & set(groups[stop])
    assert len(stop) == pytest.approx(1800, rel=0.3)
    assert set(codes[stop]) == set(codes[learn]) == {0, 1}


def test_an_entity_that_is_most_of_the_rows_is_learned_from():
    groups = np.repeat(np.arange(5, dtype=np.uint64), [1000, 10, 10, 10, 10])
    _, stop = held_out(groups, np.zeros(1040), 0.1, 0, classes=False)
    assert 0 not in groups[stop]
    assert len(stop) in (10, 20, 30, 40)


def test_a_class_that_one_entity_alone_has_is_learned_from():
    groups = np.repeat(np.arange(9, dtype=np.uint64), 5)
    codes = np.where(groups == 4, 2, groups % np.uint64(2)).astype(int)
    for seed in range(20):
        learn, _ = held_out(groups, codes, 0.3, seed, classes=True)
        assert 4 in groups[learn]


def test_without_a_second_entity_of_any_class_nothing_can_be_held_out():
    with pytest.raises(ValueError, match="needs two entities with the same class"):
        held_out(np.array([1, 1, 2, 2], np.uint64), np.array([0, 0, 1, 1]), 0.5, 0, classes=True)


def test_an_entity_counts_for_the_class_that_the_fewest_have():
    owners, codes = np.array([0, 0, 1, 1, 2, 3]), np.array([5, 7, 5, 5, 5, 9])
    assert rarest(owners, codes).tolist()[1:3] == [2, 2]
    assert set(rarest(owners, codes)[[0, 3]].tolist()) == {0, 1}
