"""The machine that a benchmark runs on, in one line, from what the system says: so that a result can't name another."""
import os, platform, subprocess, time


def machine():
    model, flags = platform.machine(), ""
    try:
        for line in open("/proc/cpuinfo"):
            key, _, value = line.partition(":")
            if key.strip() == "model name": model = value.strip()
            if key.strip() == "flags": flags = value.split()
    except OSError:
        pass  # Not Linux: what Python knows has to do.
    vectors = [name for name in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if name in flags]
    here = os.path.dirname(os.path.abspath(__file__))
    commit = subprocess.run(["git", "-C", here, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    return f"{model}, {os.cpu_count()} cores, {' '.join(vectors) or 'no vectors known'}; commit {commit or 'none'}; {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC"


if __name__ == "__main__":
    print(machine())
