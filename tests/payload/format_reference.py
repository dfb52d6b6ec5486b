"""Writes marks as docs/payload.md describes them, with Python's library alone, and compares them
with the committed codewords, which the C++ tests read too. `--write` makes the file anew: only for
a new version of the format.
"""
import hashlib
import struct
import sys

RATES = {64: (2, 3), 96: (2, 4, 6), 128: (4, 6, 8), 192: (4, 8, 12), 256: (4, 8, 16),
         512: (4, 16, 32), 1024: (4, 16, 64)}
TYPES = {"integer": 0, "hex": 1, "uuid": 2, "text": 3}
SECRET = bytes(range(32))
CASES = [(n, key, kind, data)
         for n in (64, 96, 100, 128, 192, 256, 512, 1024)
         for key in (b"", SECRET)
         for kind, data in (("integer", "00"), ("integer", "1267"), ("hex", "beefca"),
                            ("text", "6162632f3132"), ("uuid", "f81d4fae7dec11d0a76500a0c91e6bf6"))]


def rates_of(n):
    return RATES[max(row for row in RATES if row <= n)]


def to_bits(data):
    return [byte >> (7 - j) & 1 for byte in data for j in range(8)]


def to_bytes(bits):
    bits = bits + [0] * (-len(bits) % 8)
    return bytes(sum(bits[i + j] << (7 - j) for j in range(8)) for i in range(0, len(bits), 8))


def number_bits(value, width):
    return [value >> (width - 1 - j) & 1 for j in range(width)]


def blake2b(key, data):
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def chacha20(key, length):
    """The keystream of RFC 8439 under a zero nonce, from block 0."""
    def rotate(x, r):
        return (x << r | x >> (32 - r)) & 0xFFFFFFFF

    def quarter(s, a, b, c, d):
        for x, y, z, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            s[z] = rotate(s[z] ^ s[x], r)

    stream = b""
    for block in range(-(-length // 64)):
        start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), block, 0, 0, 0]
        s = list(start)
        for _ in range(10):
            for i in range(4):
                quarter(s, i, 4 + i, 8 + i, 12 + i)
            for i in range(4):
                quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
        stream += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, start)))
    return stream[:length]


def polar_encode(n, info):
    stages = (n - 1).bit_length()
    size = 1 << stages
    roots = (1048576, 1246974, 1482910, 1763488)

    def weight(i):
        return sum(roots[j % 4] << (j // 4) for j in range(stages) if i >> j & 1)

    sent = [i for i in range(size) if int(format(i, f"0{stages}b")[::-1], 2) < n]
    chosen = sorted(sorted(sent, key=lambda i: (weight(i), i))[-len(info):])
    u = [0] * size
    for i, bit in zip(chosen, info):
        u[i] = bit
    return [sum(u[i] for i in range(size) if i & j == j) & 1 for j in sent]


def mark(n, secret, kind, data):
    check_bits = 24 if n < 256 else 32
    capacity = min(c for c in rates_of(n) if c >= len(data))
    key = blake2b(b"vseal payload key v1", secret)
    context = struct.pack("<HBB", n, capacity, check_bits)
    body = number_bits(1, 2) + number_bits(TYPES[kind], 2)
    body += number_bits(len(data) - 1, (capacity - 1).bit_length())
    body += to_bits(data + bytes(capacity - len(data)))
    check = to_bits(blake2b(key, b"vseal check v1" + context + to_bytes(body)))[:check_bits]
    mask = to_bits(chacha20(blake2b(key, b"vseal mask v1" + context), (n + 7) // 8))
    return [a ^ b for a, b in zip(polar_encode(n, body + check), mask)]


def lines():
    for n, secret, kind, data in CASES:
        if len(data) // 2 <= rates_of(n)[-1]:
            codeword = to_bytes(mark(n, secret, kind, bytes.fromhex(data))).hex()
            yield f"{n} {secret.hex() or '-'} {kind} {data} {codeword}"


def main():
    text = "".join(line + "\n" for line in lines())
    path = sys.argv[-1]
    if "--write" in sys.argv:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return 0
    with open(path, encoding="ascii") as file:
        committed = file.read()
    for ours, theirs in zip(text.splitlines(), committed.splitlines()):
        if ours != theirs:
            print(f"expected {ours}\n     got {theirs}")
            return 1
    return 0 if text == committed else 1


if __name__ == "__main__":
    sys.exit(main())
