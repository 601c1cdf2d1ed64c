-- The gate's check as one would write it for the Lua module: a signed cookie
-- with a JSON record, bound to provider, host, subject and policy, with an
-- idle and an absolute lifetime, revocations in a shared dict and a counter.

local cjson = require "cjson.safe"
local ngx = ngx
local hmac = ngx.hmac_sha1
local b64 = require("ngx.base64").decode_base64url

local key = assert(io.open(ngx.config.prefix() .. "session.key")):read("*a")
local revoked = ngx.shared.revoked
local counters = ngx.shared.counters

local POLICY = "00000000-0000-0000-0000-000000000000"
local LIFETIME, IDLE, SKEW = 8 * 3600, 3600, 60


-- all bytes are looked at, whatever they are

local function equal(a, b)
    if #a ~= #b then
        return false
    end

    local diff = 0

    for i = 1, #a do
        diff = bit.bor(diff, bit.bxor(a:byte(i), b:byte(i)))
    end

    return diff == 0
end


local function session(text, subject)
    local payload, mac = text:match("^([%w_-]+)%.([%w_-]+)$")

    if not payload then
        return nil
    end

    mac = b64(mac)

    if not mac or not equal(mac, hmac(key, payload)) then
        return nil
    end

    local s = cjson.decode(b64(payload) or "")

    if not s or s.version ~= 1 or s.provider ~= "local"
       or s.host ~= ngx.var.host
    then
        return nil
    end

    local now = ngx.time()

    if s.issued > now + SKEW or s.seen > now + SKEW
       or now >= s.expires or now - s.issued >= LIFETIME
       or now - s.seen >= IDLE
    then
        return nil
    end

    if s.subject ~= subject or s.policy ~= POLICY then
        return nil
    end

    local before = revoked:get(s.id) or revoked:get(s.subject)

    if before and s.issued < before then
        return nil
    end

    return s
end


local _M = {}


function _M.check()
    local subject = ngx.var.http_x_user
    local text = ngx.var.cookie_session

    if not subject or subject == "" or not text
       or not session(text, subject)
    then
        counters:incr("refused", 1, 0)
        return ngx.exit(403)
    end

    counters:incr("admitted", 1, 0)
end


return _M
