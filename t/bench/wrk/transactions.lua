-- Creates verify transactions, a user each, and reads each of them once.  Option
-- "pause": milliseconds between two requests of a connection.

dofile(os.getenv("IDV_TOP") .. "/t/bench/wrk/load.lua")

local threads, ready, user = {}, {}, 0
local own = "(/v1/environments/[^\"]-/verifyTransactions/[%x-]+)\""

created, read = 0, 0


function setup(thread)
    table.insert(threads, thread)
end


function request()
    local path = table.remove(ready)

    if path then
        return wrk.format("GET", path, nil, "")
    end

    user = user + 1

    path = options.create:gsub("{user}", options.prefix .. user)

    return wrk.format("POST", path)
end


function response(status, headers, body)
    if status == 201 then
        created = created + 1
        table.insert(ready, body:match(own))

    elseif status == 200 and body:find('"REQUESTED"', 1, true) then
        read = read + 1
    end
end


if options.pause then
    local pause = tonumber(options.pause)

    function delay()
        return pause
    end
end


local report = done

function done(summary, latency, requests)
    report(summary, latency, requests)

    for _, thread in ipairs(threads) do
        io.write(string.format("TRANSACTIONS %d %d\n", thread:get("created"),
                               thread:get("read")))
    end
end
