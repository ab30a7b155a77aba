#!/usr/bin/env python3
"""What streams that wait, or that somebody reads slowly, cost the others: a thousand of them come and go, and the gaps between the
tokens of a stream are compared, and the server's memory.

usage: waiting.py URL MODEL PID [--places 1] [--waiting 1000] [--seconds 1.5] [--rounds 7]
       waiting.py URL MODEL PID --slow URL2 PID2 [--waiting 1000] [--tokens 32] [--rounds 25]

The first measures a stream of a server that computes --places answers at a time (`plumb up --at-once`; few, so that a gap is short
and a millisecond can be told). The other places are taken by long streams, so all of --waiting wait for all of their time, and nothing
of theirs is computed. Each of --rounds has a stream of its own and three times of --seconds: without them, with them, without. The
second is compared with the mean of the others, since gaps grow with the context.

The second takes two servers that were started alike. The first one answers --waiting streams with much beside each token
(logprobs: 2 KB), which are read every 45 seconds, some 4 KB at a time: most of it stays in the server, where the system's own buffers are small, as in a
network namespace with `sysctl net.ipv4.tcp_wmem="4096 8192 8192"` and an MTU of 1500 on lo. How many are still open is said. Then short requests are asked of both in turn,
--rounds times; and once more when the slow readers are gone, which says how the two differ without them.

What is said at the end is the mean, and in brackets what it is within with 95 percent. `cpu` is what the server's process computed per
token of the measured stream: other processes of the machine disturb it less than the gaps. Linux. Only Python's standard library.
"""
import argparse, http.client, json, math, multiprocessing, os, random, socket, statistics, sys, threading, time, urllib.parse, urllib.request
from machine import machine


def body(model, tokens, seed, words=40, **more):
    text = " ".join(random.Random(seed).choice(["river", "stone", "lamp", "winter", "cloud"]) for _ in range(words))
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": tokens, "stream": True,
                       "temperature": 0, "logit_bias": {"0": -100, "2": -100}, **more}).encode()


def post(b):
    return b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(b) + b


def opened(u, model, tokens, seed):
    s = socket.create_connection((u.hostname, u.port))
    s.sendall(post(body(model, tokens, seed)))
    return s


class Stream(threading.Thread):
    """A stream, and when its tokens came."""

    def __init__(self, u, model, tokens, seed, words=40):
        super().__init__(daemon=True)
        self.times, self.model, self.tokens, self.seed, self.words = [], model, tokens, seed, words
        self.connection = http.client.HTTPConnection(u.hostname, u.port, timeout=300)
        self.ended = False

    def run(self):
        try:
            self.connection.request("POST", "/v1/chat/completions", body(self.model, self.tokens, self.seed, self.words), {"Content-Type": "application/json"})
            for line in self.connection.getresponse():
                if line.startswith(b"data: {") and b'"content"' in line:
                    self.times.append(time.perf_counter())
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            if not self.ended: raise

    def end(self):
        self.ended = True
        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.join()


def gaps_ms(times):
    return [(b - a) * 1000 for a, b in zip(times, times[1:])]


def slow_readers(host, port, model, tokens, count):
    """Little fits into their connections, and each is read now and then: the node closes one that takes nothing for a minute."""
    readers = []
    for i in range(count):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        s.connect((host, port))
        s.sendall(post(body(model, tokens, 1000 + i, 3, logprobs=True, top_logprobs=20)))
        s.setblocking(False)
        readers.append(s)
    while True:
        begin = time.monotonic()
        for n, s in enumerate(readers):
            time.sleep(max(0, begin + 45 * n / count - time.monotonic()))
            try: s.recv(65536)
            except OSError: pass


def gauge(url, name):
    for line in urllib.request.urlopen(url + "/metrics").read().decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])


def cpu_ms(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def memory(pid):
    v = dict(l.split(":", 1) for l in open(f"/proc/{pid}/status") if ":" in l)
    return {k: int(v[k].split()[0]) >> 10 for k in ("RssAnon", "RssFile")}


def interval(values):
    """Mean, and how far from it the true one may be: Student's t, 95 percent."""
    n = len(values)
    if n < 2: return values[0], math.inf
    t = {2: 12.71, 3: 4.3, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}.get(n, 2.0 + 2.6 / n)
    return statistics.mean(values), t * statistics.stdev(values) / math.sqrt(n)


def said(mean, half):
    return f"{mean:+.2f} ms ({mean - half:+.2f} to {mean + half:+.2f})"


def waiting(a):
    u = urllib.parse.urlparse(a.url)
    busy = [opened(u, a.model, 3000, i) for i in range(a.places - 1)]

    def phase(stream, what):
        time.sleep(0.4)
        first, used = len(stream.times), cpu_ms(a.pid)
        time.sleep(a.seconds)
        g, used = gaps_ms(stream.times[first:]), cpu_ms(a.pid) - used
        m = statistics.median(g)
        print(f"{what:20} gaps {len(g):4}   p50 {m:6.2f} ms   mean {statistics.mean(g):6.2f} ms   cpu {used / len(g):6.2f} ms   {memory(a.pid)}", flush=True)
        return m, statistics.mean(g), used / len(g)

    costs = []
    for n in range(a.rounds):
        stream = Stream(u, a.model, 6000, n)
        stream.start()
        while len(stream.times) < 5:
            time.sleep(0.02)
        before = phase(stream, "without")
        others = [opened(u, a.model, 16, 1000 + i) for i in range(a.waiting)]
        while gauge(a.url, "plumbline_answers_waiting") < a.waiting:
            time.sleep(0.05)
        with_them = phase(stream, f"with {a.waiting} waiting")
        for s in others: s.close()
        while gauge(a.url, "plumbline_answers_waiting") > 0:
            time.sleep(0.05)
        after = phase(stream, "without")
        stream.end()
        costs.append([w - (b + x) / 2 for w, b, x in zip(with_them, before, after)])
    for name, values in zip(("p50", "the mean gap", "cpu per token"), zip(*costs)):
        print(f"added to {name}: {said(*interval(values))}, median {statistics.median(values):+.2f}; rounds: {' '.join(f'{v:+.2f}' for v in values)}")
    for s in busy: s.close()


def slow(a):
    u, other = urllib.parse.urlparse(a.url), urllib.parse.urlparse(a.slow[0])
    readers = multiprocessing.Process(target=slow_readers, args=(u.hostname, u.port, a.model, a.tokens, a.waiting), daemon=True)

    def pairs(what):
        first, used, read = time.perf_counter(), cpu_ms(a.pid), cpu_ms(readers.pid) if readers.is_alive() else 0
        time.sleep(4)
        used, read = cpu_ms(a.pid) - used, cpu_ms(readers.pid) - read if readers.is_alive() else 0
        seconds = time.perf_counter() - first
        print(f"{what:22} while nothing is asked: processor time of the server {used / seconds:.1f} ms a second, of the readers {read / seconds:.1f}", flush=True)
        rows = []
        for n in range(a.rounds):
            row = {}
            for server in (u, other) if n % 2 == 0 else (other, u):
                stream, begin = Stream(server, a.model, 48, 50 + n, 12), time.perf_counter()
                stream.run()
                row[server] = statistics.median(gaps_ms(stream.times)), (time.perf_counter() - begin) * 1000
            rows.append([row[u][k] - row[other][k] for k in (0, 1)] + [row[u][0], row[u][1], row[other][0], row[other][1]])
        m = [statistics.median(r[k] for r in rows) for k in range(2, 6)]
        print(f"{what:22} {len(rows)} pairs   p50 of gaps {m[0]:6.2f} and {m[2]:6.2f} ms   whole requests {m[1]:7.1f} and {m[3]:7.1f} ms   "
              f"open {gauge(a.url, 'plumbline_streams_open'):.0f}   {memory(a.pid)}", flush=True)
        return rows

    readers.start()
    while gauge(a.url, "plumbline_streams_open") < a.waiting:
        time.sleep(0.5)
    while gauge(a.url, "plumbline_answers_waiting") + gauge(a.url, "plumbline_answers_running") > 0:
        time.sleep(0.5)
    print(f"all are computed, not sent whole are {gauge(a.url, 'plumbline_streams_open'):.0f}: {memory(a.pid)}; the other server {memory(a.slow[1])}", flush=True)
    if a.go: print(a.go, flush=True); sys.stdin.readline()

    with_them = pairs(f"with {a.waiting} slow readers")
    readers.terminate()
    readers.join()
    while gauge(a.url, "plumbline_streams_open") > 0:
        time.sleep(0.1)
    time.sleep(0.5)
    without = pairs("without")
    for k, name in enumerate(("p50 of gaps", "a whole request")):
        (x, i), (y, j) = (interval([r[k] for r in rows]) for rows in (with_them, without))
        print(f"added to {name}: {said(x - y, math.hypot(i, j))}")


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("url"); p.add_argument("model"); p.add_argument("pid"); p.add_argument("--places", type=int, default=1)
    p.add_argument("--waiting", type=int, default=1000); p.add_argument("--seconds", type=float, default=1.5)
    p.add_argument("--rounds", type=int); p.add_argument("--slow", nargs=2); p.add_argument("--tokens", type=int, default=32)
    p.add_argument("--go", help="say this when all is ready, and wait for a line on stdin")
    a = p.parse_args()
    a.rounds = a.rounds or (25 if a.slow else 7)
    print(machine())
    print(f"idle: {memory(a.pid)}", flush=True)
    slow(a) if a.slow else waiting(a)


if __name__ == "__main__":
    main()
