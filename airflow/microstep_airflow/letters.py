"""What the mails about models and data say: a refusal, a promotion, a question, drift."""

from __future__ import annotations

from collections.abc import Sequence

from microstep_airflow.drift import News
from microstep_airflow.findings import Drift, Promotion, Verdict
from microstep_airflow.mail import Mail
from microstep_airflow.records import Record

LONGEST_SUBJECT = 200
ROLL_BACK = "docker compose run --rm validate rollback"


def refused(day: str, facts: dict[str, str], verdict: Verdict | None, records: Sequence[Record]) -> Mail:
    """A challenger did not become champion; `verdict` None: it cannot be read, and the step's words must do."""
    if verdict is None:
        return Mail(
            _subject(f"train {day}: challenger refused: {records[0].message}"),
            facts,
            records=records,
            advice=f"Nothing is broken, the champion stays. The report is in reports/train/{day}/ of the data root.",
        )
    word = "nothing decided" if verdict.decision == "undecided" else "challenger refused"
    why = "; ".join(verdict.broken) or records[0].message
    return Mail(
        _subject(f"train {day}: {word}: {why}"),
        facts | {verdict.metric: verdict.scores, "Report": verdict.page},
        verdict.rules,
        records,
        "Nothing is broken, the champion stays. The report is a file below the data root.",
    )


def promoted(day: str, facts: dict[str, str], verdict: Verdict, promotion: Promotion) -> Mail:
    """A challenger became champion."""
    return Mail(
        _subject(f"train {day}: new champion {promotion.model} ({promotion.score})"),
        facts | {"By": promotion.by, verdict.metric: verdict.scores, "Report": verdict.page},
        verdict.rules,
        advice="The next predictions are its own."
        + (f" To go back to the model before: {ROLL_BACK}" if promotion.succeeds else ""),
    )


def asked(day: str, facts: dict[str, str], verdict: Verdict, link: str, days: int) -> Mail:
    """A challenger passed the gate and waits for a person's word, at most so many days."""
    return Mail(
        _subject(f"train {day}: may the challenger become champion?"),
        facts | {verdict.metric: verdict.scores, "Report": verdict.page, "Answer": link},
        verdict.rules,
        advice=f"It waits for the word of a person, and is refused if there is none within {days} days.",
    )


def drifted(day: str, facts: dict[str, str], news: News, drift: Drift) -> Mail:
    """Drift began, spread to more columns, or is over."""
    facts = facts | {"Since": news.told.since or day, "Report": drift.page}
    names = ", ".join(news.columns) or "the scores"
    if news.kind == "over":
        return Mail(
            _subject(f"predict {day}: drift is over: {names}"),
            {**facts, "Since": day},
            advice="All columns look like the training's rows again.",
        )
    word = "drift" if news.kind == "begins" else "drift spreads"
    return Mail(
        _subject(f"predict {day}: {word}: {names}"),
        facts,
        [(level, f"{name}: {drift.sizes.get(name, '')}") for name, level in drift.columns.items()],
        advice="The predictions are made all the same. Look whether the source has changed; train on newer days if so. "
        "There is no further mail while the same columns stay in alarm, and one when it is over.",
    )


def _subject(text: str) -> str:
    whole = f"[microstep] {text}"
    return whole if len(whole) <= LONGEST_SUBJECT else f"{whole[: LONGEST_SUBJECT - 1]}…"
