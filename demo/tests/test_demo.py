import json

import pytest

import demo


@pytest.mark.parametrize(
    "torn", [b"", b"{", b'{"decision":"refused","why":"it had no end"}'], ids=["none", "half", "whole"]
)
def test_what_was_decided_last_is_shown_whatever_a_crash_left_behind_it(tmp_path, torn):
    lines = [{"decision": "promoted", "why": "first"}, {"decision": "refused", "why": "worse \u2028 than"}]
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines) + torn)
    assert demo.last_decision(ledger) == lines[-1]
