"""Clients of a local organization's accounts, as their roots."""

from typing import Any

import boto3

from generator.local.organization import LocalOrganization


def root_client(organization: LocalOrganization, service: str, account: str, region: str = "us-east-1") -> Any:
    """Return a client of the account's root."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=organization.endpoint,
        aws_access_key_id=account,
        aws_secret_access_key="local",
    )
