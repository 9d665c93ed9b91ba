"""A finding's full document, compressed with a dictionary of what every finding says."""

import zlib

import msgspec

from contract.finding import Finding

# Read from its end first, so the most common stands last. One that is in use never changes: a new one joins it.
_DICTIONARY = (
    b'"ProductName":"GuardDuty""ProductName":"Security Hub""CompanyName":"AWS""Types":["Software and Configuration C'
    b'hecks/Industry and Regulatory Standards/""Remediation":{"Recommendation":{"Text":"For information on how to co'
    b'rrect this issue, consult the AWS Security Hub controls documentation.","Url":"https://docs.aws.amazon.com/con'
    b'sole/securityhub/""Compliance":{"Status":"FAILED","SecurityControlId":"","AssociatedStandards":[{"StandardsId"'
    b':"standards/aws-foundational-security-best-practices/v/1.0.0","cis-aws-foundations-benchmark/v/""GeneratorId":'
    b'"security-control/","AwsAccountId":"","SchemaVersion":"2018-10-08","ProductArn":"arn:","Resources":[{"Type":"A'
    b'wsEc2SecurityGroup","Partition":"Details":{"LastObservedAt":"","CreatedAt":"","FirstObservedAt":"","Descriptio'
    b'n":"This control checks whether "CRITICAL","INFORMATIONAL","LOW","compliance":"PASSED","record_state":"ARCHIVE'
    b'D","mode":"monitor","also":["is_attempt":true,Attempted: AccessDenied AssumedRole:assumed-role/AWSReservedSSO_'
    b"AdministratorAccess_ec2.amazonaws.com:RunInstances s3.amazonaws.com:PutBucketPolicy signin.amazonaws.com:Conso"
    b"leLogin console.amazonaws.com cloudformation.amazonaws.com Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) App"
    b"leWebKit/537.36 (KHTML, like Gecko) Chrome/ Safari/537.36 Boto3/ Botocore/ md/Botocore# Terraform/ aws-cli/2. "
    b"md/awscrt# ua/2.1 os/linux#6.1 os/macos# md/arch#x86_64 md/arch#arm64 lang/python#3.13 md/pyimpl#CPython cfg/r"
    b'etry-mode#standard md/prompt#off md/command#,"details":{"error":"","note":"","workflow_by":"","workflow_at":"2'
    b'026-","workflow":"SUPPRESSED","workflow":"RESOLVED","workflow":"NOTIFIED","product":"arn:securityhub::product/'
    b'aws/securityhub","region":"eu-west-1","region":"eu-central-1","region":"us-west-2","region":"us-east-1","resou'
    b'rce":"arn:iam:::user/:role/:policy/ec2:instance/i-0:security-group/sg-0:s3:::","resources":["arn:","actor":"ro'
    b'ot","actor_kind":"role-session","actor_kind":"sso","actor_kind":"role","actor_kind":"iam-user","actor_role":""'
    b',"actor_arn":"arn:aws","api_call":"iam.amazonaws.com:CreateAccessKey","event_id":"","source_ip":"203.0.113.","'
    b'user_agent":"aws-cli/2.","first_seen":"2026-","updated_at":"2026-1T0:00.000000Z","observed_at":"2026-{"id":"",'
    b'"detection":"iam.","title":"","severity":"MEDIUM","severity":"HIGH","account":"","family":"iam.'
)
_DICTIONARIES = {zlib.adler32(one): one for one in (_DICTIONARY,)}


def packed(finding: Finding) -> bytes:
    """Return the finding as compressed JSON."""
    compressor = zlib.compressobj(9, zdict=_DICTIONARY)
    return compressor.compress(msgspec.json.encode(finding)) + compressor.flush()


def unpacked(body: bytes) -> Finding:
    """Return the finding that `packed` packed; a damaged body raises `zlib.error` or `msgspec.ValidationError`.

    The stream names its dictionary by Adler-32 in bytes 2 to 5 (RFC 1950, DICTID).
    """
    dictionary = _DICTIONARIES.get(int.from_bytes(body[2:6]), b"")
    return msgspec.json.decode(zlib.decompressobj(zdict=dictionary).decompress(body), type=Finding)
