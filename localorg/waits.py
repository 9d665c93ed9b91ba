"""How long AWS's waits take here: of state machines, and of commands that wait for their node."""

from ministack.services import stepfunctions

from localorg import patches

USUAL = 0.01


def install() -> None:
    """Nothing is replaced; what is set must be there."""
    patches.require(stepfunctions, "_scaled_sleep", "seconds * _SFN_WAIT_SCALE")


def scale(factor: float) -> None:
    """Let a second of AWS's take `factor` seconds."""
    stepfunctions._SFN_WAIT_SCALE = factor


def scaled(seconds: float) -> float:
    """The seconds that a wait of AWS's takes here."""
    return seconds * float(stepfunctions._SFN_WAIT_SCALE)
