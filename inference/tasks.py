"""Jobs of the worker: training runs, and the periodic look at what was left lying. Each is safe to run twice."""

from django.db import close_old_connections
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from inference.services import attention, children, model_jobs, training

MODEL_TRIES = 3
RETRY = RetryStrategy(max_attempts=5, wait=1, exponential_wait=3)


@app.task(name=training.JOB, queue="training", lock="training", retry=RETRY)
def train(run_id: str) -> None:
    try:
        children.carry_out(run_id)
    finally:
        close_old_connections()


@app.task(name=attention.JOB, queue="default", retry=RetryStrategy(max_attempts=3, wait=1))
def look(prediction_id: str) -> None:
    try:
        attention.look(prediction_id)
    finally:
        close_old_connections()


@app.task(
    name=model_jobs.JOB, pass_context=True, retry=RetryStrategy(max_attempts=MODEL_TRIES, exponential_wait=3)
)
def model_job(context: JobContext, job_id: str) -> None:
    try:
        model_jobs.carry_out(job_id)
    except Exception as error:
        if context.job.attempts >= MODEL_TRIES:
            model_jobs.give_up(job_id, f"It went wrong: {type(error).__name__}: {error}"[:1000])
        raise
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="inference.tend_training_runs", queue="default", queueing_lock="tend training runs")
def tend_training_runs(timestamp: int) -> None:
    try:
        training.tend()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="inference.retry_stalled_jobs", queue="default", queueing_lock="retry stalled jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """A job whose worker was killed stays `doing` for good, and holds its lock, unless somebody does this."""
    for job in await app.job_manager.get_stalled_jobs():
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # The same work waits under the same queueing lock: that one will do it.
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
