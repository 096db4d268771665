"""The worker's jobs of labeling: consensus by posterior, audits on schedule. Each is safe to run twice."""

from django.db import close_old_connections
from procrastinate.contrib.django import app

from labeling.services import consensus


@app.periodic(cron="* * * * *")
@app.task(name="labeling.judge_pending", queue="default", queueing_lock="judge pending")
def judge_pending(timestamp: int) -> None:
    """Settle what Dawid and Skene's model can settle by now; a minute's answers are judged together."""
    try:
        consensus.judge_pending()
    finally:
        close_old_connections()
