-- Starts flows: a subject of its own for each request, u<from> and upwards.
-- Stops by itself when option "count" of them have been answered.

dofile(os.getenv("IDV_TOP") .. "/t/bench/wrk/load.lua")

local next_subject = tonumber(options.from)
local last = next_subject + tonumber(options.count)
local before, after


function init(args)
    wrk.headers["X-User"] = "@"

    before, after = wrk.format():match("^(.*X%-User: )@(.*)$")
end


function request()
    if next_subject == last then
        wrk.thread:stop()
    end

    next_subject = next_subject + 1

    return before .. "u" .. (next_subject - 1) .. after
end
