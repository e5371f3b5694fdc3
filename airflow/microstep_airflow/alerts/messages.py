"""What the mails say: a failure, a recovery, a late run, a refusal, a promotion, a question, drift."""

from __future__ import annotations

from collections.abc import Sequence

from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.news.drift import DriftNews
from microstep_airflow.alerts.news.live import LiveNews
from microstep_airflow.alerts.step_reports import DriftReport, Promotion, Verdict
from microstep_airflow.alerts.task_failures import TaskFailure
from microstep_airflow.alerts.throttle import FailedRuns

PREFIX = "[microstep]"
MOST_DAYS = 7
ROLL_BACK = "docker compose run --rm validate rollback"


def failed(
    dag: str,
    day: str,
    headline: str,
    facts: dict[str, str],
    failures: Sequence[TaskFailure],
    runs: FailedRuns,
    links: dict[str, str],
    rejected: Sequence[tuple[str, str]],
) -> Mail:
    """A run failed: the first one, one with a new error, or one of many."""
    count = len(runs.days)
    if count > 1:
        days = sorted(set(runs.days.values()))
        facts = facts | {"Since": f"{runs.since[:16]} UTC, {count} runs: {some(days)}"}
    return Mail(
        "error",
        f"{PREFIX} {dag} {day} failed{f' ({count} runs in a row)' if count > 1 else ''}: {headline}",
        facts,
        rejected,
        failures,
        "When the cause is gone, clear the failed task in the run's page: the run goes on from there. Repeats of the"
        " same error are throttled: another mail comes only when their count has doubled.",
        links,
    )


def recovered(
    dag: str, day: str, facts: dict[str, str], runs: FailedRuns, undone: Sequence[str], links: dict[str, str]
) -> Mail:
    """The first good run after bad ones."""
    count = len(runs.days)
    return Mail(
        "info",
        f"{PREFIX} {dag} {day}: works again",
        facts | {"Failed": f"{count} run{'s' if count > 1 else ''} since {runs.since[:16]} UTC"},
        advice=f"Days that failed and were not done again in this run: {', '.join(undone)}." if undone else "",
        links=links,
    )


def late(dag: str, facts: dict[str, str], hours: float, links: dict[str, str]) -> Mail:
    """A run is not done by its deadline."""
    return Mail(
        "error",
        f"{PREFIX} {dag} is late: {facts['Run']} is not done {hours:g} hours after it was due",
        facts,
        advice="It may wait for its data, for a free slot, or for a container that hangs: the run's page shows"
        " which task is not done. It goes on; another mail comes if it fails. Further late runs send a mail when their"
        " count has doubled, or when more in a row are late than before. If data always comes later, write later times"
        " into [schedule].",
        links=links,
    )


def refused(
    day: str, facts: dict[str, str], verdict: Verdict | None, refusals: Sequence[TaskFailure], links: dict[str, str]
) -> Mail:
    """A challenger did not become champion; `verdict` None: it cannot be read, and the step's words must do."""
    if verdict is None:
        return Mail(
            "warning",
            f"{PREFIX} train {day}: challenger refused: {refusals[0].message}",
            facts,
            failures=refusals,
            advice=f"Nothing is broken, the champion stays. The report is in reports/train/{day}/ of the data root.",
            links=links,
        )
    word = "nothing decided" if verdict.decision == "undecided" else "challenger refused"
    why = "; ".join(verdict.broken) or refusals[0].message
    stays = "the champion stays" if verdict.in_use else "but no model is in use yet, and nothing is predicted"
    return Mail(
        "warning",
        f"{PREFIX} train {day}: {word}: {why}",
        facts | {verdict.metric: verdict.scores, "Report": verdict.page} | _more(verdict),
        verdict.rules,
        refusals,
        f"Nothing is broken, {stays}. The report is a file below the data root. Repeats of the same refusal"
        " are throttled: another mail comes only when their count has doubled.",
        links,
    )


def promoted(day: str, facts: dict[str, str], verdict: Verdict, promotion: Promotion, links: dict[str, str]) -> Mail:
    """A challenger became champion."""
    return Mail(
        "info",
        f"{PREFIX} train {day}: new champion {promotion.model} ({promotion.score})",
        facts | {"By": promotion.by, verdict.metric: verdict.scores, "Report": verdict.page} | _more(verdict),
        verdict.rules,
        advice="The next predictions come from it. Later weekly champions send a mail only if their score differs from"
        " this one's by more than gate.margin."
        + (f" To restore the previous model: {ROLL_BACK}" if promotion.succeeds else ""),
        links=links,
    )


def approval_request(day: str, facts: dict[str, str], verdict: Verdict, link: str, days: int) -> Mail:
    """A challenger passed the gate and waits for a person's word, at most so many days."""
    return Mail(
        "warning",
        f"{PREFIX} train {day}: may the challenger become champion?",
        facts | {verdict.metric: verdict.scores, "Report": verdict.page, "Answer": link} | _more(verdict),
        verdict.rules,
        advice=f"It waits for a person's decision, and is refused if there is none within {days} days.",
    )


def drifted(day: str, facts: dict[str, str], news: DriftNews, report: DriftReport, links: dict[str, str]) -> Mail:
    """Drift began, spread to more columns, or is over."""
    facts = facts | {"Since": news.known.since or day, "Report": report.page}
    if report.without:
        facts["Not measured"] = report.without
    names = ", ".join(news.columns) or "the scores"
    if news.kind == "over":
        return Mail(
            "info",
            f"{PREFIX} predict {day}: drift is over: {names}",
            {**facts, "Since": day},
            advice="All columns look like the training's rows again.",
            links=links,
        )
    word = "drift" if news.kind == "begins" else "drift spreads"
    return Mail(
        "warning",
        f"{PREFIX} predict {day}: {word}: {names}",
        facts,
        [(level, f"{name}: {report.sizes.get(name, '')}") for name, level in report.columns.items()],
        advice="Predictions go on. Check whether the source has changed; if so, train on newer days. No further mail"
        " comes while the same columns stay in alarm, and one when it is over.",
        links=links,
    )


def degraded(
    day: str, facts: dict[str, str], reason: str, rejected: Sequence[tuple[str, str]], links: dict[str, str]
) -> Mail:
    """A day was predicted for its good rows alone."""
    return Mail(
        "error",
        f"{PREFIX} predict {day}: too many rows rejected, only the good ones are predicted",
        facts | {"Reason": reason, "Report": f"reports/predict/{day}/"},
        rejected,
        advice="Mend the data and run generate and predict for the day again. To get no predictions for such"
        ' a day, set table.on_too_many_rejected = "stop".',
        links=links,
    )


def live_score(day: str, facts: dict[str, str], news: LiveNews, links: dict[str, str]) -> Mail:
    """The live score fell far below the gate's, or is back."""
    points = [(found.level, f"{found.day}: {found.text}") for found in news.days]
    if news.kind == "over":
        return Mail(
            "info",
            f"{PREFIX} train {day}: the live score is as the gate's again",
            facts,
            points,
            links=links,
        )
    since, goes_on = news.days[0].day, bool(news.known.since)
    next_mail = "There is no further mail until it is over." if goes_on else "On the last day with labels it is not."
    return Mail(
        "warning",
        f"{PREFIX} train {day}: the live score {'is' if goes_on else 'was'} far below the gate's "
        f"{'since' if goes_on else 'on'} {since}",
        facts | {"Since": since},
        points,
        advice="Predictions are still made. Check whether rows or labels have changed, and train on newer"
        f" days; to go back to the model before: {ROLL_BACK}. {next_mail}",
        links=links,
    )


def _more(verdict: Verdict) -> dict[str, str]:
    """What a verdict has only now and then."""
    return {name: text for name, text in (("Without", verdict.left_out), ("Live", verdict.live)) if text}


def replaced(paths: Sequence[str]) -> Mail:
    """Airflow's containers hold on to files that the host has replaced; steps, which start later, do not."""
    return Mail(
        "error",
        f"{PREFIX} Airflow still uses the old {' and '.join(path.rpartition('/')[2] for path in paths)}",
        {"Replaced": ", ".join(paths)},
        advice="An editor, a copy or git put a new one in its place. Steps read the new one at once, but Airflow's"
        " schedules, windows and mails go by the old one until its containers start again. In the checkout, type:"
        " docker compose restart. No run is lost by it.",
    )


def some(days: Sequence[str]) -> str:
    """Days in a mail: the first few of many."""
    more = f" and {len(days) - MOST_DAYS} more" if len(days) > MOST_DAYS else ""
    return ", ".join(days[:MOST_DAYS]) + more
