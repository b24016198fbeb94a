"""TLS on both sides: 1.2 or newer, names checked upstream, HTTP/2 offered downstream."""

from __future__ import annotations

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.extensions.transport_sockets.tls import v3

from control_plane.gateway import DownstreamTls, UpstreamTls
from control_plane.xds.any import pack

_AT_LEAST_1_2 = v3.TlsParametersTlsProtocol.TLSv1_2


def _file(path: str) -> core.DataSource:
    return core.DataSource(filename=path)


def upstream(tls: UpstreamTls) -> core.TransportSocket:
    """The certificate must be signed by the trusted file and name the host that SNI asked for."""
    common = v3.CommonTlsContext(
        tls_params=v3.TlsParameters(tls_minimum_protocol_version=_AT_LEAST_1_2),
        validation_context=v3.CertificateValidationContext(trusted_ca=_file(tls.ca_path)),
    )
    context = v3.UpstreamTlsContext(common_tls_context=common, sni=tls.sni, auto_sni_san_validation=True)
    return core.TransportSocket(name="envoy.transport_sockets.tls", typed_config=pack(context))


def downstream(tls: DownstreamTls) -> core.TransportSocket:
    common = v3.CommonTlsContext(
        tls_params=v3.TlsParameters(tls_minimum_protocol_version=_AT_LEAST_1_2),
        tls_certificates=[v3.TlsCertificate(certificate_chain=_file(tls.cert_file), private_key=_file(tls.key_file))],
        alpn_protocols=["h2", "http/1.1"],
    )
    if tls.client_ca_file:
        common.validation_context = v3.CertificateValidationContext(trusted_ca=_file(tls.client_ca_file))
    context = v3.DownstreamTlsContext(
        common_tls_context=common, require_client_certificate=True if tls.client_ca_file else None
    )
    return core.TransportSocket(name="envoy.transport_sockets.tls", typed_config=pack(context))
