"""What Prometheus' own parser makes of /metrics (spec/api.md A120). usage: prometheus_python.py URL MODEL"""
import json, sys, time, urllib.request
from prometheus_client.parser import text_string_to_metric_families

url, model = sys.argv[1:3]


def families():
    with urllib.request.urlopen(url + "/metrics") as response:
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", response.headers
        text = response.read().decode()
    return {family.name: family for family in text_string_to_metric_families(text)}, text


def value(metrics, name, **labels):
    return sum(s.value for f in metrics.values() for s in f.samples
               if s.name == name and all(s.labels.get(k) == v for k, v in labels.items()))


before, _ = families()
body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 5}).encode()
request = urllib.request.Request(url + "/v1/chat/completions", body, {"Content-Type": "application/json"})
usage = json.load(urllib.request.urlopen(request))["usage"]
asked = dict(endpoint="/v1/chat/completions", status="200")
wanted = value(before, "plumbline_http_requests_total", **asked) + 1
# A request is counted when it has ended on the server, which may be after its caller has the answer.
for _ in range(500):
    after, text = families()
    if value(after, "plumbline_http_requests_total", **asked) == wanted: break
    time.sleep(0.02)
assert value(after, "plumbline_http_requests_total", **asked) == wanted
for kind, count in ("prompt", usage["prompt_tokens"]), ("output", usage["completion_tokens"]):
    was = value(before, "plumbline_tokens_total", kind=kind)
    assert value(after, "plumbline_tokens_total", kind=kind) == was + count, (kind, was, count)
for family in after.values():
    assert family.type in ("counter", "gauge", "histogram", "summary"), family
    assert family.documentation and family.samples, family
    if family.type == "histogram":
        buckets = [s for s in family.samples if s.name.endswith("_bucket")]
        counts = [s.value for s in buckets]
        assert buckets[-1].labels["le"] == "+Inf" and counts == sorted(counts), family
        assert counts[-1] == value(after, family.name + "_count"), family
assert len(after) > 15, sorted(after)
assert model not in text and "hello" not in text
print("ok")
