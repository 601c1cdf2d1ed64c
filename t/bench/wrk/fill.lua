-- Starts flows: a subject of its own for each request, u<from> and upwards.
-- Ends by itself when option "count" of them have been sent; until wrk sees
-- that, the last one asks again.

local ffi = require "ffi"

dofile(os.getenv("IDV_TOP") .. "/t/bench/wrk/load.lua")

ffi.cdef "int getpid(void); int kill(int pid, int signal);"

local SIGINT = 2
local subject = tonumber(options.from)
local last = subject + tonumber(options.count) - 1
local before, after


function init(args)
    wrk.headers["X-User"] = "@"

    before, after = wrk.format():match("^(.*X%-User: )@(.*)$")
end


function request()
    local now = subject

    if subject < last then
        subject = subject + 1

    else
        ffi.C.kill(ffi.C.getpid(), SIGINT)
    end

    return before .. "u" .. now .. after
end
