"""What an emulated API answers, in MiniStack's form: status, headers, body."""

from typing import Any

from ministack.core.responses import error_response_json, json_response

Response = tuple[int, dict[str, str], bytes]


class ApiError(Exception):
    """An answer other than success: AWS's code, and its message as the text."""

    def __init__(self, code: str, message: str) -> None:
        """Take the code beside the text."""
        super().__init__(message)
        self.code = code


def success(body: dict[str, Any]) -> Response:
    """The JSON answer of a call that worked."""
    made: Response = json_response(body)
    return made


def refusal(error: ApiError) -> Response:
    """The JSON answer of a call that AWS refuses as the caller's mistake."""
    made: Response = error_response_json(error.code, str(error), 400)
    return made
