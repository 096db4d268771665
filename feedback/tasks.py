"""The jobs of feedback: thin, and safe to run twice."""

from django.db import close_old_connections
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from feedback.services import (
    camera_watching,
    certifying,
    datasets,
    drift_explaining,
    drift_forgetting,
    drifting,
    erasing,
    escalating,
    gate_figures,
    label_errors,
    recalibrating,
    retaining,
    retraining,
    retraining_rules,
    stuck_jobs,
    trust_states,
    weekly_letters,
)

RETRIES = 3


@app.task(
    name=datasets.JOB,
    queue="default",
    pass_context=True,
    retry=RetryStrategy(max_attempts=RETRIES, exponential_wait=3),
)
def freeze_dataset(context: JobContext, dataset_id: str) -> None:
    """Freeze a dataset; when the last retry goes wrong too, it has failed, and says why."""
    try:
        datasets.freeze(dataset_id)
    except Exception as error:
        if context.job.attempts >= RETRIES:
            datasets.fail(dataset_id=dataset_id, error=f"It could not be built: {error}")
        raise
    finally:
        close_old_connections()


@app.task(
    name=label_errors.JOB,
    queue="default",
    pass_context=True,
    retry=RetryStrategy(max_attempts=RETRIES, exponential_wait=3),
)
def find_label_errors(context: JobContext, search_id: str) -> None:
    """Look for label errors in a dataset; when the last retry goes wrong too, the search has failed."""
    try:
        label_errors.carry_out(search_id)
    except Exception as error:
        if context.job.attempts >= RETRIES:
            label_errors.fail(
                search_id=search_id, error=f"It went wrong: {type(error).__name__}: {error}"[:1000]
            )
        raise
    finally:
        close_old_connections()


@app.task(name=gate_figures.JOB, queue="default", retry=RetryStrategy(max_attempts=RETRIES))
def evaluate(dataset_id: str, model_ids: list[str]) -> None:
    """Measure models on a dataset's test split."""
    try:
        gate_figures.measure(dataset_id=dataset_id, model_ids=model_ids)
    finally:
        close_old_connections()


@app.task(name=retraining.JOB, queue="default", retry=RetryStrategy(max_attempts=RETRIES))
def train_when_frozen(dataset_id: str, method: str = retraining.SCRATCH) -> None:
    """Ask for the training that a dataset was frozen for."""
    retraining.train_when_frozen(dataset_id, method)


@app.periodic(cron="* * * * *")
@app.task(name="feedback.recertify", queue="default", queueing_lock="recertify")
def recertify(timestamp: int) -> None:
    """Certify what people's answers of the last minute are about, once there are enough of them."""
    try:
        certifying.recertify_all()
        trust_states.note_all()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="feedback.look_for_drift", queue="default", queueing_lock="drift", lock=drift_explaining.LOCK)
def look_for_drift(timestamp: int) -> None:
    """Hold the predictions of the last minute against what is usual."""
    try:
        drifting.look_everywhere()
    finally:
        close_old_connections()


@app.task(name=drift_explaining.JOB, queue="default", retry=RetryStrategy(max_attempts=RETRIES))
def explain_drift(alarm_id: str) -> None:
    """Say what the change of a drift alarm is made of."""
    try:
        drift_explaining.carry_out(alarm_id)
    finally:
        close_old_connections()


@app.periodic(cron="51 3 * * *")
@app.task(name=drift_forgetting.JOB, queue="default", queueing_lock="forget drift checks")
def forget_drift_checks(timestamp: int = 0) -> None:
    """Each night, looks that no page shows any more."""
    try:
        drift_forgetting.forget_old()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="feedback.watch_cameras", queue="default", queueing_lock="watch cameras", lock="watch cameras")
def watch_cameras(timestamp: int) -> None:
    """Look at what each camera sent in the last minute, and at what it did not send."""
    try:
        camera_watching.look_everywhere()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name=stuck_jobs.JOB, queue="default", queueing_lock="stuck jobs")
def look_for_stuck_jobs(timestamp: int) -> None:
    """Raise the alarms of jobs that run or wait far longer than they should, and settle those past."""
    try:
        stuck_jobs.look()
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="feedback.escalate", queue="default", queueing_lock="escalate")
def escalate(timestamp: int) -> None:
    """Put alerts that nobody answered in time to the next person, then to the store's manager."""
    try:
        escalating.escalate()
    finally:
        close_old_connections()


@app.task(
    name=escalating.MAIL_JOB, queue="default", retry=RetryStrategy(max_attempts=RETRIES, exponential_wait=10)
)
def mail_manager(step_id: str) -> None:
    """Write to the managers that a step of an alert names."""
    try:
        escalating.mail(step_id=step_id)
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name=erasing.JOB, queue="default", queueing_lock="remove erased")
def remove_erased(timestamp: int = 0) -> None:
    """Remove what is left of erased images, and each minute what could not be; again at once while there is more."""
    try:
        if erasing.carry_out() >= erasing.AT_ONCE:
            erasing.defer()
    finally:
        close_old_connections()


@app.periodic(cron="41 2 * * *")
@app.task(name=retaining.JOB, queue="default", queueing_lock="retention")
def apply_retention(timestamp: int = 0) -> None:
    """Each night, erase the images that their projects keep no longer; again at once while there is more."""
    try:
        if retaining.apply() >= retaining.AT_ONCE:
            retaining.defer()
    finally:
        close_old_connections()


@app.periodic(cron="23 * * * *")
@app.task(name=retraining_rules.JOB, queue="default", queueing_lock="retrain by rules")
def retrain_by_rules(timestamp: int = 0) -> None:
    """Each hour, train wherever a project's rules say that it is time."""
    try:
        retraining_rules.apply_everywhere()
    finally:
        close_old_connections()


@app.periodic(cron="17 3 * * 1")
@app.task(name="feedback.recalibrate", queue="default", queueing_lock="recalibrate")
def recalibrate(timestamp: int) -> None:
    """Once a week, have each champion's confidence mean what people's answers say it is worth."""
    try:
        recalibrating.recalibrate_all()
    finally:
        close_old_connections()


@app.periodic(cron="11 * * * *")
@app.task(name="feedback.mail_weeks", queue="default", queueing_lock="mail weeks", lock="mail weeks")
def mail_weeks(timestamp: int = 0) -> None:
    """Each hour, write the letters about last week that are due: it is not Monday everywhere at once."""
    try:
        weekly_letters.mail_due()
    finally:
        close_old_connections()
