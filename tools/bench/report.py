#!/usr/bin/env python3
"""Makes the table (text) and the plots (SVG) of what speed.py measured.

    python3 tools/bench/report.py [bench/results]

Reads speed.jsonl in that folder, writes speed.txt, speed-decode.svg and speed-prefill.svg beside it.
"""

import collections
import json
import pathlib
import statistics
import sys

ENGINES = (
    ("native", "Plumbline, native (exact)"),
    ("vector", "Plumbline, Java (exact)"),
    ("llama.cpp", "llama.cpp"),
    ("llama3.java", "llama3.java"),
)
KINDS = (("prefill", "prompt"), ("decode", "answer"))
BAR, GAP, GROUP_GAP = 15, 3, 24
LEFT, WIDTH, TOP = 190, 720, 84
STYLE = """
    text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
    .paper { fill: #ffffff; } .title { font-size: 16px; font-weight: 600; } .soft { fill: #59636e; }
    .native { fill: #0969da; } .vector { fill: #54aeff; } .llamacpp { fill: #bc4c00; } .llama3java { fill: #e2a25c; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; } .paper { fill: #0d1117; } .soft { fill: #9198a1; }
      .native { fill: #58a6ff; } .vector { fill: #1f4f8f; } .llamacpp { fill: #f0883e; } .llama3java { fill: #8a5a2b; }
    }
"""


def medians(lines, key):
    groups = collections.defaultdict(list)
    for line in lines:
        groups[line["name"], line["threads"], line["engine"]].append(line[key])
    return {group: statistics.median(values) for group, values in groups.items()}


def table(lines):
    out = []
    first = lines[0]
    commits = sorted({line["commit"] for line in lines})
    out.append("Tokens per second, medians of the passes; the ratio is to llama.cpp in the same run.\n")
    out.append(f"machine: {first['machine']}")
    out.append(f"commit:  {', '.join(commits)}")
    out.append(f"time:    {lines[0]['time']} to {lines[-1]['time']}")
    out.append("command: python3 tools/bench/speed.py (raw lines: speed.jsonl)")
    info = next((line["system_info"] for line in lines if "system_info" in line), "")
    out.append(f"llama.cpp: {info}\n")
    row = "{:23} {:>7} {:27} {:>6} {:>9} {:>6} {:>9} {:>6} {:>13} {:>9}"
    out.append(row.format("model", "threads", "engine", "passes", "prefill", "ratio", "decode", "ratio", "prompt+answer",
                          "peak MiB"))
    rates = {kind: medians(lines, kind + "_tokens_per_second") for kind, _ in KINDS}
    peaks = medians([line for line in lines if "peak_memory_mib" in line], "peak_memory_mib")
    for name, threads in dict.fromkeys((line["name"], line["threads"]) for line in lines):
        for engine, shown in ENGINES:
            group = (name, threads, engine)
            if group not in rates["decode"]:
                continue
            mine = [line for line in lines if (line["name"], line["threads"], line["engine"]) == group]
            peer = (name, threads, "llama.cpp")
            cells = []
            for kind, _ in KINDS:
                rate = rates[kind][group]
                cells += [f"{rate:.1f}", f"{rate / rates[kind][peer]:.2f}" if peer in rates[kind] else "-"]
            kernel = mine[0]["kernel"] if engine in ("native", "vector") else shown
            out.append(row.format(name, threads, kernel, len(mine), *cells,
                                  f"{mine[0]['prompt_tokens']}+{mine[0]['generated_tokens']}",
                                  f"{peaks[group]:.0f}" if group in peaks else "-"))
    return "\n".join(out) + "\n"


def plot(lines, kind, what):
    rates = medians(lines, kind + "_tokens_per_second")
    groups = list(dict.fromkeys((line["name"], line["threads"]) for line in lines))
    parts = []
    y = TOP
    for name, threads in groups:
        present = [(engine, shown) for engine, shown in ENGINES if (name, threads, engine) in rates]
        # Models differ by a factor of ten: each group has its own scale, full width for its fastest.
        most = max(rates[name, threads, engine] for engine, _ in present)
        middle = y + (len(present) * (BAR + GAP)) / 2
        plural = "s" if threads > 1 else ""
        parts.append(f'<text x="16" y="{middle - 2}">{name}</text>')
        parts.append(f'<text class="soft" x="16" y="{middle + 14}">{threads} thread{plural}</text>')
        for engine, _ in present:
            rate = rates[name, threads, engine]
            length = max(2, rate / most * (WIDTH - LEFT - 90))
            style = engine.replace(".", "")
            parts.append(f'<rect class="{style}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>')
            parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 12}">{rate:.0f}</text>')
            y += BAR + GAP
        y += GROUP_GAP
    legend = []
    x = 16
    for engine, shown in ENGINES:
        if any(line["engine"] == engine for line in lines):
            style = engine.replace(".", "")
            legend.append(f'<rect class="{style}" x="{x}" y="46" width="12" height="12" rx="2"/>')
            legend.append(f'<text x="{x + 18}" y="57">{shown}</text>')
            x += 30 + 7 * len(shown)
    title = f"Tokens per second, {what} ({kind})"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" aria-label="{title}">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="paper" width="{WIDTH}" height="{y}"/>\n<text class="title" x="16" y="28">{title}</text>\n'
        + "\n".join(legend + parts) + "\n</svg>\n"
    )


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "bench/results")
    lines = [json.loads(line) for line in (folder / "speed.jsonl").read_text(encoding="utf-8").splitlines()]
    text = table(lines)
    (folder / "speed.txt").write_text(text, encoding="utf-8")
    for kind, what in KINDS:
        (folder / f"speed-{kind}.svg").write_text(plot(lines, kind, what), encoding="utf-8")
    print(text)


main()
