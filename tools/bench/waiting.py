#!/usr/bin/env python3
"""What streams that wait, or that nobody reads, cost the others: gaps between the tokens of one stream, and the server's memory,
without and with a thousand of them, in turn.

usage: waiting.py URL MODEL PID [--busy 31] [--waiting 1000] [--seconds 6] [--rounds 2] [--slow]

All places are taken by long streams, --busy that nobody reads and one that is measured; so those that wait (--waiting) wait for all of
their time, and nothing of theirs is computed. A line per phase: median and mean gap of the measured stream, the server's memory. The
cost is each phase with them less the mean of the ones before and after, since gaps grow with the contexts. `cpu` is what the server's
process computed per token of the measured stream: other processes of the machine disturb it less than the gaps.

--slow: instead, one measured stream alone; the others are answered, each with 4 tokens that nobody reads, and stay open.

Linux. Only Python's standard library.
"""
import argparse, http.client, json, os, random, socket, statistics, threading, time, urllib.parse, urllib.request
from machine import machine


def body(model, tokens, seed, words=40):
    text = " ".join(random.Random(seed).choice(["river", "stone", "lamp", "winter", "cloud"]) for _ in range(words))
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": tokens, "stream": True,
                       "temperature": 0, "logit_bias": {"0": -100, "2": -100}}).encode()


def opened(u, model, tokens, seed, words=40):
    s = socket.create_connection((u.hostname, u.port))
    b = body(model, tokens, seed, words)
    s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(b) + b)
    return s


class Measured(threading.Thread):
    """A long stream, and when its tokens came."""

    def __init__(self, u, model):
        super().__init__(daemon=True)
        self.u, self.model, self.times = u, model, []

    def run(self):
        c = http.client.HTTPConnection(self.u.hostname, self.u.port, timeout=300)
        c.request("POST", "/v1/chat/completions", body(self.model, 3000, 1), {"Content-Type": "application/json"})
        for line in c.getresponse():
            if line.startswith(b"data: {") and b'"content"' in line:
                self.times.append(time.perf_counter())

    def gaps(self, begin, end):
        t = [x for x in self.times if begin <= x <= end]
        return [(b - a) * 1000 for a, b in zip(t, t[1:])]


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


def main():
    p = argparse.ArgumentParser()
    p.add_argument("url"); p.add_argument("model"); p.add_argument("pid"); p.add_argument("--busy", type=int, default=31)
    p.add_argument("--waiting", type=int, default=1000); p.add_argument("--seconds", type=float, default=6)
    p.add_argument("--rounds", type=int, default=2); p.add_argument("--slow", action="store_true")
    a = p.parse_args()
    u = urllib.parse.urlparse(a.url)
    print(machine())
    print(f"idle                                                              {memory(a.pid)}", flush=True)
    busy = [] if a.slow else [opened(u, a.model, 3000, i) for i in range(a.busy)]
    measured = Measured(u, a.model)
    measured.start()
    while len(measured.times) < 20:
        time.sleep(0.05)

    def phase(what):
        begin, used = time.perf_counter(), cpu_ms(a.pid)
        time.sleep(a.seconds)
        used = cpu_ms(a.pid) - used
        g = measured.gaps(begin, time.perf_counter())
        m = statistics.median(g)
        print(f"{what:34} gaps {len(g):4}   p50 {m:7.2f} ms   mean {statistics.mean(g):7.2f} ms   cpu {used / len(g):7.2f} ms   {memory(a.pid)}", flush=True)
        return m, used / len(g)

    def added():
        others = [opened(u, a.model, 4 if a.slow else 16, 1000 + i, 3 if a.slow else 40) for i in range(a.waiting)]
        if a.slow:
            time.sleep(1)
            while gauge(a.url, "plumbline_answers_waiting") + gauge(a.url, "plumbline_answers_running") > 1:
                time.sleep(0.2)
        while not a.slow and gauge(a.url, "plumbline_answers_waiting") < a.waiting:
            time.sleep(0.1)
        time.sleep(1)
        return others

    costs, before = [], phase("without")
    for _ in range(a.rounds):
        others = added()
        with_them = phase(f"with {a.waiting} " + ("answered and unread" if a.slow else "waiting"))
        for s in others: s.close()
        time.sleep(1.5)
        after = phase("without")
        costs.append([w - (b + x) / 2 for w, b, x in zip(with_them, before, after)])
        before = after
    print("added in each round, to p50 and to cpu: " + "; ".join(f"{c[0]:+.2f} and {c[1]:+.2f} ms" for c in costs))
    for s in busy: s.close()


if __name__ == "__main__":
    main()
