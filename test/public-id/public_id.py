"""Public ids, written from SPEC.md alone, with nothing but Python's standard library.

Reads one JSON request per line, and answers each with one line: {"value": …} or {"code": …}. Numbers are decimal strings.
"""

import hashlib
import hmac
import json
import re
import struct
import sys

M32 = 2**32 - 1
M64 = 2**64 - 1

#       alphabet, characters, and the number of first digits that tokens of u64 use
CODECS = {
    "base62": ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 11, 22),
    "crockford32": ("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 13, 16),
}


class Refused(Exception):
    """The request is refused; the text is the error's code without ERR_PERMID64_."""


def rotate_left(x, n):
    return ((x << n) | (x >> (32 - n))) & M32


class Speck:
    """Speck64/128: 27 rounds on two words of 32 bits."""

    def __init__(self, key):
        k, *l = struct.unpack("<4I", key)
        self.keys = []
        for i in range(27):
            self.keys.append(k)
            mixed = ((rotate_left(l[i % 3], 24) + k) & M32) ^ i
            l[i % 3] = mixed
            k = rotate_left(k, 3) ^ mixed

    def forward(self, value):
        x, y = value >> 32, value & M32
        for k in self.keys:
            x = ((rotate_left(x, 24) + y) & M32) ^ k
            y = rotate_left(y, 3) ^ x
        return x << 32 | y

    def inverse(self, value):
        x, y = value >> 32, value & M32
        for k in reversed(self.keys):
            y = rotate_left(y ^ x, 29)
            x = rotate_left(((x ^ k) - y) & M32, 8)
        return x << 32 | y


def hkdf(key, info, length):
    """RFC 5869 with SHA-256, no salt, and at most one block of output."""
    secret = hmac.new(bytes(32), key, hashlib.sha256).digest()
    return hmac.new(secret, info + b"\x01", hashlib.sha256).digest()[:length]


class SubKeys:
    def __init__(self, key, labels):
        def derive(purpose, length):
            texts = [text.encode() for text in ["permid64 " + purpose, *labels]]
            return hkdf(key, b"".join(struct.pack(">I", len(text)) + text for text in texts), length)

        self.speck = Speck(derive("token", 16))
        self.uuid_check = Speck(derive("uuid check", 16))
        self.tag = int.from_bytes(derive("uuid tag", 2), "big") & 0x7FF


def check_digit(digits, n):
    p = n
    for d in digits:
        s = (p + d) % n or n
        p = 2 * s % (n + 1)
    return (n + 1 - p) % n


class PublicId:
    def __init__(self, request):
        labels = [request["type"]] + ([request["tenant"]] if "tenant" in request else [])
        # The first key makes ids; the others are for reading.
        self.keys = {epoch: SubKeys(bytes.fromhex(key), labels) for epoch, key in request["keys"]}
        self.epoch = request["keys"][0][0]
        self.limit = 2 ** request.get("bits", 48)
        self.alphabet, self.length, self.used = CODECS[request.get("codec", "base62")]
        self.check = request.get("check", False)
        self.head = request["prefix"] + "_" if request.get("prefix") else ""

    def id_of(self, value):
        if not 0 <= value < self.limit:
            raise Refused("OUT_OF_RANGE")
        return self.keys[self.epoch].speck.forward(value)

    def encode(self, text):
        rest, digits = self.id_of(int(text)), []
        for _ in range(self.length):
            rest, digit = divmod(rest, len(self.alphabet))
            digits.insert(0, digit)
        digits[0] += self.epoch * self.used
        if self.check:
            digits.append(check_digit(digits, len(self.alphabet)))
        return self.head + "".join(self.alphabet[digit] for digit in digits)

    def decode(self, token):
        if not token.startswith(self.head):
            raise Refused("TOKEN_PREFIX")
        digits = [self.alphabet.find(character) for character in token[len(self.head) :]]
        if len(digits) != self.length + self.check or -1 in digits:
            raise Refused("INVALID_TOKEN")
        if self.check:
            last = digits.pop()
            if check_digit(digits, len(self.alphabet)) != last:
                raise Refused("TOKEN_CHECK")
        epoch, digits[0] = divmod(digits[0], self.used)
        value = 0
        for digit in digits:
            value = value * len(self.alphabet) + digit
        if epoch > 1 or value > M64:
            raise Refused("INVALID_TOKEN")
        return self.row_of(value, epoch)

    def row_of(self, value, epoch):
        if epoch not in self.keys:
            raise Refused("TOKEN_EPOCH")
        row = self.keys[epoch].speck.inverse(value)
        if row >= self.limit:
            raise Refused("TOKEN_FOREIGN")
        return str(row)

    def to_uuid(self, text):
        value = self.id_of(int(text))
        keys = self.keys[self.epoch]
        bits = value >> 16
        for field, size in [
            (8, 4),
            (self.epoch, 1),
            (keys.tag, 11),
            (2, 2),
            (value & 0xFFFF, 16),
            (keys.uuid_check.forward(value) >> 18, 46),
        ]:
            bits = bits << size | field
        text = "%032x" % bits
        return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])

    def from_uuid(self, uuid):
        if not re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", uuid):
            raise Refused("INVALID_TOKEN")
        rest, fields = int(uuid.replace("-", ""), 16), []
        for size in [46, 16, 2, 11, 1, 4, 48]:
            fields.append(rest & (2**size - 1))
            rest >>= size
        check, low, variant, tag, epoch, version, high = fields
        if version != 8 or variant != 2:
            raise Refused("TOKEN_FOREIGN")
        value = high << 16 | low
        if epoch not in self.keys:
            raise Refused("TOKEN_EPOCH")
        keys = self.keys[epoch]
        if tag != keys.tag or check != keys.uuid_check.forward(value) >> 18:
            raise Refused("TOKEN_FOREIGN")
        return self.row_of(value, epoch)


def main():
    rings = {}
    for line in sys.stdin:
        request = json.loads(line)
        ring = json.dumps(request["options"], sort_keys=True)
        ids = rings.get(ring)
        if ids is None:
            ids = rings[ring] = PublicId(request["options"])
        try:
            answer = {"value": getattr(ids, request["call"])(request["input"])}
        except Refused as refusal:
            answer = {"code": "ERR_PERMID64_" + str(refusal)}
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
