-- Load on a running service: clients that send one small crop after the other.
--
--   checkstate serve --workers 2 &
--   wrk --threads 1 --connections 64 --duration 60s --timeout 10s --latency \
--     --script deploy/load.lua http://127.0.0.1:8000

local head = '--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n'
  .. "Content-Type: image/png\r\n\r\n"
local headers = { ["Content-Type"] = "multipart/form-data; boundary=x" }
local requests, turn = {}, 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  local listing = io.popen("ls data/starter/*/*.png")
  for path in listing:lines() do
    local file = io.open(path, "rb")
    local body = head .. file:read("*a") .. "\r\n--x--\r\n"
    table.insert(requests, wrk.format("POST", "/predict", headers, body))
    file:close()
  end
  listing:close()
  served, busy, failed = 0, 0, 0
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function response(status)
  if status == 200 then
    served = served + 1
  elseif status == 503 then
    busy = busy + 1
  else
    failed = failed + 1
  end
end

function done(_, latency)
  local sums = { served = 0, busy = 0, failed = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do
      sums[name] = sums[name] + thread:get(name)
    end
  end
  print(string.format("200: %d, 503: %d, other: %d, p99: %.1f ms",
    sums.served, sums.busy, sums.failed, latency:percentile(99) / 1000))
end
