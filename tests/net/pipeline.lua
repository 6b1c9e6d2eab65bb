-- SPDX-License-Identifier: BSD-3-Clause
-- Copyright (c) The Tidegate Authors
--
-- wrk: requests of two pages by turns, eight at once. One connection for each thread, so that
-- its answers must come by turns, too.
local threads = {}
local expected = { "/hello", "/healthz" }
local marks = { "behind the gate", "ok" }

function setup(thread)
    table.insert(threads, thread)
end

function init()
    local r = {}
    for i = 1, 8 do
        r[i] = wrk.format("GET", expected[(i - 1) % 2 + 1])
    end
    batch = table.concat(r)
    answers, wrong = 0, 0
end

function request()
    return batch
end

function response(status, headers, body)
    if status ~= 200 or not body:find(marks[answers % 2 + 1], 1, true) then
        wrong = wrong + 1
    end
    answers = answers + 1
end

function done(summary, latency, requests)
    local total, bad = 0, 0
    for _, thread in ipairs(threads) do
        total = total + thread:get("answers")
        bad = bad + thread:get("wrong")
    end
    local e = summary.errors
    io.write(string.format("answers %d wrong %d errors %d\n", total, bad,
        e.connect + e.read + e.write + e.timeout + e.status))
end
