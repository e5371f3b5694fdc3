from pathlib import Path

from contract.layout import Layout


def test_everything_lies_below_the_root_in_a_place_of_its_own():
    layout = Layout(Path("/data"))
    day = "2026-01-01"
    paths = [
        layout.inbox(day), layout.raw_data(day), layout.raw_target(day), layout.processed(day), layout.model(day),
        layout.champion, layout.predictions(day), layout.report("train", day), layout.report("predict", day),
        layout.derived("enrich", day),
        layout.ledger, layout.lock("train"), layout.kept("train", day),
    ]  # fmt: skip
    assert len(set(paths)) == len(paths)
    for path in paths:
        assert path.is_relative_to("/data")
        assert not any(path != other and path.is_relative_to(other) for other in paths)


def test_a_template_for_a_day_passes_through():
    assert str(Layout(Path("/data")).raw_data("{{ day }}")) == "/data/raw/{{ day }}/data"


def test_messages_name_a_path_from_the_root():
    layout = Layout(Path("/data"))
    assert layout.name(layout.raw_target("2026-01-01")) == "raw/2026-01-01/target"
