-- One request, again and again: what Bench::Load wrote into BENCH_REQUEST.
-- Without a request() of ours wrk formats it once.

options = {}

for line in (os.getenv("BENCH_REQUEST") or ""):gmatch("[^\n]+") do
    local kind, rest = line:match("^(%a+) (.*)$")

    if kind == "method" then
        wrk.method = rest

    elseif kind == "body" then
        wrk.body = rest

    else
        local name, value = rest:match("^([^:]+): (.*)$")

        if kind == "header" then
            wrk.headers[name] = value
        else
            options[name] = value
        end
    end
end


function done(summary, latency, requests)
    local e = summary.errors

    io.write(string.format('BENCH {"requests":%d,"seconds":%.6f,'
                           .. '"bytes":%d,"p50":%d,"p99":%d,"max":%d,'
                           .. '"refused":%d,"connect":%d,"read":%d,'
                           .. '"write":%d,"timeout":%d}\n',
                           summary.requests, summary.duration / 1e6,
                           summary.bytes, latency:percentile(50),
                           latency:percentile(99), latency.max,
                           e.status, e.connect, e.read, e.write, e.timeout))
end
