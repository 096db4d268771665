"""What everybody is answered at every address but labeling's API, whose rows stand with its tests.

Statuses are in the order of `walking.WHO`. Nothing is sent, so that 400 says that somebody might have; 404 that
there is nothing for them here, or that what nothing names is not found.
"""

# By the statuses: names of pages, with `:post` where that is another matter than to look.
PAGES = {
    "302 200 200 200 200 200 200 200": ("notifications runbook second-factor "),
    "302 200 200 200 200 200 404 404": ("guideline-in-force guideline-to-read "),
    "302 200 200 403 200 200 404 404": ("alerts alerts-manifest camera-health kiosk "),
    "302 200 404 403 200 200 404 404": ("camera "),
    "302 302 302 302 302 302 200 302": ("home "),
    "302 302 302 302 302 302 302 302": (
        "hand-over:post logout:post second-factor-code set_language start-shift:post "
    ),
    "302 400 400 400 400 400 400 400": ("second-factor:post "),
    "302 403 403 200 403 403 404 404": ("quiz "),
    "302 403 403 302 200 200 404 404": ("work-queue "),
    "302 403 403 302 302 302 404 404": ("work "),
    "302 403 403 302 403 403 404 404": ("quiz:post "),
    "302 403 404 403 302 302 404 404": (
        "camera-expected:post camera-maintenance:post camera-reference:post "
    ),
    "302 403 403 403 200 200 404 404": (
        "add-example add-to-round agreement agreement-disputed agreement-report agreement-reports "
        "agreement-schedule alarms alert-rules ancestry answers blur-image cameras captures "
        "change-round-terms context-ranges dataset-changes datasets drift erase-image flags gold "
        "guideline guidelines image image-descent import-labels label-errors label-import model "
        "model-worse models new-quiz new-round one-quiz overview person-descent pipeline "
        "preview-guideline:post preview-round privacy publish-guideline quality queue-settings quizzes "
        "region round rounds routing run runs sign-in-codes train-panel weekly what-next "
    ),
    "302 403 403 403 302 302 404 404": (
        "add-to-round:post agreement-report:post agreement-reports:post cancel-run:post "
        "change-example:post context-ranges:post drift:post forget-device:post freeze:post "
        "look-for-label-errors:post "
        "measure-earlier:post one-quiz:post publish-guideline:post recalibrate-model:post "
        "retire-gold:post revoke-sign-in-code:post settle-flag:post store-hours:post train:post what-next:post "
    ),
    "302 403 403 403 400 400 404 404": (
        "agreement-schedule:post blur-image:post change-round-terms:post erase-image:post guidelines:post "
        "import-labels:post new-quiz:post new-round:post region:post review-label-errors:post "
        "sign-in-codes:post "
    ),
    "302 403 403 403 403 200 404 404": ("bring-model promote-model webhook webhooks "),
    "302 403 403 403 403 302 404 404": (
        "alert-rules:post end-trial:post face-detector gate-terms:post join-models:post "
        "measure-model:post privacy:post "
        "profile-model:post roll-back routing:post serving-budget:post start-shadow:post stop-shadow:post "
    ),
    "302 403 403 403 403 400 404 404": ("bring-model:post set-when:post webhooks:post "),
    "302 403 403 403 403 403 403 403": ("erase-person "),
    "302 403 403 403 403 404 404 404": ("webhook-act:post "),
    "302 403 403 403 403 409 404 404": ("promote-model:post "),
    "302 403 403 403 404 404 404 404": (
        "agreement-act:post agreement-pair change-round:post erasure gold-share:post make-gold:post "
        "queue-settings:post store-managers:post "
    ),
    "302 404 404 302 404 404 404 404": ("quiz-result "),
    "302 404 404 404 302 302 404 404": ("acknowledge-alarm:post settle-alarm:post "),
    "200 200 200 200 200 200 200 200": ("alerts-worker alive api-docs handed-over ready schema start-shift "),
    "200 302 302 302 302 302 302 302": ("login "),
    "401 401 401 401 200 200 401 200": ("metrics "),
    "404 404 404 404 404 404 404 404": ("image-bytes oidc-begin oidc-callback "),
}

# Name, method, the scopes of which one is enough, statuses.
API = [
    ("api-sites", "get", "read", "401 200 200 200 200 200 200 200"),
    ("api-sites", "post", "admin", "401 400 400 400 400 400 400 400"),
    ("api-alarms", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-alarm-acknowledge", "post", "admin", "401 404 404 404 200 200 404 404"),
    ("api-alarm-settle", "post", "admin", "401 404 404 404 200 200 404 404"),
    ("api-webhooks", "get", "admin", "401 403 403 403 403 200 404 404"),
    ("api-webhooks", "post", "admin", "401 403 403 403 403 400 404 404"),
    ("api-webhook", "get", "admin", "401 404 404 404 404 200 404 404"),
    ("api-webhook", "patch", "admin", "401 404 404 404 404 200 404 404"),
    ("api-webhook", "delete", "admin", "401 404 404 404 404 204 404 404"),
    ("api-webhook-ping", "post", "admin", "401 404 404 404 404 201 404 404"),
    ("api-deliveries", "get", "admin", "401 404 404 404 404 200 404 404"),
    ("api-redeliver", "post", "admin", "401 404 404 404 404 200 404 404"),
    ("api-push-key", "get", "read answer", "401 200 200 200 200 200 200 200"),
    ("api-push-subscriptions", "get", "read answer", "401 200 200 200 200 200 200 200"),
    ("api-push-subscriptions", "post", "answer", "401 400 400 400 400 400 400 400"),
    ("api-push-subscription", "delete", "answer", "401 404 404 404 404 204 404 404"),
    ("api-associates", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-one-associate", "patch", "admin", "401 403 403 403 400 400 404 404"),
    ("api-sign-in-codes", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-sign-in-codes", "post", "admin", "401 403 403 403 400 400 404 404"),
    ("api-sign-in-code-revoke", "post", "admin", "401 404 404 404 200 200 404 404"),
    ("api-captures", "post", "ingest edge", "401 415 415 415 415 415 415 415"),
    ("api-capture", "get", "read ingest", "401 404 404 404 200 200 404 404"),
    ("api-project-captures", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-policies", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-policies", "post", "admin", "401 403 403 403 403 400 404 404"),
    ("api-policies-dry-run", "post", "admin", "401 403 403 403 403 400 404 404"),
    ("api-alert-rules", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-alert-rules", "post", "admin", "401 403 403 403 403 400 404 404"),
    ("api-alert-rules-try", "post", "read", "401 403 403 403 400 400 404 404"),
    ("api-task-alert", "get", "read answer", "401 404 404 404 404 404 404 404"),
    ("api-trust", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-drift", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-drift", "post", "admin", "401 403 403 403 400 400 404 404"),
    ("api-drift-table", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-drift-tests", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-pipeline", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-cameras", "get", "read", "401 200 200 403 200 200 404 404"),
    ("api-camera", "get", "read", "401 200 404 403 200 200 404 404"),
    ("api-camera-reference", "post", "admin", "401 403 404 403 200 200 404 404"),
    ("api-camera-maintenance", "post", "admin", "401 403 404 403 400 400 404 404"),
    ("api-camera-expected", "post", "admin", "401 403 404 403 400 400 404 404"),
    ("api-store-hours", "get", "read", "401 200 404 403 200 200 404 404"),
    ("api-store-hours", "put", "admin", "401 403 403 403 200 200 404 404"),
    ("api-edge-health", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-edge-health", "post", "edge", "401 403 403 403 403 400 404 404"),
    ("api-edge", "get", "edge", "401 403 403 403 403 400 404 404"),
    ("api-edge-file", "get", "edge", "401 403 403 403 403 200 404 404"),
    ("api-edge-reports", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-edge-reports", "post", "edge", "401 403 403 403 403 400 404 404"),
    ("api-datasets", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-datasets", "post", "admin", "401 403 403 403 202 202 404 404"),
    ("api-dataset", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-dataset-changes", "get", "read", "401 404 404 404 400 400 404 404"),
    ("api-dataset-changed-images", "get", "read", "401 404 404 404 400 400 404 404"),
    ("api-dataset-export", "get", "read", "401 404 404 404 400 400 404 404"),
    ("api-dataset-manifest", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-dataset-label-errors", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-dataset-label-errors", "post", "admin", "401 404 404 404 202 202 404 404"),
    ("api-label-errors", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-label-suspects", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-training-runs", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-training-runs", "post", "admin", "401 403 403 403 400 400 404 404"),
    ("api-retraining", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-retraining", "patch", "admin", "401 403 403 403 403 200 404 404"),
    ("api-retraining-measure", "post", "admin", "401 403 403 403 202 202 404 404"),
    ("api-next-images", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-training-run", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-serving-budget", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-serving-budget", "post", "admin", "401 403 403 403 403 400 404 404"),
    ("api-model-job", "get", "read admin", "401 404 404 404 200 200 404 404"),
    ("api-model-profile", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-model-profile", "post", "admin", "401 404 404 404 403 202 404 404"),
    ("api-models", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-models", "post", "admin", "401 403 403 403 403 415 404 404"),
    ("api-models-join", "post", "admin", "401 403 403 403 403 400 404 404"),
    ("api-capture-attention", "get", "read", "401 404 404 404 404 404 404 404"),
    ("api-capture-attention", "post", "read", "401 404 404 404 202 202 404 404"),
    ("api-task-attention", "get", "answer", "401 404 404 404 404 404 404 404"),
    ("api-task-attention", "post", "answer", "401 404 404 404 404 404 404 404"),
    ("api-model-calibration", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-model-calibration", "post", "admin", "401 404 404 404 200 200 404 404"),
    ("api-model-shadow", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-model-shadow", "post", "admin", "401 404 404 404 403 201 404 404"),
    ("api-model-shadow", "delete", "admin", "401 404 404 404 403 409 404 404"),
    ("api-ancestry", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-ancestry-examples", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-ancestry-answers", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-image-erasure", "get", "read", "401 404 404 404 404 404 404 404"),
    ("api-image-erasure", "post", "admin", "401 404 404 404 400 400 404 404"),
    ("api-erasures", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-privacy", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-privacy", "put", "admin", "401 403 403 403 403 200 404 404"),
    ("api-image-descent", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-person-descent", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-gate", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-gate", "post", "admin", "401 404 404 404 403 202 404 404"),
    ("api-gate-worse", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-project-gate", "get", "read", "401 403 403 403 200 200 404 404"),
    ("api-project-gate", "post", "admin", "401 403 403 403 403 400 404 404"),
    ("api-model-sites", "get", "read", "401 404 404 404 200 200 404 404"),
    ("api-model-sites", "post", "admin", "401 404 404 404 403 400 404 404"),
    ("api-model-sites", "delete", "admin", "401 404 404 404 403 400 404 404"),
    ("api-promote", "post", "admin", "401 404 404 404 403 409 404 404"),
    ("api-rollback", "post", "admin", "401 404 404 404 403 409 404 404"),
]
