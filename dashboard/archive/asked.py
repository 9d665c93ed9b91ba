"""Asks the archive that is deployed, for a page."""

from botocore.exceptions import BotoCoreError, ClientError

from dashboard import data, deployment
from dashboard.archive.asking import Answer, ArchiveError, Limits, ask_athena, ask_bucket
from dashboard.archive.question import QuestionError, question_of
from dashboard.problems import DataError, explained

LIMITS = Limits(rows=1_000, seconds=60, megabytes=200)
_OFF = "There is no archive: set archive.enabled = true in muster.toml, then make deploy."
_ASK_OTHERWISE = "Change the question and ask again; the columns stand below."
_MAY_NOT = "Use a profile of the hub account that may ask Athena in the archive's workgroup and read its bucket."

_MENDS = {
    "AccessDenied": _MAY_NOT,
    "AccessDeniedException": _MAY_NOT,
    # Athena reads a question before it takes it up.
    "InvalidRequestException": _ASK_OTHERWISE,
}


def ask(sql: str) -> Answer:
    """Return the answer to a query, at most `LIMITS` of it. Raises `DataError`."""
    known = deployment.deployed()
    if not known.archive_engine:
        raise DataError("nothing is archived here", _OFF)
    try:
        question = question_of(sql)
        if known.archive_engine == "athena":
            return ask_athena(question, data.aws_client("athena"), known.archive_database, LIMITS)
        return ask_bucket(question, data.aws_client("s3"), known.archive_bucket, LIMITS)
    except (QuestionError, ArchiveError) as error:
        raise DataError(str(error), _ASK_OTHERWISE) from error
    except ClientError as error:
        mend = _MENDS.get(error.response["Error"]["Code"])
        raise (DataError(str(error), mend) if mend else explained(error)) from error
    except BotoCoreError as error:
        raise explained(error) from error
