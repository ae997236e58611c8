"""XXH3-64 with seed 0, of 17 bytes or more: all that a pws stream needs."""
from struct import unpack_from

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")
M = (1 << 64) - 1
P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
P64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
       0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def words(data, at, n):
    return unpack_from("<%dQ" % n, data, at)


def fold(a, b):
    product = a * b
    return (product ^ product >> 64) & M


def avalanche(h):
    h = (h ^ h >> 37) * 0x165667919E3779F9 & M
    return h ^ h >> 32


def mix16(data, at, secret):
    (a, b), (s, t) = words(data, at, 2), words(SECRET, secret, 2)
    return fold(a ^ s, b ^ t)


def short(data):
    n = len(data)
    h = n * P64[0] & M
    if n <= 128:
        for i in range((n - 1) // 32 + 1):
            h += mix16(data, 16 * i, 32 * i) + mix16(data, n - 16 * i - 16, 32 * i + 16)
        return avalanche(h & M)
    h = avalanche((h + sum(mix16(data, 16 * i, 16 * i) for i in range(8))) & M)
    h += sum(mix16(data, 16 * i, 16 * (i - 8) + 3) for i in range(8, n // 16))
    return avalanche((h + mix16(data, n - 16, 136 - 17)) & M)


def stripe(acc, data, at, key):
    for i, (x, k) in enumerate(zip(words(data, at, 8), key)):
        acc[i ^ 1] += x
        acc[i] = acc[i] + ((x ^ k) & 0xFFFFFFFF) * ((x ^ k) >> 32) & M


def xxh3(data):
    n = len(data)
    if n <= 240:
        return short(data)
    acc = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]
    keys = [words(SECRET, 8 * i, 8) for i in range(17)]
    for at in range(0, (n - 1) // 64 * 64, 64):
        stripe(acc, data, at, keys[at // 64 % 16])
        if at % 1024 == 960 and at + 64 <= (n - 1) // 1024 * 1024:
            acc = [(a & M ^ (a & M) >> 47 ^ k) * P32[0] & M for a, k in zip(acc, keys[16])]
    stripe(acc, data, n - 64, words(SECRET, 121, 8))
    h = n * P64[0] & M
    for i in range(4):
        s, t = words(SECRET, 11 + 16 * i, 2)
        h += fold((acc[2 * i] & M) ^ s, (acc[2 * i + 1] & M) ^ t)
    return avalanche(h & M)
