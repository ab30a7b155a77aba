"""Reads a GGUF file: metadata, tensors, and every weight as the exact number it stands for.

Written from the format's description, independent of the engine in this repository and of the
`gguf` package. Numbers are float64: an f16 scale times a small integer, plus another such product,
is exact there, so nothing is rounded.
"""

import mmap
import struct

import numpy as np

MAGIC = b"GGUF"
SCALARS = {
    0: "B",
    1: "b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
STRING, ARRAY = 8, 9

# Code in the file: name, weights in a block, bytes of a block.
TYPES = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    20: ("IQ4_NL", 32, 18),
    23: ("IQ4_XS", 256, 136),
    30: ("BF16", 1, 2),
}
LEVELS = np.array(
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float64
)


def f16(b):
    """Two columns of bytes as one column of f16 values."""
    return np.ascontiguousarray(b).view("<f2").astype(np.float64)


def signed(b):
    return np.ascontiguousarray(b).view(np.int8).astype(np.float64)


def nibbles(b, group):
    """Low halves of each `group` bytes, then their high halves."""
    b = b.reshape(len(b), -1, 1, group)
    return np.concatenate([b & 15, b >> 4], 2).reshape(len(b), -1)


def bit_planes(b, shifts, mask):
    """For each shift one copy of the bytes, shifted and masked: [blocks, len(shifts), bytes]."""
    return np.stack([(b >> s) & mask for s in shifts], 1)


def fifth_bits(b):
    """Bit i of each 32-bit word: 0 or 16."""
    return (
        bit_planes(np.ascontiguousarray(b).view("<u4"), range(32), 1).reshape(len(b), 32) << 4
    ).astype(np.uint8)


def q4_0(b):
    return f16(b[:, :2]) * (nibbles(b[:, 2:], 16) - 8.0)


def q4_1(b):
    return f16(b[:, :2]) * nibbles(b[:, 4:], 16) + f16(b[:, 2:4])


def q5_0(b):
    return f16(b[:, :2]) * ((nibbles(b[:, 6:], 16) | fifth_bits(b[:, 2:6])) - 16.0)


def q5_1(b):
    return f16(b[:, :2]) * (nibbles(b[:, 8:], 16) | fifth_bits(b[:, 4:8])) + f16(b[:, 2:4])


def q8_0(b):
    return f16(b[:, :2]) * signed(b[:, 2:])


def iq4_nl(b):
    return f16(b[:, :2]) * LEVELS[nibbles(b[:, 2:], 16)]


def spread(per_group, weights):
    """One factor per group times the weights of that group."""
    groups = per_group.shape[1]
    return (per_group[:, :, None] * weights.reshape(len(weights), groups, -1)).reshape(
        len(weights), -1
    )


def q2_k(b):
    """16 groups of 16: 4-bit scale and minimum each.

    Two halves of 128 weights; byte j of a half holds two bits of its weights j, j+32, j+64, j+96.
    """
    scales = b[:, :16]
    q = np.concatenate(
        [
            bit_planes(b[:, 16 + 32 * h : 48 + 32 * h], (0, 2, 4, 6), 3).reshape(len(b), 128)
            for h in range(2)
        ],
        1,
    )
    d, least = f16(b[:, 80:82]), f16(b[:, 82:84])
    return spread(d * (scales & 15), q) - spread(least * (scales >> 4), np.ones_like(q))


def q3_k(b):
    """16 groups of 16: 6-bit scales less 32.

    Low two bits as in Q2_K; bit g of byte j is the third bit of weight 32 g + j.
    """
    high = bit_planes(b[:, :32], range(8), 1).reshape(len(b), 256)
    low = np.concatenate(
        [
            bit_planes(b[:, 32 + 32 * h : 64 + 32 * h], (0, 2, 4, 6), 3).reshape(len(b), 128)
            for h in range(2)
        ],
        1,
    )
    packed = b[:, 96:108]
    scales = nibbles(packed[:, :8], 8) | (
        bit_planes(packed[:, 8:], (0, 2, 4, 6), 3).reshape(len(b), 16) << 4
    )
    return spread(f16(b[:, 108:110]) * (scales - 32.0), low - 4.0 * (1 - high))


def scales_and_minima(p):
    """Eight 6-bit scales and eight 6-bit minima from 12 bytes (Q4_K, Q5_K)."""
    a, m, rest = p[:, :4], p[:, 4:8], p[:, 8:]
    scales = np.concatenate([a & 63, (rest & 15) | ((a >> 6) << 4)], 1)
    minima = np.concatenate([m & 63, (rest >> 4) | ((m >> 6) << 4)], 1)
    return scales, minima


def q4_k(b):
    scales, minima = scales_and_minima(b[:, 4:16])
    q = nibbles(b[:, 16:], 32)
    return spread(f16(b[:, :2]) * scales, q) - spread(f16(b[:, 2:4]) * minima, np.ones_like(q))


def q5_k(b):
    scales, minima = scales_and_minima(b[:, 4:16])
    high = bit_planes(b[:, 16:48], range(8), 1).reshape(len(b), 256)
    q = nibbles(b[:, 48:], 32) | (high << 4)
    return spread(f16(b[:, :2]) * scales, q) - spread(f16(b[:, 2:4]) * minima, np.ones_like(q))


def q6_k(b):
    """16 groups of 16: 8-bit scales. Two halves of 128, four bits from 64 bytes, two from 32."""
    low = nibbles(b[:, :128], 64)
    high = np.concatenate(
        [
            bit_planes(b[:, 128 + 32 * h : 160 + 32 * h], (0, 2, 4, 6), 3).reshape(len(b), 128)
            for h in range(2)
        ],
        1,
    )
    return spread(f16(b[:, 208:210]) * signed(b[:, 192:208]), (low | (high << 4)) - 32.0)


def iq4_xs(b):
    """Eight groups of 32: scales of 4 low and 2 high bits, less 32."""
    high = bit_planes(np.ascontiguousarray(b[:, 2:4]).view("<u2"), range(0, 16, 2), 3).reshape(
        len(b), 8
    )
    low = np.stack([b[:, 4:8] & 15, b[:, 4:8] >> 4], 2).reshape(len(b), 8)
    return spread(f16(b[:, :2]) * ((low | (high << 4)) - 32.0), LEVELS[nibbles(b[:, 8:], 16)])


def bf16(b):
    return (
        (np.ascontiguousarray(b).view("<u2").astype(np.uint32) << 16)
        .view(np.float32)
        .astype(np.float64)
    )


def f32(b):
    return np.ascontiguousarray(b).view("<f4").astype(np.float64)


DECODERS = {
    "F32": f32,
    "F16": f16,
    "BF16": bf16,
    "Q4_0": q4_0,
    "Q4_1": q4_1,
    "Q5_0": q5_0,
    "Q5_1": q5_1,
    "Q8_0": q8_0,
    "Q2_K": q2_k,
    "Q3_K": q3_k,
    "Q4_K": q4_k,
    "Q5_K": q5_k,
    "Q6_K": q6_k,
    "IQ4_NL": iq4_nl,
    "IQ4_XS": iq4_xs,
}


def decode(name, data):
    """The weights in `data`, whole blocks of the type called `name`, as float64."""
    block_bytes = next(size for kind, _, size in TYPES.values() if kind == name)
    return DECODERS[name](np.frombuffer(data, np.uint8).reshape(-1, block_bytes)).reshape(-1)


class Tensor:
    """Name, type, shape (rows first) and bytes of one tensor."""

    def __init__(self, name, kind, shape, data):
        self.name, self.kind, self.shape, self.data = name, kind, shape, data

    def floats(self):
        return decode(self.kind, self.data).reshape(self.shape)


class Gguf:
    """`meta`: key to value; `tensors`: name to Tensor; `metadata_bytes`: the keys and values as
    they stand in the file.
    """

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        if self.data[:4] != MAGIC or self.unpack("<I", 4)[0] != 3:
            raise ValueError(f"{path} is not a GGUF file of version 3")
        count, self.key_count = self.unpack("<QQ", 8)
        self.at = 24
        self.meta = {}
        for _ in range(self.key_count):
            key = self.string()
            self.meta[key] = self.value(self.number("<I"))
        self.metadata_bytes = self.data[24 : self.at]
        infos = [self.info() for _ in range(count)]
        step = self.meta.get("general.alignment", 32)
        start = -(-self.at // step) * step
        self.tensors = {
            name: self.tensor(start, name, shape, code, offset)
            for name, shape, code, offset in infos
        }

    def unpack(self, form, at):
        return struct.unpack_from(form, self.data, at)

    def number(self, form):
        (value,) = self.unpack(form, self.at)
        self.at += struct.calcsize(form)
        return value

    def string(self):
        length = self.number("<Q")
        self.at += length
        return self.data[self.at - length : self.at].decode("utf-8")

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind != ARRAY:
            return self.number(SCALARS[kind])
        kind, count = self.number("<I"), self.number("<Q")
        return [self.value(kind) for _ in range(count)]

    def info(self):
        name = self.string()
        shape = [self.number("<Q") for _ in range(self.number("<I"))][::-1]
        return name, shape, self.number("<I"), self.number("<Q")

    def tensor(self, start, name, shape, code, offset):
        if code not in TYPES:
            raise ValueError(f"tensor {name} has the unknown type {code}")
        kind, per_block, block_bytes = TYPES[code]
        length = int(np.prod(shape)) // per_block * block_bytes
        return Tensor(
            name, kind, shape, memoryview(self.data)[start + offset : start + offset + length]
        )
