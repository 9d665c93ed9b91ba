"""Every detection of Muster. What is not listed here does not run."""

from hub.detections import iam, signin
from hub.detections.detection import Detection

DETECTIONS: tuple[Detection, ...] = (
    signin.root_console_login,
    iam.user_created,
)
