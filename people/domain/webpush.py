"""A message for a browser's push service, encrypted for that one browser: RFC 8291 and 8188; signed: RFC 8292."""

import base64
import json
import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LONGEST = 3000
"""Bytes of a message: services take 4,096 with what encryption adds, and one record is all there is."""

RECORD = 4096
CURVE = ec.SECP256R1()


def encoded(data: bytes) -> str:
    """Base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Its inverse. Raises ValueError."""
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def new_private_key() -> ec.EllipticCurvePrivateKey:
    """A P-256 key."""
    return ec.generate_private_key(CURVE)


def private_key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """The key whose 32 bytes these are, in base64url. Raises ValueError."""
    return ec.derive_private_key(int.from_bytes(decoded(text)), CURVE)


def private_text(key: ec.EllipticCurvePrivateKey) -> str:
    """Its inverse."""
    return encoded(key.private_numbers().private_value.to_bytes(32))


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 65 bytes of an uncompressed point."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def check_keys(p256dh: str, auth: str) -> None:
    """Raise ValueError unless these are a browser's: a point of P-256 and 16 bytes."""
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(p256dh))
    if len(decoded(auth)) != 16:
        raise ValueError("auth must be 16 bytes.")


def encrypt(
    message: bytes,
    *,
    p256dh: str,
    auth: str,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of the request, `Content-Encoding: aes128gcm`. `sender` and `salt` are drawn anew unless given.

    Raises ValueError for a message that is too long, and for keys that are none.
    """
    if len(message) > LONGEST:
        raise ValueError(f"A message has at most {LONGEST} bytes.")
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(p256dh))
    sender, salt = sender or new_private_key(), salt or os.urandom(16)
    ours = public_bytes(sender.public_key())
    shared = sender.exchange(ec.ECDH(), receiver)
    about = b"WebPush: info\0" + public_bytes(receiver) + ours
    secret = _derived(shared, decoded(auth), about, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    # 2 ends the last record, and the only one.
    sealed = AESGCM(key).encrypt(nonce, message + b"\x02", None)
    return salt + struct.pack("!IB", RECORD, len(ours)) + ours + sealed


def _derived(secret: bytes, salt: bytes, about: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, about).derive(secret)


def authorization(key: ec.EllipticCurvePrivateKey, *, audience: str, contact: str, expires_at: int) -> str:
    """The header that says who sends: `audience` is the service's origin, `contact` a mailto: or https: URL.

    `expires_at` is in seconds since 1970, a day ahead at most.
    """
    head, claims = {"typ": "JWT", "alg": "ES256"}, {"aud": audience, "exp": expires_at, "sub": contact}
    signed = ".".join(encoded(json.dumps(one, separators=(",", ":")).encode()) for one in (head, claims))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"
    return f"vapid t={token}, k={encoded(public_bytes(key.public_key()))}"
