"""What each kind of alarm is: what people call it, how bad it is, where it is mended, and whether a letter says so."""

from dataclasses import dataclass

from people.enums import AlarmKind, Severity


@dataclass(frozen=True)
class Nature:
    """`page` is the name of the page's URL where one begins to mend it."""

    title: str
    severity: Severity
    page: str
    is_mailed: bool = True


NATURES = {
    AlarmKind.DRIFT: Nature("Drift", Severity.WARNING, "drift"),
    AlarmKind.CAMERA_SILENT: Nature("Silent camera", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_FROZEN: Nature("Frozen camera", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_COVERED: Nature("Covered camera", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_MOVED: Nature("Moved camera", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_DARK: Nature("Dark camera", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_BRIGHT: Nature("Glaring camera", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_BLURRED: Nature("Blurred camera", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_COLOUR: Nature("Camera with a colour cast", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_FORMAT: Nature("Camera with another format", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_CLOCK: Nature("Camera with a wrong clock", Severity.WARNING, "camera-health"),
    AlarmKind.CAMERA_SLOW: Nature("Slow camera", Severity.WARNING, "camera-health"),
    AlarmKind.EDGE_DEVICE: Nature("Device at the edge", Severity.WARNING, "camera-health"),
    AlarmKind.ERROR_BUDGET: Nature("Error budget", Severity.CRITICAL, "overview"),
    AlarmKind.AGREEMENT_LOW: Nature("Agreement", Severity.WARNING, "agreement"),
    AlarmKind.QUEUE_LATE: Nature("A queue is late", Severity.WARNING, "quality"),
    # Each of these alerts is written about to the store's manager by itself.
    AlarmKind.ALERT_UNANSWERED: Nature("Unanswered alert", Severity.WARNING, "kiosk", is_mailed=False),
    AlarmKind.JOB_STUCK: Nature("Stuck job", Severity.CRITICAL, "overview"),
    AlarmKind.WEBHOOK_OFF: Nature("Webhook switched off", Severity.WARNING, "webhooks"),
    AlarmKind.SIGN_INS: Nature("Wrong passwords", Severity.WARNING, "alarms"),
}
