"""aws_request_signing: SigV4 over the request as it leaves; the keys come from Envoy's environment, nowhere else."""

from __future__ import annotations

from envoy_data_plane.envoy.extensions.common.aws.v3 import AwsCredentialProvider, EnvironmentCredentialProvider
from envoy_data_plane.envoy.extensions.filters.http.aws_request_signing.v3 import AwsRequestSigning
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.type.matcher.v3 import StringMatcher

from control_plane.gateway import SigV4Credential
from control_plane.xds.filters.http_filter import http_filter

# Headers that Envoy or a proxy on the way may still change must not be part of the signature.
_UNSIGNED = ("x-request-id", "traceparent", "tracestate", "user-agent", "accept-encoding")


def sigv4(credential: SigV4Credential, host: str) -> HttpFilter:
    """The host is named here because the signature is made before Envoy rewrites the Host header."""
    signing = AwsRequestSigning(
        service_name=credential.service,
        region=credential.region,
        host_rewrite=host,
        credential_provider=AwsCredentialProvider(
            environment_credential_provider=EnvironmentCredentialProvider(), custom_credential_provider_chain=True
        ),
        match_excluded_headers=[StringMatcher(exact=name) for name in _UNSIGNED],
    )
    return http_filter("envoy.filters.http.aws_request_signing", signing)
