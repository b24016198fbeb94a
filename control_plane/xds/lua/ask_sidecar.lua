-- Calls that need a decision go to the sidecar, together with their body. The key routing would look up without it is
-- kept: where the listener may go on without an answer, that is the one used. Only the sidecar knows the answer to a
-- question, though, and its path is no provider's.

-- Whether the text is UTF-8: anything else cannot be a string of the protocol the sidecar speaks, nor JSON.
local function is_utf8(s)
  local byte, i, size = string.byte, 1, #s
  -- What is plain text goes by in eights: compiled, that takes a fifteenth of the time a pattern takes.
  while i + 7 <= size do
    local a, b, c, d, e, f, g, h = byte(s, i, i + 7)
    if a > 127 or b > 127 or c > 127 or d > 127 or e > 127 or f > 127 or g > 127 or h > 127 then break end
    i = i + 8
  end
  while i <= size do
    local c = byte(s, i)
    if c < 128 then
      i = i + 1
    elseif c < 194 or c > 244 then
      return false
    else
      local second = byte(s, i + 1) or 0
      if second < 128 or second > 191 then return false end
      if (c == 224 and second < 160) or (c == 237 and second > 159) then return false end
      if (c == 240 and second < 144) or (c == 244 and second > 143) then return false end
      local more = c < 224 and 0 or c < 240 and 1 or 2
      for k = 2, 1 + more do
        local next_byte = byte(s, i + k) or 0
        if next_byte < 128 or next_byte > 191 then return false end
      end
      i = i + 2 + more
    end
  end
  return true
end

local function decided_key(handle, path, key, model, text, preferences)
  if not text or not (ALWAYS[path] or (preferences and CHATS[path])) then return key end
  if not is_utf8(text) then return NOT_JSON end
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set("plano.request", "body", text)
  metadata:set("plano.request", "path", path)
  metadata:set("plano.request", "model", model or "")
  metadata:set("plano.request", "key", QUESTIONS[path] and UNANSWERED or key)
  return DECIDE
end
