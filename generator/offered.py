"""What AWS offers for a setting."""

from enum import IntEnum, StrEnum


class LogRetention(IntEnum):
    """The days for which CloudWatch Logs can keep a log group (`PutRetentionPolicy`)."""

    D1 = 1
    D3 = 3
    D5 = 5
    D7 = 7
    D14 = 14
    D30 = 30
    D60 = 60
    D90 = 90
    D120 = 120
    D150 = 150
    D180 = 180
    D365 = 365
    D400 = 400
    D545 = 545
    D731 = 731
    D1827 = 1827
    D3653 = 3653


class Architecture(StrEnum):
    """The processors that Lambda offers."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class Runtime(StrEnum):
    """The Lambda runtimes for which Muster's packages are built."""

    PYTHON_3_12 = "python3.12"
    PYTHON_3_13 = "python3.13"
