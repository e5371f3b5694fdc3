from cluster import machine_file


def test_a_machine_comes_with_all_queues_and_its_file_is_open_to_every_container(tmp_path):
    file = machine_file.put("b", "10.99.0.12", "v1", tmp_path)
    assert file == tmp_path / "b.env"
    assert file.read_text().startswith("MICROSTEP_MACHINE=b\nMICROSTEP_ADDRESS=10.99.0.12\nMICROSTEP_FITS=v1\n")
    assert machine_file.value_in(file, "MICROSTEP_QUEUES") == "steps,train,host.b"
    assert file.stat().st_mode & 0o777 == 0o644
    assert machine_file.those_that_take_part(tmp_path) == ("b",)


def test_what_a_person_wrote_stays_through_starts_ends_and_another_address(tmp_path):
    file = machine_file.put("b", "10.99.0.12", "v1", tmp_path)
    file.write_text(file.read_text().replace("steps,train,", "steps,") + "MICROSTEP_STEP_MEMORY=1g\n")
    machine_file.take_away("b", tmp_path)
    assert machine_file.those_that_take_part(tmp_path) == ()
    machine_file.put("b", "10.99.0.77", "v2", tmp_path)
    assert machine_file.value_in(file, "MICROSTEP_QUEUES") == "steps,host.b"
    assert "MICROSTEP_STEP_MEMORY=1g" in file.read_text()
    assert file.read_text().splitlines()[1:3] == ["MICROSTEP_ADDRESS=10.99.0.77", "MICROSTEP_FITS=v2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.env"]


def test_lines_that_a_person_took_out_are_there_again(tmp_path):
    (tmp_path / "b.env").write_text("MICROSTEP_QUEUES=host.b\n")
    lines = machine_file.put("b", "10.99.0.12", "v1", tmp_path).read_text().splitlines()
    assert lines[:3] == ["MICROSTEP_MACHINE=b", "MICROSTEP_ADDRESS=10.99.0.12", "MICROSTEP_FITS=v1"]
    assert lines[3:] == ["MICROSTEP_QUEUES=host.b"]


def test_to_take_away_what_is_not_there_is_no_fault(tmp_path):
    machine_file.take_away("b", tmp_path)


def test_the_others_read_what_the_head_runs(tmp_path):
    assert machine_file.head(tmp_path) == {}
    machine_file.describe_head("abc", {"microstep-train": "sha256:1"}, tmp_path)
    assert machine_file.head(tmp_path) == {
        "machine": "head",
        "revision": "abc",
        "images": {"microstep-train": "sha256:1"},
    }
    assert machine_file.those_that_take_part(tmp_path) == ()


def test_what_is_no_name_of_a_machine_takes_no_part(tmp_path):
    for name in ("b.env", ".env", ".#c.env", "C.env", "head.env", "2.env", "d.env.down"):
        (tmp_path / name).touch()
    assert machine_file.those_that_take_part(tmp_path) == ("b",)
