"""Lambda functions run as they would on AWS: what is missing from the zip is missing."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from localorg.worker_pool import SERVER_LIMIT
from tests.localorg.lambdas import MEMBER, Functions, archive, policy, third_parties

pytestmark = pytest.mark.slow

REFLECT = """
import os, sys, time
CALLS = 0
class NotReadyError(Exception): pass
def handle_handler(event, context):
    global CALLS
    CALLS += 1
    event = event or {}
    print("out", event.get("word", ""))
    print("err", event.get("word", ""), file=sys.stderr)
    if event.get("raise"): raise NotReadyError(event["raise"])
    if event.get("sleep"): time.sleep(event["sleep"])
    if "exit" in event: os._exit(event["exit"])
    if event.get("object"): return object()
    seen = {name: value for name, value in vars(context).items() if name[0] != "_"}
    left = context.get_remaining_time_in_millis()
    process = {"calls": CALLS, "pid": os.getpid(), "path": sys.path, "env": dict(os.environ)}
    return {**process, "context": seen, "left": left}
"""
CARRIED = """
import boto3, botocore, msgspec, aws_lambda_powertools
def handle_handler(event, context):
    return [module.__file__ for module in (boto3, botocore, msgspec, aws_lambda_powertools)]
"""

SHARING = """
from botocore.session import Session
def handle_handler(event, context):
    one, other = (Session().get_component("data_loader") for _ in range(2))
    return [one.load_data(name) is other.load_data(name) for name in ("endpoints", "partitions")]
"""


@pytest.fixture(scope="module")
def functions(organization: Any) -> Functions:
    return Functions(organization.client, MEMBER)


@pytest.fixture(scope="module")
def reflect(functions: Functions) -> str:
    functions.make("reflect", REFLECT, Timeout=3, Environment={"Variables": {"TABLE": "findings"}})
    return "reflect"


def logged(functions: Functions, group: str, pattern: str) -> list[str]:
    events = functions.aws("logs").filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
    return [event["message"] for event in events]


def dead_letters(functions: Functions, name: str) -> tuple[str, str]:
    queue = functions.aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    return queue, f"arn:aws:sqs:us-east-1:{MEMBER}:{name}"


def received(functions: Functions, queue: str, seconds: int = 10) -> Any:
    answer = functions.aws("sqs").receive_message(
        QueueUrl=queue, WaitTimeSeconds=seconds, MessageAttributeNames=["All"]
    )
    return answer.get("Messages", [None])[0]


def test_a_worker_sees_its_zip_and_the_standard_library_only(functions: Functions, reflect: str) -> None:
    root, *library = functions.call(reflect)["path"]
    assert Path(root).parent.name.startswith("localorg-tasks-")
    assert not [path for path in library if "site-packages" in path or "/work" in path]


def test_third_parties_come_from_the_zip(functions: Functions) -> None:
    functions.make("carrying", archive({"index.py": CARRIED}, third_parties()))
    assert {Path(file).parts[2][:15] for file in functions.call("carrying")} == {"localorg-tasks-"}


def test_a_workers_sessions_share_the_models_that_the_fork_server_parsed(functions: Functions) -> None:
    functions.make("sharing", archive({"index.py": SHARING}, third_parties()))
    assert functions.call("sharing") == [True, True]


def test_a_dependency_missing_from_the_zip_fails_the_import(functions: Functions) -> None:
    functions.make("lacking", archive({"index.py": CARRIED}, third_parties(), without="jmespath/"))
    answer = functions.call("lacking")
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert answer["errorMessage"] == "Unable to import module 'index': No module named 'jmespath'"


def test_nothing_resolves_from_the_gateways_environment(functions: Functions) -> None:
    functions.make("hoping", "import ministack\ndef handle_handler(event, context): return 1")
    assert functions.call("hoping")["errorType"] == "Runtime.ImportModuleError"


def test_the_environment_is_what_lambda_sets_and_nothing_of_the_gateways(functions: Functions, reflect: str) -> None:
    environment = functions.call(reflect)["env"]
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "us-east-1"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "reflect"
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/reflect"
    assert environment["_HANDLER"] == "index.handle_handler"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert environment["TABLE"] == "findings"
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert not {"AUTH", "GATEWAY_PORT", "HOME", "LOG_LEVEL", "PYTHONPATH", "VIRTUAL_ENV"} & set(environment)


def test_the_context_is_complete(functions: Functions, reflect: str) -> None:
    answer = functions.call(reflect)
    context = answer["context"]
    assert context["function_name"] == "reflect"
    assert context["invoked_function_arn"] == f"arn:aws:lambda:us-east-1:{MEMBER}:function:reflect"
    assert context["memory_limit_in_mb"] == "128"
    assert context["log_group_name"] == "/aws/lambda/reflect"
    assert len(context["aws_request_id"]) == 36
    assert 2_500 < answer["left"] <= 3_000


def test_the_exceptions_class_is_the_error_type_and_the_worker_lives_on(functions: Functions, reflect: str) -> None:
    before = functions.call(reflect)
    answer = functions.call(reflect, {"raise": "not yet"})
    assert (answer["errorType"], answer["errorMessage"]) == ("NotReadyError", "not yet")
    assert "handle_handler" in answer["stackTrace"][-1]
    after = functions.call(reflect)
    assert (after["pid"], after["calls"]) == (before["pid"], before["calls"] + 2)


def test_an_answer_that_is_no_json_is_a_marshal_error(functions: Functions, reflect: str) -> None:
    assert functions.call(reflect, {"object": True})["errorType"] == "Runtime.MarshalError"


def test_a_time_out_kills_the_worker(functions: Functions, reflect: str) -> None:
    before = functions.call(reflect)["pid"]
    answer = functions.call(reflect, {"sleep": 10})
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Error: Task timed out after 3.00 seconds")
    assert not Path(f"/proc/{before}").exists()
    assert functions.call(reflect)["calls"] == 1


def test_a_worker_that_dies_is_told_and_replaced(functions: Functions, reflect: str) -> None:
    answer = functions.call(reflect, {"exit": 3})
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert functions.call(reflect)["calls"] == 1


def test_a_handler_that_does_not_exist_is_told(functions: Functions) -> None:
    functions.make("nameless", REFLECT, Handler="index.other_handler")
    assert functions.call("nameless")["errorType"] == "Runtime.HandlerNotFound"


def test_the_log_goes_to_the_functions_own_group(functions: Functions, reflect: str) -> None:
    functions.make("grouped", REFLECT, LoggingConfig={"LogGroup": "/muster/grouped"})
    functions.call("grouped", {"word": "apricot"})
    assert logged(functions, "/muster/grouped", "apricot") == ["out apricot", "err apricot"]
    functions.call(reflect, {"raise": "quince"})
    assert any("NotReadyError: quince" in line for line in logged(functions, "/aws/lambda/reflect", "quince"))


def test_a_changed_environment_meets_no_stale_worker(functions: Functions) -> None:
    functions.make("changing", REFLECT, Environment={"Variables": {"TABLE": "one"}})
    assert functions.call("changing")["env"]["TABLE"] == "one"
    changed = {"Variables": {"TABLE": "two"}}
    functions.aws("lambda").update_function_configuration(FunctionName="changing", Environment=changed)
    assert functions.call("changing")["env"]["TABLE"] == "two"


def test_an_asynchronous_failure_is_retried_twice_and_then_sent_to_its_destination(functions: Functions) -> None:
    queue, target = dead_letters(functions, "failures")
    functions.make("failing", REFLECT, [{"Action": "sqs:SendMessage", "Resource": target}])
    functions.aws("lambda").put_function_event_invoke_config(
        FunctionName="failing", DestinationConfig={"OnFailure": {"Destination": target}}
    )
    payload = json.dumps({"raise": "always"})
    functions.aws("lambda").invoke(FunctionName="failing", InvocationType="Event", Payload=payload)
    record = json.loads(received(functions, queue)["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"] == {"raise": "always"}
    assert record["responsePayload"]["errorType"] == "NotReadyError"


def test_a_limit_of_no_retries_is_kept(functions: Functions) -> None:
    queue, target = dead_letters(functions, "once")
    functions.make("trying-once", REFLECT, [{"Action": "sqs:SendMessage", "Resource": target}])
    functions.aws("lambda").put_function_event_invoke_config(
        FunctionName="trying-once",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": target}},
    )
    functions.aws("lambda").invoke(FunctionName="trying-once", InvocationType="Event", Payload='{"raise": "x"}')
    record = json.loads(received(functions, queue)["Body"])
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_an_age_limit_below_the_first_wait_ends_the_retries(functions: Functions) -> None:
    queue, target = dead_letters(functions, "aged")
    functions.make("ageing", REFLECT, [{"Action": "sqs:SendMessage", "Resource": target}])
    functions.aws("lambda").put_function_event_invoke_config(
        FunctionName="ageing",
        MaximumEventAgeInSeconds=100,
        DestinationConfig={"OnFailure": {"Destination": target}},
    )
    functions.aws("lambda").invoke(FunctionName="ageing", InvocationType="Event", Payload='{"raise": "x"}')
    context = json.loads(received(functions, queue)["Body"])["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 2)


def test_a_dead_letter_is_the_event_itself(functions: Functions) -> None:
    queue, target = dead_letters(functions, "dead-letters")
    allowed = [{"Action": "sqs:SendMessage", "Resource": target}]
    functions.make("dying", REFLECT, allowed, DeadLetterConfig={"TargetArn": target})
    functions.aws("lambda").invoke(FunctionName="dying", InvocationType="Event", Payload='{"raise": "plum"}')
    message = received(functions, queue)
    assert json.loads(message["Body"]) == {"raise": "plum"}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "plum"


def test_a_destination_that_the_role_may_not_send_to_gets_nothing(functions: Functions) -> None:
    queue, target = dead_letters(functions, "forbidden")
    functions.make("unpermitted", REFLECT, DeadLetterConfig={"TargetArn": target})
    functions.aws("lambda").invoke(FunctionName="unpermitted", InvocationType="Event", Payload='{"raise": "x"}')
    assert received(functions, queue, seconds=1) is None


def test_a_call_that_the_role_does_not_allow_is_refused(functions: Functions) -> None:
    source = "import boto3\ndef handle_handler(e, c): return boto3.client('sqs').list_queues()['ResponseMetadata']"
    functions.make("asking", archive({"index.py": source}, third_parties()))
    assert "sqs:listqueues" in functions.call("asking")["errorMessage"].lower()
    allowed = policy({"Action": "sqs:ListQueues", "Resource": "*"})
    role = "asking-us-east-1"
    functions.aws("iam").put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=allowed)
    assert functions.call("asking")["HTTPStatusCode"] == 200


def test_workers_stay_below_their_limit_and_end_with_the_gateway(
    start_gateway: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    gateway = start_gateway()
    functions = Functions(gateway.client, MEMBER)
    pids = []
    for number in range(30):
        functions.make(f"many-{number}", REFLECT)
        pids.append(functions.call(f"many-{number}")["pid"])
    assert len([pid for pid in pids if is_running(pid)]) == 24
    gateway.process.kill()
    assert eventually(lambda: not [pid for pid in pids if is_running(pid)])


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_more_zips_than_fork_servers_called_at_once_all_answer(functions: Functions) -> None:
    names = [f"many-{number}" for number in range(2 * SERVER_LIMIT)]
    for name in names:
        functions.make(name, f"def handle_handler(event, context): return '{name}'")
    calls = random.Random(1).choices(names, k=300)
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(functions.call, calls)) == calls
