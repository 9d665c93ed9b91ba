"""Runs a function for whose schedule a demo does not wait."""

import boto3

from generator.local.problems import LocalError


def run_now(session: boto3.Session, function: str) -> None:
    """Run a function of the session's account and Region as its schedule would. Raises `LocalError` when it fails."""
    answer = session.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    if "FunctionError" in answer:
        raise LocalError(f"{function} failed: {answer['Payload'].read().decode()}")
