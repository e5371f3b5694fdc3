import logging

from contract.steps import progress as module
from contract.steps.progress import progress


def test_a_log_gets_a_line_now_and_then(monkeypatch, caplog):
    now = iter([0.0, 3.0, 11.0, 11.0, 12.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    with caplog.at_level(logging.INFO), progress("reading", 5000) as advance:
        advance(1000)
        advance(1000)
        advance(1000)
    assert caplog.messages == ["reading: 2,000 of 5,000 rows"]
