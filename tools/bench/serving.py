#!/usr/bin/env python3
"""Aggregate tokens per second of an OpenAI-compatible server at several numbers of streams.

usage: serving.py NAME=URL=MODEL [NAME=URL=MODEL ...] [--streams 1,8,32] [--tokens 64] [--rounds 3] [--words 110] [--seed 1] [--rows FILE]

Each round asks each server in turn, first the same number of streams, then the next; so a slow moment of the machine
hits all alike. Prompts are different in every request (no prefix in common beyond the template) and about --words words
long; every answer has exactly --tokens tokens (its end tokens are biased away). The client takes some of the machine too,
the same for all. With --rows the measurements are added to those in FILE, and the table is of all of them. Prints the machine, and a table: generated tokens/s as min/median/max over the rounds, time to the first token, and the gaps
between tokens. Only Python's standard library.
"""
import argparse, http.client, json, random, statistics, threading, time, urllib.parse
from machine import machine

WORDS = "river stone lamp winter garden letter window music bread train cloud silver paper forest harbour clock".split()


def ask(url, model, tokens, words, rng, out):
    u = urllib.parse.urlparse(url)
    text = " ".join(rng.choice(WORDS) for _ in range(words)) + ". Tell a long story with these words."
    body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": tokens, "stream": True,
            "temperature": 0, "logit_bias": {"0": -100, "2": -100}}
    start = time.perf_counter()
    times = []
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=600)
    c.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    r = c.getresponse()
    if r.status != 200:
        out.append((None, r.status, r.read()[:300]))
        return
    for line in r:
        if line.startswith(b"data: {"):
            choices = json.loads(line[6:]).get("choices") or [{}]
            if (choices[0].get("delta") or {}).get("content"):
                times.append(time.perf_counter())
    c.close()
    out.append((start, times, time.perf_counter()))


def once(url, model, streams, a, seed):
    out, threads = [], []
    for i in range(streams):
        rng = random.Random(seed * 1000 + i)
        threads.append(threading.Thread(target=ask, args=(url, model, a.tokens, a.words, rng, out)))
    begin = time.perf_counter()
    for t in threads: t.start()
    for t in threads: t.join()
    wall = time.perf_counter() - begin
    bad = [o for o in out if o[0] is None]
    if bad: raise SystemExit(f"{url}: {bad[0]}")
    ttft = statistics.median(o[1][0] - o[0] for o in out if o[1])
    gaps = sorted(b - x for o in out for x, b in zip(o[1], o[1][1:]))
    return streams * a.tokens / wall, ttft, gaps[len(gaps) // 2] if gaps else 0, gaps[int(len(gaps) * .99)] if gaps else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("server", nargs="+"); p.add_argument("--streams", default="1,8,32"); p.add_argument("--tokens", type=int, default=64)
    p.add_argument("--rounds", type=int, default=3); p.add_argument("--words", type=int, default=110); p.add_argument("--seed", type=int, default=1); p.add_argument("--rows")
    a = p.parse_args()
    rows = {}
    if a.rows:
        try:
            for line in open(a.rows):
                n, name, r = json.loads(line)
                rows.setdefault((n, name), []).append(r)
        except FileNotFoundError:
            pass
    for rnd in range(a.rounds):
        for n in map(int, a.streams.split(",")):
            for s in a.server:
                name, url, model = s.split("=", 2)
                r = once(url, model, n, a, a.seed + 100 * rnd + n)
                rows.setdefault((n, name), []).append(r)
                if a.rows:
                    with open(a.rows, "a") as out:
                        out.write(json.dumps([n, name, r]) + "\n")
    print(machine())
    print("streams  server        rounds  tokens/s min/median/max   first token s   gap p50 ms   gap p99 ms")
    for (n, name), r in sorted(rows.items()):
        v = sorted(x[0] for x in r)
        med = lambda k: statistics.median(x[k] for x in r)
        print(f"{n:7}  {name:12}  {len(r):6}  {v[0]:7.1f} {statistics.median(v):7.1f} {v[-1]:7.1f}   {med(1):13.2f}   {med(2) * 1000:10.1f}   {med(3) * 1000:10.1f}", flush=True)


if __name__ == "__main__":
    main()
