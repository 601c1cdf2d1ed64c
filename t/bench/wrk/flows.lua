-- The request of load.lua for many flows in turn.  Option "flows" is a file
-- with lines of path, subject and flow cookie.  Option "pause": milliseconds
-- between two requests of a connection.

dofile(os.getenv("IDV_TOP") .. "/t/bench/wrk/load.lua")

local requests, n, at = {}, 0, 0


function init(args)
    for line in io.lines(options.flows) do
        local path, subject, cookie = line:match("^(%S+) (%S+) (.+)$")

        wrk.headers["X-User"] = subject
        wrk.headers["Cookie"] = cookie

        n = n + 1
        requests[n] = wrk.format(nil, path)
    end

    -- neighbours in the file are not neighbours in time
    math.randomseed(1)

    for i = n, 2, -1 do
        local j = math.random(i)
        requests[i], requests[j] = requests[j], requests[i]
    end
end


function request()
    at = at % n + 1
    return requests[at]
end


if options.pause then
    local pause = tonumber(options.pause)

    function delay()
        return pause
    end
end
