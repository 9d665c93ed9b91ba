"""ASFF's words for what a finding is about: finding types by ATT&CK technique, resource types by ARN."""

import re

# ASFF's "Types taxonomy" by technique of MITRE ATT&CK (Cloud matrix, and what our catalogue takes from Enterprise).
_TECHNIQUES = {
    "TTPs/Initial Access": "T1078 T1133 T1190 T1199 T1566",
    "TTPs/Execution": "T1053 T1059 T1072 T1204 T1609 T1610 T1648 T1651",
    "TTPs/Persistence": "T1098 T1136 T1137 T1505 T1525 T1546 T1547 T1574 T1671",
    "TTPs/Privilege Escalation": "T1068 T1134 T1484 T1548 T1611",
    "TTPs/Defense Evasion": "T1027 T1036 T1070 T1211 T1480 T1535 T1562 T1564 T1578 T1599 T1612 T1656 T1666",
    "TTPs/Credential Access": "T1040 T1110 T1212 T1528 T1539 T1552 T1555 T1556 T1557 T1606 T1621 T1649",
    "TTPs/Discovery": "T1016 T1018 T1033 T1046 T1069 T1082 T1087 T1201 T1482 T1518 T1526 T1538 T1580 T1613 T1619 T1654",
    "TTPs/Lateral Movement": "T1021 T1080 T1534 T1550 T1570",
    "TTPs/Collection": "T1005 T1074 T1114 T1119 T1213 T1530 T1560",
    "TTPs/Command and Control": "T1071 T1090 T1102 T1105 T1572 T1584",
    "Effects/Data Exfiltration": "T1020 T1041 T1048 T1537 T1567",
    "Effects/Data Destruction": "T1485 T1486 T1490 T1491 T1561 T1565",
    "Effects/Denial of Service": "T1489 T1498 T1499 T1531",
    "Effects/Resource Consumption": "T1496",
}
_CATEGORIES = {technique: category for category, names in _TECHNIQUES.items() for technique in names.split()}

_ARN = re.compile(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:[^:]*:(?P<kind>[\w-]*)(?P<rest>.*)", re.DOTALL)
# ASFF's "Resources", the types that our detections judge; the kind is what the ARN's last part begins with.
_RESOURCES = {
    ("cloudtrail", "trail"): "AwsCloudTrailTrail",
    ("codebuild", "project"): "AwsCodeBuildProject",
    ("dynamodb", "table"): "AwsDynamoDbTable",
    ("ec2", "instance"): "AwsEc2Instance",
    ("ec2", "launch-template"): "AwsEc2LaunchTemplate",
    ("ec2", "network-acl"): "AwsEc2NetworkAcl",
    ("ec2", "network-interface"): "AwsEc2NetworkInterface",
    ("ec2", "route-table"): "AwsEc2RouteTable",
    ("ec2", "security-group"): "AwsEc2SecurityGroup",
    ("ec2", "subnet"): "AwsEc2Subnet",
    ("ec2", "volume"): "AwsEc2Volume",
    ("ec2", "vpc"): "AwsEc2Vpc",
    ("ecr", "repository"): "AwsEcrRepository",
    ("eks", "cluster"): "AwsEksCluster",
    ("elasticloadbalancing", "loadbalancer"): "AwsElbv2LoadBalancer",
    ("guardduty", "detector"): "AwsGuardDutyDetector",
    ("iam", "group"): "AwsIamGroup",
    ("iam", "policy"): "AwsIamPolicy",
    ("iam", "role"): "AwsIamRole",
    ("iam", "root"): "AwsAccount",
    ("iam", "user"): "AwsIamUser",
    ("kms", "key"): "AwsKmsKey",
    ("lambda", "function"): "AwsLambdaFunction",
    ("rds", "cluster"): "AwsRdsDbCluster",
    ("rds", "cluster-snapshot"): "AwsRdsDbClusterSnapshot",
    ("rds", "db"): "AwsRdsDbInstance",
    ("rds", "snapshot"): "AwsRdsDbSnapshot",
    ("redshift", "cluster"): "AwsRedshiftCluster",
    ("secretsmanager", "secret"): "AwsSecretsManagerSecret",
}
# Services whose ARNs name the resource without saying what it is.
_UNNAMED = {"s3": "AwsS3Bucket", "sns": "AwsSnsTopic", "sqs": "AwsSqsQueue"}


def finding_type(attack: str) -> str:
    """Return a technique's `namespace/category/classifier`; without a technique it is a matter of configuration."""
    if not attack:
        return "Software and Configuration Checks"
    category = _CATEGORIES.get(attack.partition(".")[0])
    return f"{category}/{attack}" if category else "TTPs"


def resource_type(arn: str) -> str:
    """Return ASFF's type of a resource, `Other` where it has none."""
    match = _ARN.fullmatch(arn)
    if not match:
        return "Other"
    service, kind, rest = match["service"], match["kind"], match["rest"]
    if service in _UNNAMED:
        return "Other" if rest.startswith("/") else _UNNAMED[service]
    return _RESOURCES.get((service, kind), "Other")
