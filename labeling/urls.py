"""The addresses of this app's pages."""

from django.urls import path

from labeling.views import (
    alerts,
    answer_table,
    gold,
    guideline_examples,
    guideline_flags,
    guideline_reading,
    guidelines,
    label_import,
    quality,
    queue_settings,
    quiz,
    quizzes,
    rounds,
    work,
)
from labeling.views import image as image_page
from labeling.views.agreement import acting, pair, reports, schedule
from labeling.views.agreement import page as agreement_page
from labeling.views.images import image

urlpatterns = [
    path("images/<uuid:pk>/", image, name="image-bytes"),
    path("p/<slug:slug>/work/", work.work, name="work"),
    path("p/<slug:slug>/work/<slug:name>/", work.work_queue, name="work-queue"),
    path("p/<slug:slug>/guideline/", guideline_reading.guideline_in_force, name="guideline-in-force"),
    path("p/<slug:slug>/guideline/to-read/", guideline_reading.guideline_to_read, name="guideline-to-read"),
    path("p/<slug:slug>/alerts/", alerts.alerts, name="alerts"),
    path("p/<slug:slug>/alerts/worker.js", alerts.worker, name="alerts-worker"),
    path("p/<slug:slug>/alerts/manifest.webmanifest", alerts.manifest, name="alerts-manifest"),
    path("p/<slug:slug>/quality/", quality.quality, name="quality"),
    path("p/<slug:slug>/agreement/", agreement_page.agreement, name="agreement"),
    path("p/<slug:slug>/agreement/pair/", pair.pair, name="agreement-pair"),
    path("p/<slug:slug>/agreement/disputed/", pair.disputed, name="agreement-disputed"),
    path("p/<slug:slug>/agreement/act/", acting.act, name="agreement-act"),
    path("p/<slug:slug>/agreement/schedule/", schedule.schedule, name="agreement-schedule"),
    path("p/<slug:slug>/agreement/reports/", reports.reports, name="agreement-reports"),
    path("p/<slug:slug>/agreement/reports/<uuid:pk>/", reports.report, name="agreement-report"),
    path("p/<slug:slug>/queues/", queue_settings.queue_settings, name="queue-settings"),
    path("p/<slug:slug>/import/", label_import.LabelImport.as_view(), name="import-labels"),
    path("p/<slug:slug>/import/<uuid:pk>/", label_import.one_import, name="label-import"),
    path("p/<slug:slug>/answers/", answer_table.answers, name="answers"),
    path("p/<slug:slug>/images/<uuid:pk>/", image_page.image, name="image"),
    path("p/<slug:slug>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("p/<slug:slug>/guidelines/preview/", guidelines.preview, name="preview-guideline"),
    path("p/<slug:slug>/guidelines/publish/", guidelines.publish, name="publish-guideline"),
    path("p/<slug:slug>/guidelines/examples/", guideline_examples.add_example, name="add-example"),
    path(
        "p/<slug:slug>/guidelines/examples/<uuid:pk>/",
        guideline_examples.change_example,
        name="change-example",
    ),
    path("p/<slug:slug>/flags/", guideline_flags.flags, name="flags"),
    path("p/<slug:slug>/flags/<uuid:pk>/", guideline_flags.settle_flag, name="settle-flag"),
    path("p/<slug:slug>/guidelines/<int:number>/", guidelines.version, name="guideline"),
    path("p/<slug:slug>/rounds/", rounds.rounds, name="rounds"),
    path("p/<slug:slug>/rounds/new/", rounds.new_round, name="new-round"),
    path("p/<slug:slug>/rounds/preview/", rounds.preview, name="preview-round"),
    path("p/<slug:slug>/rounds/<slug:name>/", rounds.one_round, name="round"),
    path("p/<slug:slug>/rounds/<slug:name>/change/", rounds.change, name="change-round"),
    path("p/<slug:slug>/rounds/<slug:name>/add/", rounds.add, name="add-to-round"),
    path("p/<slug:slug>/gold/", gold.gold, name="gold"),
    path("p/<slug:slug>/gold/make/", gold.make, name="make-gold"),
    path("p/<slug:slug>/gold/<uuid:pk>/retire/", gold.retire, name="retire-gold"),
    path("p/<slug:slug>/quizzes/", quizzes.quizzes, name="quizzes"),
    path("p/<slug:slug>/quizzes/new/", quizzes.new_quiz, name="new-quiz"),
    path("p/<slug:slug>/quizzes/<uuid:pk>/", quizzes.one_quiz, name="one-quiz"),
    path("p/<slug:slug>/quiz/", quiz.quiz, name="quiz"),
    path("p/<slug:slug>/quiz/<uuid:pk>/", quiz.result, name="quiz-result"),
]
