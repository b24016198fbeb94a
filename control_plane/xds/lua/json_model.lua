-- Sets the top-level "model" of a JSON object and leaves every other byte as it is.

local find, byte, sub = string.find, string.byte, string.sub
local QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST = 34, 92, 123, 125, 91
local COMMA, COLON = 44, 58

local function after_space(s, i)
  return find(s, "[^ \t\r\n]", i) or #s + 1
end

-- The closing quote of the string whose first character is at i: a quote after an even number of backslashes.
local function closing_quote(s, i)
  while true do
    local q = find(s, '"', i, true)
    if not q then return nil end
    local before = q - 1
    while byte(s, before) == BACKSLASH do before = before - 1 end
    if (q - before) % 2 == 1 then return q end
    i = q + 1
  end
end

-- The last character of the value that starts at i, or nil.
local function value_end(s, i)
  local c = byte(s, i)
  if c == QUOTE then return closing_quote(s, i + 1) end
  if c ~= OPEN_OBJECT and c ~= OPEN_LIST then
    local stop = find(s, "[,}%] \t\r\n]", i)
    return stop and stop > i and stop - 1 or nil
  end
  local depth = 0
  while true do
    i = find(s, '["{}%[%]]', i)
    if not i then return nil end
    c = byte(s, i)
    if c == QUOTE then
      i = closing_quote(s, i + 1)
      if not i then return nil end
    elseif c == OPEN_OBJECT or c == OPEN_LIST then
      depth = depth + 1
    else
      depth = depth - 1
      if depth == 0 then return i end
    end
    i = i + 1
  end
end

-- Whether a key's raw text, between its quotes, spells "model", escapes included.
local function is_model(raw)
  if raw == "model" then return true end
  if not find(raw, "\\", 1, true) then return false end
  return raw:gsub("\\u00(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end) == "model"
end

local function quoted(text)
  local plain = text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", byte(c)) end)
  return '"' .. plain .. '"'
end

-- First and last character of every top-level "model" value, and where the object opens; nil when it is no object.
local function model_values(s)
  local i = after_space(s, sub(s, 1, 3) == "\239\187\191" and 4 or 1)
  if byte(s, i) ~= OPEN_OBJECT then return nil end
  local open, spans = i, {}
  i = after_space(s, i + 1)
  while byte(s, i) == QUOTE do
    local key_end = closing_quote(s, i + 1)
    if not key_end then return nil end
    local colon = after_space(s, key_end + 1)
    if byte(s, colon) ~= COLON then return nil end
    local first = after_space(s, colon + 1)
    local last = value_end(s, first)
    if not last then return nil end
    if is_model(sub(s, i + 1, key_end - 1)) then spans[#spans + 1] = { first, last } end
    i = after_space(s, last + 1)
    if byte(s, i) ~= COMMA then break end
    i = after_space(s, i + 1)
  end
  if byte(s, i) ~= CLOSE_OBJECT then return nil end
  return spans, open
end

-- The body with the model set, or nil when nothing has to change or the body is not a JSON object.
local function with_json_model(s, model)
  local spans, open = model_values(s)
  if not spans then return nil end
  local value = quoted(model)
  if #spans == 0 then
    local more = byte(s, after_space(s, open + 1)) ~= CLOSE_OBJECT
    return sub(s, 1, open) .. '"model":' .. value .. (more and "," or "") .. sub(s, open + 1)
  end
  local pieces, at = {}, 1
  for _, span in ipairs(spans) do
    pieces[#pieces + 1] = sub(s, at, span[1] - 1)
    pieces[#pieces + 1] = value
    at = span[2] + 1
  end
  pieces[#pieces + 1] = sub(s, at)
  local changed = table.concat(pieces)
  return changed ~= s and changed or nil
end
