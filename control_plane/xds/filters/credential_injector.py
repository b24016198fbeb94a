"""credential_injector: the account's key, read by Envoy from its environment, set anew on every attempt."""

from __future__ import annotations

from envoy_data_plane.envoy.config.core.v3 import TypedExtensionConfig
from envoy_data_plane.envoy.extensions.filters.http.credential_injector.v3 import CredentialInjector
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.extensions.http.injected_credentials.generic.v3 import Generic
from envoy_data_plane.envoy.extensions.transport_sockets.tls.v3 import SdsSecretConfig

from control_plane.gateway import KeyCredential
from control_plane.xds.any import pack
from control_plane.xds.filters.http_filter import http_filter


def key(credential: KeyCredential) -> HttpFilter:
    generic = Generic(
        credential=SdsSecretConfig(name=credential.secret),
        header=credential.header,
        header_value_prefix=credential.prefix,
    )
    extension = TypedExtensionConfig(name="envoy.http.injected_credentials.generic", typed_config=pack(generic))
    return http_filter(
        "envoy.filters.http.credential_injector", CredentialInjector(overwrite=True, credential=extension)
    )
