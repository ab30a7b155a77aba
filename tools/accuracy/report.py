#!/usr/bin/env python3
"""Makes the table (text) and the plot (SVG) of what compare.py measured.

    python3 tools/accuracy/report.py bench/results

Reads accuracy.jsonl in that folder, writes accuracy.txt and accuracy.svg beside it.
"""

import argparse
import json
import math
import pathlib

BIN = 8  # positions drawn as one point: their mean
LEFT, RIGHT, TOP, BOTTOM = 62, 540, 66, 356
WIDTH, HEIGHT = 720, 410
LOG_LOW, LOG_HIGH = -7, -1
TARGET = 1e-5
LABEL_GAP = 17
ROW = "{:27} {:16} {:10} {:>7} {:>6} {:>10} {:>10} {:>11} {:>9} {:>8} {:>8} {:>8}\n"
HEAD = (
    *("model", "text", "engine", "context", "tokens", "float64", "engine"),
    *("ppl change", "top-1", "mean KL", "max KL", "max nll"),
)
EXPLAINED = """
tokens: predictions. float64, engine: perplexity of the reference and of the
engine. top-1: positions where the likeliest token is the reference's. KL: divergence from the
reference in nats, over the whole vocabulary. max nll: the largest difference of the negative log
likelihood of one token, in nats.

"""
SUBTITLE = (
    "KL divergence in nats, logarithmic; mean of two texts, {windows} windows of {context} tokens "
    "each. Lower is closer."
)
STYLE = """
    text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
    .paper { fill: #ffffff; }
    .title { font-size: 16px; font-weight: 600; }
    .power { font-size: 10px; }
    .soft { fill: #59636e; }
    .grid { stroke: #d1d9e0; }
    .target { stroke: #59636e; stroke-dasharray: 5 4; }
    polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .p0 { stroke: #0969da; } text.p0 { stroke: none; fill: #0969da; }
    .p1 { stroke: #1a7f37; } text.p1 { stroke: none; fill: #1a7f37; }
    .l0 { stroke: #bc4c00; } text.l0 { stroke: none; fill: #bc4c00; }
    .l1 { stroke: #a40e26; } text.l1 { stroke: none; fill: #a40e26; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .paper { fill: #0d1117; }
      .soft { fill: #9198a1; }
      .grid { stroke: #30363d; }
      .target { stroke: #9198a1; }
      .p0 { stroke: #58a6ff; } text.p0 { fill: #58a6ff; }
      .p1 { stroke: #3fb950; } text.p1 { fill: #3fb950; }
      .l0 { stroke: #f0883e; } text.l0 { fill: #f0883e; }
      .l1 { stroke: #ff7b72; } text.l1 { fill: #ff7b72; }
    }
"""


def table(lines):
    text = ROW.format(*HEAD)
    for x in lines:
        text += ROW.format(
            *(x["model"].removesuffix(".gguf")[:27], x["text"], x["engine"]),
            *(x["context"], x["predicted"]),
            *(f"{x['reference_perplexity']:.4f}", f"{x['perplexity']:.4f}"),
            *(f"{x['delta_percent']:+.4f} %", f"{x['top1_percent']:.2f} %"),
            *(f"{x['mean_kl']:.1e}", f"{x['max_kl']:.1e}", f"{x['max_nll_difference']:.3f}"),
        )
    text += EXPLAINED
    for x in lines:
        if "logits_sha256" in x:
            text += f"SHA-256 of all integer logits, {x['model']}, {x['text']}, "
            text += f"{x['windows']} x {x['context']}:\n    {x['logits_sha256']}\n"
    made = {key: ", ".join(sorted({x[key] for x in lines})) for key in ("machine", "numpy")}
    text += f"\nmachine: {made['machine']}; numpy {made['numpy']}"
    for version in sorted({x["llama_cpp_python"] for x in lines if "llama_cpp_python" in x}):
        text += f"; llama-cpp-python {version}, default build, default cache types"
    return text + "\n"


def curves(lines):
    """(engine, model) to the mean over the texts, in bins: [(middle position, mean KL)]."""
    groups = {}
    for x in lines:
        groups.setdefault((x["engine"], x["model"]), []).append(x["kl_by_position"])
    return {key: binned([sum(c) / len(c) for c in zip(*texts)]) for key, texts in groups.items()}


def binned(values):
    bins = [values[i : i + BIN] for i in range(0, len(values), BIN)]
    return [(1 + i * BIN + (len(b) - 1) / 2, sum(b) / len(b)) for i, b in enumerate(bins)]


def py(kl):
    part = (math.log10(max(kl, 10.0**LOG_LOW)) - LOG_LOW) / (LOG_HIGH - LOG_LOW)
    return BOTTOM - (BOTTOM - TOP) * part


def label(x, y, text, mark="soft", anchor="start"):
    return f'  <text class="{mark}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def rule(mark, y):
    return f'  <line class="{mark}" x1="{LEFT}" y1="{y:.1f}" x2="{RIGHT}" y2="{y:.1f}"/>'


def frame(context, windows):
    """Everything but the curves."""
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t d"',
        f'    viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        '  <title id="t">Distance from the float64 model at each position of the context</title>',
        '  <desc id="d">Mean KL divergence by position, on a logarithmic scale: Plumbline near two',
        "    millionths of a nat, llama.cpp near three thousandths; neither grows.</desc>",
        f"  <style>{STYLE}  </style>",
        f'  <rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        label(20, 28, "Distance from the float64 model, by position", "title"),
        label(20, 48, SUBTITLE.format(windows=windows, context=context)),
    ]
    for power in range(LOG_LOW, LOG_HIGH + 1):
        y = py(10.0**power)
        exponent = f'<tspan class="power" dy="-5">\u2212{-power}</tspan>'
        out += [rule("grid", y), label(LEFT - 8, y + 4, "10" + exponent, anchor="end")]
    for tick in range(0, context + 1, context // 4):
        x = LEFT + (RIGHT - LEFT) * tick / context
        out.append(label(x, BOTTOM + 20, tick, anchor="middle"))
    middle = (LEFT + RIGHT) / 2
    out.append(label(middle, BOTTOM + 40, "position in the context", anchor="middle"))
    return [*out, rule("target", py(TARGET))]


def svg(lines):
    """The shortest context measured; longer ones stand in the table."""
    context = min(x["context"] for x in lines)
    lines = [x for x in lines if x["context"] == context]
    data = curves(lines)
    models = sorted({model for _, model in data}, reverse=True)
    out = frame(context, lines[0]["windows"])
    labels = [(py(TARGET), "soft", "our limit for the mean")]
    for (engine, model), points in data.items():
        mark = engine[0] + str(models.index(model) % 2)
        path = " ".join(f"{LEFT + (RIGHT - LEFT) * p / context:.1f},{py(k):.1f}" for p, k in points)
        out.append(f'  <polyline class="{mark}" points="{path}"/>')
        end = sum(py(kl) for _, kl in points[-8:]) / 8
        name = f"{engine.replace('plumbline', 'Plumbline')}, {model.split('-')[0].capitalize()}"
        labels.append((end, mark, name.replace("Smollm2", "SmolLM2")))
    y = -LABEL_GAP
    for at, mark, text in sorted(labels):
        y = max(y + LABEL_GAP, at + 4)
        out.append(label(RIGHT + 8, y, text, mark))
    return "\n".join([*out, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    lines = [json.loads(x) for x in (folder / "accuracy.jsonl").read_text().splitlines()]
    lines.sort(
        key=lambda x: (x["model"][0] != "S", x["context"], x["text"], x["engine"] != "plumbline")
    )
    (folder / "accuracy.txt").write_text(table(lines))
    (folder / "accuracy.svg").write_text(svg(lines), encoding="utf-8")
    print(table(lines), end="")


if __name__ == "__main__":
    main()
