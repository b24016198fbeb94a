"""Test keys, certificates and tokens made on the spot with the standard library: nothing secret lies in the repository.

RSA by textbook arithmetic with PKCS#1 v1.5 signatures: right for tests, wrong for anything else.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_EXPONENT = 65_537
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_OID_SHA256_RSA = bytes.fromhex("06092a864886f70d01010b0500")
_OID_RSA = bytes.fromhex("06092a864886f70d0101010500")
_OID_COMMON_NAME = bytes.fromhex("0603550403")
_OID_SAN = bytes.fromhex("0603551d11")
_OID_CA = bytes.fromhex("0603551d13")


@dataclass(frozen=True, slots=True)
class Rsa:
    """A private key."""

    p: int
    q: int

    @property
    def n(self) -> int:
        return self.p * self.q

    @property
    def d(self) -> int:
        return pow(_EXPONENT, -1, (self.p - 1) * (self.q - 1))

    def sign(self, data: bytes) -> bytes:
        """SHA-256 with RSA."""
        size = (self.n.bit_length() + 7) // 8
        digest = _SHA256 + hashlib.sha256(data).digest()
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        return pow(int.from_bytes(padded), self.d, self.n).to_bytes(size)

    @property
    def pem(self) -> str:
        coefficient = pow(self.q, -1, self.p)
        numbers = [
            0,
            self.n,
            _EXPONENT,
            self.d,
            self.p,
            self.q,
            self.d % (self.p - 1),
            self.d % (self.q - 1),
            coefficient,
        ]
        return _pem("RSA PRIVATE KEY", _sequence(*map(_integer, numbers)))

    def jwk(self, kid: str) -> dict[str, str]:
        """The public half for a key set."""
        n = base64url(self.n.to_bytes((self.n.bit_length() + 7) // 8))
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": base64url(_EXPONENT.to_bytes(3))}


def rsa(bits: int = 2048) -> Rsa:
    """A fresh key."""
    return Rsa(_prime(bits // 2), _prime(bits // 2))


def _prime(bits: int) -> int:
    while True:
        candidate = secrets.randbits(bits) | 1 | (3 << (bits - 2))
        if (candidate - 1) % _EXPONENT and all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7, 11)):
            return candidate


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims: Mapping[str, Any], key: Rsa | bytes, kid: str) -> str:
    """A JWT: RS256 for an RSA key, HS256 for bytes."""
    head = {"alg": "HS256" if isinstance(key, bytes) else "RS256", "typ": "JWT", "kid": kid}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
    data = signed.encode()
    signature = hmac.digest(key, data, "sha256") if isinstance(key, bytes) else key.sign(data)
    return f"{signed}.{base64url(signature)}"


def certificate(key: Rsa, name: str = "localhost") -> str:
    """A self-signed certificate for `name` and 127.0.0.1, valid for an hour, as PEM."""
    now = datetime.datetime.now(datetime.UTC)
    who = _sequence(_der(0x31, _sequence(_OID_COMMON_NAME, _der(0x0C, name.encode()))))
    valid = _sequence(*(_time(now + datetime.timedelta(minutes=m)) for m in (-5, 60)))
    public = _sequence(_sequence(_OID_RSA), _bits(_sequence(_integer(key.n), _integer(_EXPONENT))))
    names = _sequence(_der(0x82, name.encode()), _der(0x87, bytes([127, 0, 0, 1])))
    extensions = _der(
        0xA3,
        _sequence(
            _sequence(_OID_SAN, _der(0x04, names)),
            _sequence(_OID_CA, _der(0x04, _sequence(_der(0x01, b"\xff")))),
        ),
    )
    algorithm = _sequence(_OID_SHA256_RSA)
    version = _der(0xA0, _integer(2))
    body = _sequence(version, _integer(secrets.randbits(63)), algorithm, who, valid, who, public, extensions)
    return _pem("CERTIFICATE", _sequence(body, algorithm, _bits(key.sign(body))))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _bits(content: bytes) -> bytes:
    return _der(0x03, b"\x00" + content)


def _time(moment: datetime.datetime) -> bytes:
    return _der(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def _pem(kind: str, content: bytes) -> str:
    text = base64.encodebytes(content).decode().replace("\n", "")
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])
