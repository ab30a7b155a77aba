#!/usr/bin/env python3
"""What requests that wait cost the others: gaps between the tokens of one stream, and the server's memory, without and with a
thousand streams that wait in the line and read nothing.

usage: waiting.py URL MODEL PID [--busy 31] [--waiting 1000] [--probes 3]

Opens --busy long streams that are read by nobody, measures a stream from another address (127.0.0.2, so that it has its own turn),
opens --waiting more, measures again, closes those, measures again. Linux. Only Python's standard library.
"""
import argparse, http.client, json, random, socket, statistics, time, urllib.parse


def body(model, tokens, seed):
    text = " ".join(random.Random(seed).choice(["river", "stone", "lamp", "winter", "cloud"]) for _ in range(40))
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": tokens, "stream": True,
                       "temperature": 0, "logit_bias": {"0": -100, "2": -100}}).encode()


def opened(u, model, tokens, seed):
    s = socket.create_connection((u.hostname, u.port))
    b = body(model, tokens, seed)
    s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(b) + b)
    return s


def probe(u, model, seed):
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=300, source_address=("127.0.0.2", 0))
    start = time.perf_counter()
    c.request("POST", "/v1/chat/completions", body(model, 48, seed), {"Content-Type": "application/json"})
    r, times = c.getresponse(), []
    for line in r:
        if line.startswith(b"data: {") and b'"content"' in line:
            times.append(time.perf_counter())
    gaps = [b - a for a, b in zip(times, times[1:])]
    return statistics.median(gaps) * 1000, (times[0] - start) * 1000


def memory(pid):
    v = dict(l.split(":", 1) for l in open(f"/proc/{pid}/status") if ":" in l)
    return " ".join(f"{k} {int(v[k].split()[0]) >> 10} MiB" for k in ("VmRSS", "RssAnon", "RssFile"))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("url"); p.add_argument("model"); p.add_argument("pid"); p.add_argument("--busy", type=int, default=31)
    p.add_argument("--waiting", type=int, default=1000); p.add_argument("--probes", type=int, default=3)
    a = p.parse_args()
    u = urllib.parse.urlparse(a.url)

    def show(what, n):
        r = [probe(u, a.model, n * 10 + i) for i in range(a.probes)]
        print(f"{what:22} gap p50 {statistics.median(x[0] for x in r):7.2f} ms   first token {statistics.median(x[1] for x in r):7.0f} ms   "
              + memory(a.pid), flush=True)

    probe(u, a.model, 1)
    print("idle                  " + memory(a.pid))
    busy = [opened(u, a.model, 1500, i) for i in range(a.busy)]
    time.sleep(2)
    show(f"{a.busy} busy", 2)
    # Short ones: places must come free, or the measured stream would wait with them.
    waiting = [opened(u, a.model, 16, 1000 + i) for i in range(a.waiting)]
    time.sleep(2)
    show(f"... and {a.waiting} waiting", 3)
    for s in waiting: s.close()
    time.sleep(2)
    show("... gone again", 4)
    for s in busy: s.close()
    time.sleep(1)
    show("all gone", 5)


if __name__ == "__main__":
    main()
