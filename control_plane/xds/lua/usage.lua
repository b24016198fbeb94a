-- Token counts of an answer, whole or streamed, from its first and last few kilobytes. Holds nothing back: every chunk
-- goes on as it comes. A count quoted inside generated text cannot be mistaken: its quotes are escaped there.

local HEAD_BYTES, TAIL_BYTES = 2048, 4096
local COUNTS = {
  input = { '"prompt_tokens', '"input_tokens' },
  output = { '"completion_tokens', '"output_tokens' },
  cached = { '"cached_tokens', '"cache_read_input_tokens' },
}

-- The number after the last of a name's occurrences.
local function last_count(text, names)
  for _, name in ipairs(names) do
    local at, found = 1, nil
    while true do
      local from, to = text:find(name, at, true)
      if not from then break end
      found = text:match('^"%s*:%s*(%d+)', to + 1) or found
      at = to + 1
    end
    if found then return tonumber(found) end
  end
end

local function record(handle, head, tail)
  local metadata = handle:streamInfo():dynamicMetadata()
  for key, names in pairs(COUNTS) do
    local count = last_count(tail, names) or last_count(head, names)
    if count then metadata:set("ai.usage", key, count) end
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if headers:get(":status") ~= "200" or headers:get("content-encoding") then return end
  local kind = headers:get("content-type") or ""
  if not kind:find("json", 1, true) and not kind:find("event-stream", 1, true) then return end
  local head, tail = "", ""
  for chunk in handle:bodyChunks() do
    local size = chunk:length()
    if #head < HEAD_BYTES then head = head .. chunk:getBytes(0, math.min(size, HEAD_BYTES - #head)) end
    local last = math.min(size, TAIL_BYTES)
    tail = (tail .. chunk:getBytes(size - last, last)):sub(-TAIL_BYTES)
  end
  if tail:find("_tokens", 1, true) or head:find("_tokens", 1, true) then record(handle, head, tail) end
end
