"""What holds for any value, by examples that hypothesis looks for."""

import json
import string
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.atomic import replace_file
from contract.config.parse import parse
from contract.datasets.manifest import Field, File, Input, Manifest, encode, read_manifest
from contract.datasets.recipe import Recipe
from contract.days import parse_day, window
from contract.errors import StepError, UsageError
from contract.layout import Layout
from contract.models.champion import Champion, read_champion, write_champion

SHIPPED = (Path(__file__).parents[3] / "pipeline.toml").read_text()
on_disk = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)

# what JSON can hold and give back
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=8), plain, max_size=4)
# a lone surrogate is no text that a file could hold
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
manifests = st.builds(
    Manifest,
    step=words,
    day=words,
    fingerprint=words,
    code=words,
    settings=objects,
    inputs=st.lists(st.builds(Input, words, words), max_size=3),
    schema=st.lists(st.builds(Field, words, words), max_size=3),
    files=st.lists(
        st.builds(
            File, path=words, role=words, bytes=st.integers(0, 2**62), sha256=words, rows=st.none() | st.integers(0, 9)
        ),
        max_size=3,
    ),
    counts=objects,
    notes=objects,
    run=objects,
)


@on_disk
@given(manifest=manifests)
def test_a_manifest_is_read_as_it_was_written(tmp_path, manifest):
    (tmp_path / "manifest.json").write_bytes(encode(manifest))
    assert read_manifest(tmp_path) == manifest
    assert read_manifest(tmp_path).identity == manifest.identity


@given(manifest=manifests, run=objects)
def test_the_identity_leaves_out_how_it_came_to_be_and_nothing_else(manifest, run):
    assert msgspec.structs.replace(manifest, run=run).identity == manifest.identity
    for name in ("step", "day", "fingerprint", "code"):
        other = msgspec.structs.replace(manifest, **{name: getattr(manifest, name) + "x"})
        assert other.identity != manifest.identity


@given(made_from=objects, other=objects)
def test_a_fingerprint_tells_settings_apart_and_not_their_order(made_from, other):
    def fingerprint(settings_):
        return Recipe("s", "d", "c", settings_).fingerprint

    assert fingerprint(dict(reversed(made_from.items()))) == fingerprint(made_from)
    same = json.dumps(made_from, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint(made_from) == fingerprint(other)) == same
    assert replace(Recipe("s", "d", "c", made_from), step="t").fingerprint != fingerprint(made_from)


@given(text=st.text(max_size=12))
def test_any_text_is_a_day_or_a_usage_error(text):
    try:
        assert parse_day(text).isoformat() == text
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either way is right, and it goes into a log line


@given(day=st.dates())
def test_every_day_is_read_as_it_is_written(day):
    assert parse_day(day.isoformat()) == day


@given(
    day=st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    length=st.integers(1, 400),
    delay=st.integers(0, 60),
    since=st.integers(-500, 500),
)
def test_a_window_is_a_run_of_days_with_its_end_where_labels_are(day, length, delay, since):
    first = day - timedelta(days=since)
    try:
        days = window(day, length=length, delay=delay, first_day=first)
    except UsageError:
        assert day - timedelta(days=delay) < first
        return
    assert days[-1] == day - timedelta(days=delay)
    assert days == sorted(set(days))
    assert len(days) == min(length, (days[-1] - first).days + 1)
    assert days[0] >= first


@on_disk
@given(before=st.binary(max_size=200), after=st.binary(max_size=200))
def test_a_replaced_file_holds_exactly_the_new_bytes_and_leaves_nothing_beside(tmp_path, before, after):
    folder = tmp_path / "folder"
    replace_file(folder / "x", before)
    replace_file(folder / "x", after)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("x", after)]


@on_disk
@given(
    champion=st.builds(
        Champion,
        day=words,
        file=words,
        sha256=words,
        manifest=words,
        sklearn=words,
        signature=st.none() | words,
        version=st.none() | words,
    )
)
def test_a_pointer_is_read_as_it_was_written_and_as_the_registry_has_it(tmp_path, champion):
    write_champion(tmp_path / "champion.json", champion)
    assert read_champion(tmp_path / "champion.json") == champion
    tagged = Champion.from_tags(champion.tags(), champion.version or "1")
    assert msgspec.structs.replace(tagged, version=champion.version) == champion


@on_disk
@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_manifest_or_an_error_of_ours(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content)
    (tmp_path / "champion.json").write_bytes(content)
    for read in (lambda: read_manifest(tmp_path), lambda: read_champion(tmp_path / "champion.json")):
        with pytest.raises(StepError):
            read()


KEYS = ["source", "table", "columns", "training", "gate", "drift", "schedule", "alerts", "predictions"]


@given(section=st.sampled_from(KEYS), key=st.text(string.ascii_lowercase + "_. ", min_size=1, max_size=12), value=plain)
def test_any_change_of_the_configuration_is_taken_or_refused_in_words(section, key, value):
    content = tomllib.loads(SHIPPED)
    content[section][key] = value
    try:
        parse(content)
    except ValueError as error:
        assert section in str(error)  # noqa: PT017 - either way is right


@given(day=st.dates().map(date.isoformat))
def test_every_path_of_the_layout_is_below_the_root_and_no_two_are_one(day):
    layout = Layout(Path("/data"))
    paths = [
        *(
            getattr(layout, name)(day)
            for name in ("inbox", "raw_data", "raw_target", "processed", "model", "predictions")
        ),
        *(layout.report(kind, day) for kind in ("train", "predict", "live")),
        *(layout.champion, layout.ledger, layout.lock("train")),
    ]
    assert all(path.is_relative_to("/data") for path in paths)
    assert len(set(paths)) == len(paths)
