"""The addresses of this app's part of the API."""

from django.urls import path

from labeling.api import (
    adjudication,
    agreement,
    agreement_images,
    alerts,
    audits,
    context_ranges,
    gold,
    guideline_examples,
    guideline_flags,
    guidelines,
    imports,
    label_imports,
    my_week,
    projects,
    queues,
    quizzes,
    rounds,
    said,
    tasks,
    verification,
)

urlpatterns = [
    path("projects/<str:slug>/my-week/", my_week.MyWeek.as_view(), name="api-my-week"),
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", projects.OneProject.as_view(), name="api-project"),
    path("projects/<slug:slug>/sources/", projects.Sources.as_view(), name="api-sources"),
    path("projects/<slug:slug>/queues/", projects.ProjectQueues.as_view(), name="api-project-queues"),
    path("projects/<slug:slug>/open-alerts/", alerts.OpenAlerts.as_view(), name="api-open-alerts"),
    path("projects/<slug:slug>/alerts-today/", alerts.AlertsToday.as_view(), name="api-alerts-today"),
    path("projects/<slug:slug>/guidelines/", guidelines.Guidelines.as_view(), name="api-guidelines"),
    path(
        "projects/<slug:slug>/guidelines/current/",
        guidelines.CurrentGuideline.as_view(),
        name="api-guideline-current",
    ),
    path("projects/<slug:slug>/images/", imports.Images.as_view(), name="api-images"),
    path(
        "labels-imports/<uuid:pk>/", label_imports.LabelImportState.as_view(), name="api-labels-import-state"
    ),
    path(
        "projects/<slug:slug>/labels-import/", label_imports.LabelImports.as_view(), name="api-labels-import"
    ),
    path("projects/<slug:slug>/agreement/", agreement.Agreement.as_view(), name="api-agreement"),
    path(
        "projects/<slug:slug>/agreement-images/",
        agreement_images.AgreementImages.as_view(),
        name="api-agreement-images",
    ),
    path(
        "projects/<slug:slug>/agreement-reports/",
        agreement.AgreementReports.as_view(),
        name="api-agreement-reports",
    ),
    path("agreement-reports/<uuid:pk>/", agreement.OneAgreementReport.as_view(), name="api-agreement-report"),
    path("projects/<slug:slug>/answers/", said.Answers.as_view(), name="api-answers"),
    path("answers/mine/", said.OwnAnswers.as_view(), name="api-own-answers"),
    path("projects/<slug:slug>/resolutions/", said.Resolutions.as_view(), name="api-resolutions"),
    path("projects/<slug:slug>/verification/", verification.Verification.as_view(), name="api-verification"),
    path(
        "guidelines/<uuid:pk>/publish/",
        guidelines.GuidelinePublication.as_view(),
        name="api-guideline-publish",
    ),
    path(
        "guidelines/<uuid:pk>/acknowledge/",
        guidelines.GuidelineAcknowledgement.as_view(),
        name="api-guideline-acknowledge",
    ),
    path(
        "guidelines/<uuid:pk>/changes/", guidelines.GuidelineChanges.as_view(), name="api-guideline-changes"
    ),
    path(
        "guidelines/<uuid:pk>/examples/",
        guideline_examples.GuidelineExamples.as_view(),
        name="api-guideline-examples",
    ),
    path(
        "guideline-examples/<uuid:pk>/",
        guideline_examples.OneGuidelineExample.as_view(),
        name="api-guideline-example",
    ),
    path("projects/<slug:slug>/flags/", guideline_flags.Flags.as_view(), name="api-flags"),
    path("flags/<uuid:pk>/settle/", guideline_flags.FlagSettlement.as_view(), name="api-flag-settle"),
    path("tasks/<uuid:pk>/flag/", guideline_flags.TaskFlag.as_view(), name="api-task-flag"),
    path("queues/", queues.Queues.as_view(), name="api-queues"),
    path("queues/<uuid:pk>/", adjudication.OneQueue.as_view(), name="api-queue"),
    path(
        "projects/<slug:slug>/adjudications/",
        adjudication.Adjudications.as_view(),
        name="api-adjudications",
    ),
    path(
        "projects/<slug:slug>/retraining-quizzes/",
        adjudication.RetrainingQuizzes.as_view(),
        name="api-retraining-quizzes",
    ),
    path(
        "projects/<slug:slug>/agreement-schedule/",
        audits.AgreementSchedules.as_view(),
        name="api-agreement-schedule",
    ),
    path(
        "projects/<slug:slug>/context-ranges/",
        context_ranges.RangesOfContext.as_view(),
        name="api-context-ranges",
    ),
    path("projects/<slug:slug>/more-answers/", adjudication.MoreAnswers.as_view(), name="api-more-answers"),
    path("queues/<uuid:pk>/claim/", queues.Claim.as_view(), name="api-claim"),
    path("tasks/<uuid:pk>/", tasks.OneTask.as_view(), name="api-task"),
    path("tasks/<uuid:pk>/answers/", tasks.TaskAnswers.as_view(), name="api-task-answers"),
    path("leases/<str:token>/renew/", tasks.LeaseRenewal.as_view(), name="api-lease-renew"),
    path("leases/<str:token>/release/", tasks.LeaseRelease.as_view(), name="api-lease-release"),
    path("projects/<slug:slug>/rounds/", rounds.Rounds.as_view(), name="api-rounds"),
    path("projects/<slug:slug>/rounds/preview/", rounds.RoundPreview.as_view(), name="api-round-preview"),
    path("rounds/<uuid:pk>/", rounds.OneRound.as_view(), name="api-round"),
    path("rounds/<uuid:pk>/images/", rounds.RoundImages.as_view(), name="api-round-images"),
    path("rounds/<uuid:pk>/pause/", rounds.RoundPause.as_view(), name="api-round-pause"),
    path("rounds/<uuid:pk>/resume/", rounds.RoundResumption.as_view(), name="api-round-resume"),
    path("rounds/<uuid:pk>/close/", rounds.RoundClosing.as_view(), name="api-round-close"),
    path("projects/<slug:slug>/gold/", gold.GoldList.as_view(), name="api-gold"),
    path("projects/<slug:slug>/gold-scores/", gold.GoldScores.as_view(), name="api-gold-scores"),
    path("gold/<uuid:pk>/retire/", gold.GoldRetirement.as_view(), name="api-gold-retire"),
    path("projects/<slug:slug>/quizzes/", quizzes.Quizzes.as_view(), name="api-quizzes"),
    path("quizzes/<uuid:pk>/retire/", quizzes.QuizRetirement.as_view(), name="api-quiz-retire"),
    path("quizzes/<uuid:pk>/attempts/", quizzes.QuizAttempts.as_view(), name="api-quiz-attempts"),
    path("quiz-attempts/<uuid:pk>/", quizzes.OneQuizAttempt.as_view(), name="api-quiz-attempt"),
]
