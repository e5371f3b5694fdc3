import pytest
from cluster import checks

OWN = {"machine": "b", "address": "10.99.0.12", "stack": "0123456789ab", "mark": "ff00"}
IDS = {f"microstep-{part}": f"sha256:{at}" for at, part in enumerate(checks.IMAGES)}


@pytest.mark.parametrize("ahead", [0.0, 5.0, -5.0])
def test_clocks_that_differ_by_little_are_good(ahead):
    assert checks.clock(ahead) == ""


@pytest.mark.parametrize(("ahead", "said"), [(5.1, "5 s ahead of"), (-3600.0, "3600 s behind")])
def test_a_clock_that_is_off_is_told_with_the_way_out(ahead, said):
    assert said in checks.clock(ahead)
    assert "time server" in checks.clock(ahead)


@pytest.mark.parametrize("stack", ["0123456789ab", "999"], ids=["as it was", "restored, so with another stack id"])
def test_the_directory_is_the_heads_where_the_mark_of_this_machine_is_seen(stack):
    assert checks.directory(OWN, stack, "ff00", "/srv/microstep") == ""


@pytest.mark.parametrize(
    ("stack", "mark", "said"),
    [
        ("", "", "has no stack id"),
        ("999", "", "has the stack id 999"),
        ("0123456789ab", "", "not what the head wrote there"),
        ("0123456789ab", "00ff", "not what the head"),
    ],
    ids=["empty", "another stack's", "a copy from before the token", "an older token's"],
)
def test_another_directory_and_a_copy_are_refused_in_words(stack, mark, said):
    words = checks.directory(OWN, stack, mark, "/srv/microstep")
    assert said in words
    assert "mount the file system that the head has at /srv/microstep" in words
    assert "make token NAME=b ADDRESS=10.99.0.12" in words


def test_images_of_the_head_are_good_and_more_than_those_do_not_matter():
    assert checks.images(IDS, IDS | {"microstep-mlflow": "sha256:x"}, "microstep") == ""


def test_images_that_are_missing_or_were_built_here_are_named_with_what_to_type():
    here = {name: identity for name, identity in IDS.items() if name != "microstep-train"} | {
        "microstep-gateway": "sha256:built-here"
    }
    words = checks.images(IDS, here, "microstep")
    # what was built there and not started is what would be saved, and not what the head has told
    assert "on the head: make up, then docker save microstep-gateway microstep-train > machines/images.tar" in words
    assert "docker load < machines/images.tar" in words
    assert "make up" in checks.images({}, IDS, "microstep")


def test_the_head_must_run_what_lies_in_the_checkout():
    assert checks.revision("a" * 40, "a" * 40) == checks.revision("unknown", "b" * 40) == ""
    assert "type on the head: make up" in checks.revision("a" * 40, "b" * 40)


@pytest.mark.parametrize("wanted", [("host.b",), ("steps", "host.b"), ("train", "steps", "host.b")])
def test_a_machine_takes_what_it_likes_of_the_shared_queues(wanted):
    assert checks.asked_queues("b", wanted) == ""


@pytest.mark.parametrize("wanted", [(), ("steps", "train"), ("steps", "host.b", "host.head"), ("stepz", "host.b")])
def test_queues_of_others_and_none_of_its_own_are_refused(wanted):
    assert "must be some of steps,train,host.b, host.b among them" in checks.asked_queues("b", wanted)
