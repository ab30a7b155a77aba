#!/usr/bin/env python3
"""A second implementation of spec/arithmetic.md in unbounded Python integers; writes vectors/arithmetic/*.txt.

    pip install mpmath==1.3.0 && python3 tools/vectors_arithmetic.py

Reals come from mpmath at 400 bits. Written from the specification, not from the Java: where the two disagree, one of
them or the page is wrong.
"""
import hashlib, pathlib, random, struct
from mpmath import mp, mpf, log, sqrt, pi, cos, sin, floor
mp.prec = 400
OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "arithmetic"
LN2 = log(mpf(2))
def rnd(x): return int(floor(x + mpf(1) / 2))

# ---- section 1
def shift(a, s): return a << -s if s <= 0 else 0 if s > 62 else (a + (1 << (s - 1))) >> s
M = (1 << 47) - 1
def sat(a): return max(-M, min(M, a))
def wide(a, s): return sat(a << -s if s < 0 else shift(a, s))
def bits(a): return abs(a).bit_length()
def excess(m, n): return max(0, bits(m) - n)
def root(a):
    import math
    return math.isqrt(a)
def divide(a, b): return (2 * a + b) // (2 * b)
def mag(z): return max(abs(x) for x in z)

# ---- section 2
def f16(u):
    e, f = u >> 10 & 31, u & 1023
    v = f if e == 0 else (f + 1024) << (e - 1)
    return -v if u >> 15 else v
def f32int(u, k):   # round(value * 2^k)
    e, f = u >> 23 & 255, u & 0x7fffff
    m = f if e == 0 else f | 0x800000
    m = -m if u >> 31 else m
    s = k + max(e, 1) - 150
    return m << s if s >= 0 else (m + (1 << (-s - 1))) >> -s if -s <= 62 else 0
BLOCK = {"F32": (1, 4), "F16": (1, 2), "Q4_0": (32, 18), "Q4_1": (32, 20), "Q8_0": (32, 34)}
def decode(fmt, b):
    if fmt == "F32": return [f32int(struct.unpack("<I", b)[0], 24)]
    d = f16(struct.unpack("<H", b[:2])[0])
    if fmt == "F16": return [d]
    if fmt == "Q8_0": return [d * q for q in struct.unpack("<32b", b[2:])]
    m = f16(struct.unpack("<H", b[2:4])[0]) if fmt == "Q4_1" else 0
    n = b[4:] if fmt == "Q4_1" else b[2:]
    n = [x & 15 for x in n] + [x >> 4 for x in n]
    return [d * (q - 8) for q in n] if fmt == "Q4_0" else [d * q + m for q in n]
class Matrix:
    def __init__(s, fmt, rows, cols, data):
        s.fmt, s.rows, s.cols, s.data = fmt, rows, cols, data
        bs, bb = BLOCK[fmt]; per = cols // bs
        s.w = [[x for k in range(per) for x in decode(fmt, data[(r * per + k) * bb:(r * per + k + 1) * bb])] for r in range(rows)]

# ---- sections 4 to 10
def quantise(z, f):
    s = excess(mag(z), 15)
    return [max(-32767, min(32767, shift(x, s))) for x in z], s - f
def narrow(z):
    s = excess(mag(z), 31)
    return [shift(x, s) for x in z], s
T = [[rnd(mpf(2) ** 31 * mpf(2) ** (-mpf(i) / mpf(256) ** k)) for i in range(256)] for k in (1, 2, 3)]
def exp2(t):
    p = T[0][t >> 16 & 255]
    p = shift(p * T[1][t >> 8 & 255], 31)
    p = shift(p * T[2][t & 255], 31)
    return shift(p, min(t >> 24, 40) + 1)
def sigmoid(z):
    e = exp2(abs(z))
    return (2 ** 60 if z >= 0 else e << 30) // (2 ** 30 + e)
def linear(m, xq, e): return [wide(sum(w * x for w, x in zip(row, xq)), 4 - e) for row in m.w]
def gains(u):
    top = max(((u1 & 0x7fffff) | (0x800000 if u1 >> 23 & 255 else 0)).bit_length() + max(u1 >> 23 & 255, 1) - 150 for u1 in u)
    fw = 23 - top
    return [f32int(x, fw) for x in u], fw
def epsilon(u, n):
    e, f = u >> 23 & 255, u & 0x7fffff
    m = (f if e == 0 else f | 0x800000) * n
    s = 40 + max(e, 1) - 150
    return m << s if s >= 0 else shift(m, -s)
def norm(h, g, fw, eps):
    n = len(h)
    eh = excess(mag(h), 31); h = [shift(x, eh) for x in h]
    es = excess(mag(h), 23); hs = [shift(x, es) for x in h]
    S = max(1, sum(x * x for x in hs) + (eps >> 2 * (es + eh)))
    lz = (62 - bits(S)) // 2 * 2
    r = root(S << lz); c = 30 - (bits(n) - 1) // 2
    G = (root(n << 2 * c) << 30) // r
    z = [shift(x * G, c + 30 - lz // 2 + es - 24) * gi for x, gi in zip(h, g)]
    assert mag(z) < 2 ** 57 and mag(h) * G < 2 ** 63
    return z, 24 + fw
def rope(theta, d, p):
    a = [mpf(p) * mpf(theta) ** (mpf(-2 * i) / d) for i in range(d // 2)]
    return [rnd(2 ** 30 * cos(x)) for x in a], [rnd(2 ** 30 * sin(x)) for x in a]
def rotate(z, c, s, halves):
    z = list(z); n = len(c)
    for i in range(n):
        a, b = (i, i + n) if halves else (2 * i, 2 * i + 1)
        z[a], z[b] = shift(z[a] * c[i] - z[b] * s[i], 30), shift(z[a] * s[i] + z[b] * c[i], 30)
    return z
def qscale(size): return rnd(mpf(2) ** 30 / LN2 / sqrt(mpf(size)))
def attention(q, eq, ks, eks, vs, evs):
    s = [wide(sum(a * b for a, b in zip(q, k)), -(eq + ek + 24)) for k, ek in zip(ks, eks)]
    p = [shift(exp2(max(s) - x), 6) for x in s]
    P = sum(p); ev = max(evs)
    w = [shift(x, ev - e) for x, e in zip(p, evs)]
    A = [sum(wj * v[d] for wj, v in zip(w, vs)) for d in range(len(q))]
    b = bits(P); R = 2 ** 61 // shift(P, b - 31)
    return [wide(shift(a, b - 16) * R, 26 - ev) for a in A]
LOG2E20 = rnd(mpf(2) ** 20 / LN2)
C30 = rnd(mpf(44715) / 1000000 * 2 ** 30); S20 = rnd(2 * sqrt(2 / pi) / LN2 * 2 ** 20)
def act(g, gate):
    lim = (64 if gate == "SILU" else 16) << 20
    if g >= lim: return g
    if g <= -lim: return 0
    if gate == "SILU": z = shift(g * LOG2E20, 16)
    else:
        t = 2 ** 30 + shift(shift(g * g, 20) * C30, 20)
        z = shift(shift(g * S20, 16) * shift(t, 10), 20)
    return shift(g * sigmoid(z), 30)
def gated(g, u, gate):
    a, sa = narrow([act(x, gate) for x in g]); u, su = narrow(u)
    return quantise([x * y for x, y in zip(a, u)], 40 - sa - su)

# ---- section 11
def head_norm(z, n, eps):
    if n is None: return z
    y, f = norm(z, *n, eps); return [wide(x, f - 20) for x in y]
def layer(s, w, theta, p, h, mem):
    size = s["size"]
    x, e = quantise(*norm(h, *w["an"], s["eps"]))
    q, k, v = (linear(w[n], x, e) for n in ("q", "k", "v"))
    c, sn = rope(theta, s["rotated"], p)
    def rot(z):
        y, sh = narrow(z); return rotate(y, c, sn, s["halves"]), 20 - sh
    for i in range(s["kv"]):
        r, f = rot(head_norm(k[i * size:(i + 1) * size], w.get("kn"), s["heps"]))
        mem[i].append((quantise(r, f), quantise(v[i * size:(i + 1) * size], 20)))
    o = []
    for i in range(s["heads"]):
        r, f = rot(head_norm(q[i * size:(i + 1) * size], w.get("qn"), s["heps"]))
        qq, eq = quantise([shift(a * qscale(size), 30) for a in r], f)
        rows = mem[i * s["kv"] // s["heads"]]
        lo = 0 if s["window"] == 0 else max(0, p - s["window"] + 1)
        vis = rows[lo:p + 1]
        o += attention(qq, eq, [r[0][0] for r in vis], [r[0][1] for r in vis], [r[1][0] for r in vis], [r[1][1] for r in vis])
    y = head_norm(linear(w["o"], *quantise(o, 20)), w.get("pan"), s["eps"])
    h = [sat(a + b) for a, b in zip(h, y)]
    x, e = quantise(*norm(h, *w["fn"], s["eps"]))
    m, e = gated(linear(w["g"], x, e), linear(w["u"], x, e), s["gate"])
    y = head_norm(linear(w["d"], m, e), w.get("pfn"), s["eps"])
    return [sat(a + b) for a, b in zip(h, y)]

# ---- section 12
def chacha(key, counter, nonce):
    st = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, *struct.unpack("<8I", key), counter, nonce, 0, 0]
    x = list(st); R = lambda v, n: (v << n | v >> 32 - n) & 0xffffffff
    def qr(a, b, c, d):
        for i, j, k, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[i] = (x[i] + x[j]) & 0xffffffff; x[k] = R(x[k] ^ x[i], n)
    for _ in range(10):
        for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)): qr(*q)
    return struct.unpack("<8Q", struct.pack("<16I", *[(a + b) & 0xffffffff for a, b in zip(x, st)]))
def log2(a, n):
    k = a.bit_length() - 1; m = a << (63 - k); r = k
    for _ in range(n):
        m = m * m >> 64; bit = m >> 63; r = r << 1 | bit
        if not bit: m <<= 1
    return r
LL = rnd(log(1 / LN2) / LN2 * 2 ** 24)
def noise(word):
    x = word | 1
    if x < 2 ** 40: return 64 * 2 ** 24 - LL - log2(x, 24)
    return 56 * 2 ** 24 - log2(64 * 2 ** 56 - log2(2 ** 64 - x, 56), 24)
def draw(l, rule, seed, prompt, output):
    t, topk, topp, minp, rep, pres, freq, bias = rule
    l = [max(-2 ** 40, min(2 ** 40, x)) for x in l]
    for v in range(len(l)):
        if rep != 65536 and (v in prompt or v in output): l[v] = divide(l[v] << 16, rep) if l[v] > 0 else shift(l[v] * rep, 16)
        n = output.count(v)
        if n: l[v] -= (pres + freq * n) << 4
        l[v] += bias.get(v, 0) << 4
    if t == 0: return max(range(len(l)), key=lambda v: (l[v], -v))
    d = [min(max(l) - x, 2 ** 40) for x in l]; tt = [divide(x * LOG2E20, t) for x in d]
    order = sorted(range(len(l)), key=lambda v: (d[v], v))
    if topk: order = order[:topk]
    p = [shift(exp2(tt[v]), 6) for v in order]
    if topp != 65536:
        n = 1
        while n < len(order) and sum(p[:n]) * 65536 < topp * sum(p): n += 1
        order, p = order[:n], p[:n]
    while len(order) > 1 and p[len(order) - 1] * 65536 < minp * p[0]: order.pop()
    block = {}
    def g(v):
        if v // 8 not in block: block[v // 8] = chacha(seed, v // 8, len(output))
        return noise(block[v // 8][v % 8])
    return max(order, key=lambda v: (g(v) - tt[v], -v))

# ---- the vectors
R = random.Random(20260101)
def ints(z): return ",".join(map(str, z))
def big(n): return R.choice([-1, 1]) * R.getrandbits(R.randint(1, n))
def f32(x): return struct.unpack("<I", struct.pack("<f", x))[0]
def lines(name, ls):
    (OUT / name).write_text("".join(l + "\n" for l in ls)); print(name, len(ls))
def matrix(fmt, rows, cols):
    bs, bb = BLOCK[fmt]; b = bytearray()
    for _ in range(rows * (cols // bs)):
        blk = bytearray(R.randbytes(bb))
        if fmt == "F32": blk = bytearray(struct.pack("<f", R.gauss(0, .1)))
        else:
            struct.pack_into("<e", blk, 0, R.gauss(0, .02) if fmt != "F16" else R.gauss(0, .1))
            if fmt == "Q4_1": struct.pack_into("<e", blk, 2, R.gauss(0, .1))
        b += blk
    return Matrix(fmt, rows, cols, bytes(b))
def main():
    ls = ["# op arguments = result; spec/arithmetic.md sections 1, 2, 4, 5, 10, 12"]
    for _ in range(60):
        a, s = big(62), R.randint(-10, 70)
        if s >= 0: ls.append(f"shift {a} {s} = {shift(a, s)}")
        ls.append(f"wide {a} {R.choice([s, -40, -60, -100, 3])} = ")
        x = ls[-1].split(); ls[-1] += str(wide(a, int(x[2])))
        ls.append(f"bits {a} = {bits(a)}")
        a = abs(a); ls.append(f"root {a} = {root(a)}")
    for a in (0, 1, 2, 3, 4, 8, 9, 15, 16, 2 ** 61 - 1, 2 ** 62 - 1, 2 ** 60, (2 ** 30 + 1) ** 2, (2 ** 30 + 1) ** 2 - 1): ls.append(f"root {a} = {root(a)}")
    for u in (0, 1, 0x3ff, 0x400, 0x8001, 0x7bff, 0xfbff, 0x3c00, 0x1c66, 0xa4cd): ls.append(f"f16 {u:04x} = {f16(u)}")
    for u in (0, 1, 0x807fffff, 0x33800000, 0x33000000, 0xb3000000, 0xb3000001, 0x32ffffff, 0x3f800000, 0xbf99999a, 0x4dffffff, 0xcdffffff): ls.append(f"f32 {u:08x} = {f32int(u, 24)}")
    for fmt, (bs, bb) in BLOCK.items():
        for _ in range(4):
            m = matrix(fmt, 1, bs); ls.append(f"block {fmt} {m.data.hex()} = {ints(m.w[0])}")
    for _ in range(12):
        z = [big(R.randint(1, 62)) for _ in range(R.randint(1, 9))]; f = R.randint(0, 60)
        xq, e = quantise(z, f); ls.append(f"quantise {ints(z)} {f} = {ints(xq)} {e}")
    ls.append(f"quantise 0,0,0 20 = 0,0,0 -20")
    for t in [0, 1, 255, 256, 65535, 2 ** 24 - 1, 2 ** 24, 31 << 24, 40 << 24, 2 ** 47] + [R.getrandbits(R.randint(1, 29)) for _ in range(40)]:
        ls.append(f"exp2 {t} = {exp2(t)}"); ls.append(f"sigmoid {t} = {sigmoid(t)}"); ls.append(f"sigmoid {-t} = {sigmoid(-t)}")
    for gate in ("SILU", "GELU_TANH"):
        for g in [0, 1, -1, 64 << 20, -64 << 20, (64 << 20) - 1, 1 - (64 << 20), 16 << 20, -16 << 20, (16 << 20) - 1, M, -M] + [big(28) for _ in range(20)]: ls.append(f"act {gate} {g} = {act(g, gate)}")
        for _ in range(4):
            n = R.randint(1, 8); b = R.randint(8, 47); g, u = [sat(big(b)) for _ in range(n)], [sat(big(b)) for _ in range(n)]
            xq, e = gated(g, u, gate); ls.append(f"gated {gate} {ints(g)} {ints(u)} = {ints(xq)} {e}")
    for a, n in ((1, 24), (2 ** 64 - 1, 56), (3, 56), (2 ** 63, 8)): ls.append(f"log2 {a} {n} = {log2(a, n)}")
    for w in (0, 1, 2 ** 40 - 1, 2 ** 40, 2 ** 63, 2 ** 64 - 1, *(R.getrandbits(64) for _ in range(20)), *(R.getrandbits(R.randint(1, 63)) for _ in range(20))): ls.append(f"noise {w} = {noise(w)}")
    ls.append(f"chacha {bytes(range(32)).hex()} 1 7 = {ints(chacha(bytes(range(32)), 1, 7))}")
    lines("primitives.txt", ls)

    ls = ["# sha256 of int64 little-endian entries, and single values; spec/arithmetic.md sections 3, 5, 8"]
    ls.append("exp2 = " + hashlib.sha256(b"".join(struct.pack("<q", x) for t in T for x in t)).hexdigest())
    for th, d, n in ((100000.0, 64, 600), (10000.0, 6, 300), (1e6, 128, 40), (0.5, 4, 20)):
        c, s = zip(*[rope(th, d, p) for p in range(n)])
        dg = hashlib.sha256(b"".join(struct.pack("<i", x) for row in zip(c, s) for part in row for x in part)).hexdigest()
        ls.append(f"rope {f32(th):08x} {d} {n} = {dg}")
    for th, d, p in ((100000.0, 64, 8191), (10000.0, 128, 32767), (500000.0, 128, 20000)):
        c, s = rope(th, d, p); ls.append(f"angles {f32(th):08x} {d} {p} = {ints(c)} {ints(s)}")
    for n in (1, 6, 32, 64, 96, 128, 256, 512): ls.append(f"query-scale {n} = {qscale(n)}")
    for n in (1, 576, 640, 2048, 32768): ls.append(f"root-scale {n} = {rnd(sqrt(mpf(n)) * 2 ** 16)}")
    for e, n in ((1e-5, 576), (1e-6, 4096), (0.0, 64), (0.99, 32768), (1e-30, 8)): ls.append(f"epsilon {f32(e):08x} {n} = {epsilon(f32(e), n)}")
    lines("tables.txt", ls)

    ls = ["# rows; spec/arithmetic.md sections 7, 8, 9"]
    for i in range(16):
        n = R.choice([1, 2, 3, 8, 33, 64]); b = R.choice([1, 4, 20, 30, 40, 47]); h = [sat(big(b)) for _ in range(n)]
        u = [f32(R.gauss(1, .5) * R.choice([1, 1, 1, 1e-9, 1e9])) for _ in range(n)]; eps = f32(R.choice([1e-5, 1e-6, 0.0]))
        g, fw = gains(u); z, f = norm(h, g, fw, epsilon(eps, n))
        ls.append(f"norm {ints(h)} {','.join('%08x' % x for x in u)} {eps:08x} = {ints(z)} {f}")
    for halves in (0, 1):
        for _ in range(4):
            n = R.choice([1, 2, 4]); z = [big(31) for _ in range(2 * n + R.choice([0, 2]))]; c, s = rope(10000.0, 2 * n, R.randint(0, 999))
            ls.append(f"rotate {'HALVES' if halves else 'ADJACENT'} {ints(z)} {ints(c)} {ints(s)} = {ints(rotate(z, c, s, halves))}")
    for i in range(12):
        size, n = R.choice([1, 2, 8]), R.choice([1, 2, 7, 40])
        row = lambda: [R.randint(-32767, 32767) for _ in range(size)]
        q, ks, vs = row(), [row() for _ in range(n)], [row() for _ in range(n)]
        sp = R.choice([0, 3, 14]); eq = R.randint(-20, -12); eks = [R.randint(-20, -20 + sp) for _ in range(n)]; evs = [R.randint(-20, -20 + sp) for _ in range(n)]
        ls.append(f"attention {ints(q)} {eq} {';'.join(map(ints, ks))} {ints(eks)} {';'.join(map(ints, vs))} {ints(evs)} = {ints(attention(q, eq, ks, eks, vs, evs))}")
    lines("rows.txt", ls)

    ls = ["# whole layers over several positions; spec/arithmetic.md section 11", "# shape: width heads kv size rotated ff eps window rotation gate theta; then weights, then each position's input = output"]
    for case in range(4):
        full = case == 3; fmts = ["Q4_1", "Q8_0", "Q4_0", "F16", "F32"]
        s = dict(heads=4, kv=2, size=16, rotated=16 if case != 2 else 8, eps=epsilon(f32(1e-5), 32), heps=epsilon(f32(1e-6), 16), window=3 if full else 0, halves=int(case in (1, 3)), gate="GELU_TANH" if full else "SILU")
        W, FF = 32, 64; theta = 10000.0
        fm = lambda i: fmts[(case + i) % 5]
        w = dict(q=matrix(fm(0), 64, W), k=matrix(fm(1), 32, W), v=matrix(fm(2), 32, W), o=matrix(fm(3), W, 64), g=matrix(fm(4), FF, W), u=matrix(fm(0), FF, W), d=matrix(fm(1), W, FF))
        raw = {}
        def nm(key, n):
            raw[key] = [f32(R.gauss(1, .3)) for _ in range(n)]; w[key] = gains(raw[key])
        nm("an", W); nm("fn", W)
        if full: nm("qn", 16); nm("kn", 16); nm("pan", W); nm("pfn", W)
        ls.append(f"shape {W} 4 2 16 {s['rotated']} {FF} {f32(1e-5):08x} {f32(1e-6):08x} {s['window']} {'HALVES' if s['halves'] else 'ADJACENT'} {s['gate']} {f32(theta):08x}")
        for k in "qkvogud": ls.append(f"matrix {k} {w[k].fmt} {w[k].rows} {w[k].cols} {w[k].data.hex()}")
        for k, u in raw.items(): ls.append(f"norm {k} {','.join('%08x' % x for x in u)}")
        mem = [[], []]
        for p in range(5):
            h = [big(R.choice([18, 22, 26])) for _ in range(W)]
            ls.append(f"step {ints(h)} = {ints(layer(s, w, theta, p, h, mem))}")
    lines("layers.txt", ls)

    ls = ["# rule (temperature topK topP minP repetition presence frequency bias) seed prompt output logits = token; section 12"]
    for i in range(120):
        n = R.choice([1, 2, 9, 40]); sc = R.choice([18, 21, 23, 45]); l = [big(sc) for _ in range(n)]
        if i % 7 == 0: l = [R.choice(l) for _ in l]
        rule = [R.choice([0, 1, 30000, 65536, 131072]), R.choice([0, 0, 1, 3, 50]), R.choice([65536, 65536, 1, 40000, 65000]), R.choice([0, 0, 3000, 65536]), R.choice([65536, 65536, 85000, 30000]), R.choice([0, 0, 60000, -60000]), R.choice([0, 0, 30000]), {}]
        if i % 5 == 0: rule[7] = {R.randrange(n): R.randint(-200000, 200000), n + 3: 1}
        seed = R.randbytes(32); pr = [R.randrange(n) for _ in range(R.randint(1, 5))]; out = [R.randrange(n) for _ in range(R.randint(0, 6))]
        b = ";".join(f"{k}:{v}" for k, v in sorted(rule[7].items())) or "-"
        ls.append(f"draw {' '.join(map(str, rule[:7]))} {b} {seed.hex()} {ints(pr)} {ints(out) or '-'} {ints(l)} = {draw(l, rule, seed, pr, out)}")
    lines("sampling.txt", ls + decisive(12))
    boundaries()

def decisive(count):
    """Draws that would give another token without one part of the rule, `count` for each part."""
    Q = random.Random(20261121); ls = []; off = [0, 0, 65536, 0, 65536, 0, 0, {}]
    for part in range(8):
        found = 0
        while found < count:
            n = Q.choice([5, 20, 64]); l = [int(Q.gauss(0, 2) * 2 ** 20) for _ in range(n)]
            rule = [Q.choice([30000, 65536, 131072]), Q.randint(1, n), Q.randint(1, 65535), Q.randint(1, 40000), Q.choice([40000, 72090, 131072, 1048576]), Q.randint(-131072, 131072), Q.randint(-65536, 131072), {Q.randrange(n): Q.randint(-400000, 400000), Q.randrange(n): Q.choice([-6553600, 6553600])}]
            for other in range(1, 8):   # most other parts off, so that this one is seen
                if other != part and Q.random() < .75: rule[other] = off[other]
            seed = Q.randbytes(32); pr = [Q.randrange(n) for _ in range(Q.randint(1, 9))]; out = [Q.randrange(n) for _ in range(Q.randint(0, 12))]
            token = draw(l, rule, seed, pr, out)
            if draw(l, rule[:part] + [off[part]] + rule[part + 1:], seed, pr, out) == token: continue
            b = ";".join(f"{k}:{v}" for k, v in sorted(rule[7].items())) or "-"
            ls.append(f"draw {' '.join(map(str, rule[:7]))} {b} {seed.hex()} {ints(pr)} {ints(out) or '-'} {ints(l)} = {token}"); found += 1
    return ls

# ---- spec/boundaries.md
def sha(*b): return hashlib.sha256(b"".join(b)).digest()
def mth(leaves):
    if len(leaves) == 1: return sha(b"\0", leaves[0])
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1", mth(leaves[:k]), mth(leaves[k:]))
def state(h, mem):
    b = b"".join((x & (1 << 48) - 1).to_bytes(6, "little") for x in h)
    for k, v in mem: b += b"".join(struct.pack("<b", e) + struct.pack(f"<{len(r)}h", *r) for r, e in (k, v))
    return b
def boundaries():
    ls = ["# salt KEY NONCE = salt; state H K;V per head as values:exponent = bytes; leaf LAYER POSITION bytes; root = boundaries; spec/boundaries.md"]
    key, nonce = bytes(range(32)), bytes(range(32, 64))
    salt = sha(b"plumbline boundaries v1\n", key, nonce); ls.append(f"salt {key.hex()} {nonce.hex()} = {salt.hex()}")
    trees = []
    for l in range(2):
        tree = []
        for p in range(3):
            h = [sat(big(48)) for _ in range(4)]
            if p == 0: h[:2] = [M, -M]
            mem = [[([R.randint(-32767, 32767) for _ in range(2)], R.randint(-20, 12)) for _ in "kv"] for _ in range(2)]
            b = state(h, mem); tree.append(salt + sha(b))
            ls.append(f"state {ints(h)} {' '.join(f'{ints(r)}:{e}' for kv in mem for r, e in kv)} = {b.hex()}")
            ls.append(f"leaf {l} {p} {b.hex()}")
        trees.append(mth(tree))
    ls.append(f"root = {mth(trees).hex()}")
    global OUT
    OUT = OUT.parent / "boundaries"; OUT.mkdir(exist_ok=True); lines("states.txt", ls)
main()
