import json

import pytest

import demo


@pytest.mark.parametrize("command", ["run", "ui"])
def test_a_configuration_that_cannot_be_read_is_told_before_any_server_starts(tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(demo, "HOME", tmp_path)
    (tmp_path / "airflow").mkdir()
    monkeypatch.setattr(demo, "make_environments", lambda *_: None)
    monkeypatch.setattr(demo, "what_is_wrong", lambda file: f"{file}: table.target must be given")
    monkeypatch.setattr(demo, "mlflow_server", None)
    handler = demo.signal.getsignal(demo.signal.SIGTERM), demo.signal.getsignal(demo.signal.SIGHUP)
    try:
        assert demo.main(command) == 78
    finally:
        demo.signal.signal(demo.signal.SIGTERM, handler[0])
        demo.signal.signal(demo.signal.SIGHUP, handler[1])
    assert "pipeline.toml: table.target must be given" in capsys.readouterr().err


@pytest.mark.parametrize(
    "torn", [b"", b"{", b'{"decision":"refused","why":"it had no end"}'], ids=["none", "half", "whole"]
)
def test_what_was_decided_last_is_shown_whatever_a_crash_left_behind_it(tmp_path, torn):
    lines = [{"decision": "promoted", "why": "first"}, {"decision": "refused", "why": "worse \u2028 than"}]
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines) + torn)
    assert demo.last_decision(ledger) == lines[-1]


@pytest.mark.parametrize(
    ("there", "named", "file"),
    [
        ((), "", "pipeline.toml"),
        (("churn",), "", "pipelines/churn.toml"),
        (("churn", "orders"), "orders", "pipelines/orders.toml"),
        (("churn", "orders"), "", None),
        (("churn",), "gone", None),
    ],
)
def test_the_demo_plays_the_only_pipeline_or_the_one_that_is_named(tmp_path, monkeypatch, there, named, file):
    (tmp_path / "pipelines").mkdir()
    for name in there:
        (tmp_path / "pipelines" / f"{name}.toml").touch()
    monkeypatch.setenv("MICROSTEP_PIPELINE", named)
    if file is None:
        with pytest.raises(demo.Trouble, match="MICROSTEP_PIPELINE=churn make demo"):
            demo.played(tmp_path)
    else:
        assert demo.played(tmp_path) == tmp_path / file
