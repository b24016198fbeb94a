-- Where the top-level "model" values of a JSON object are. The whole structure is checked in one pass: nesting, commas,
-- colons, literals, numbers, the ends of strings. What strings contain is the provider's business. Written as plain
-- loops over bytes because patterns are not compiled and would cost more than all the rest.

local find, byte, sub = string.find, string.byte, string.sub
local MAX_DEPTH = 512
local open = {}

-- The closing quote of the string that opens at i: a quote after an even number of backslashes.
local function string_end(s, i)
  local quote = i
  while true do
    quote = find(s, '"', quote + 1, true)
    if not quote then return nil end
    local before = quote - 1
    while byte(s, before) == 92 do before = before - 1 end
    if (quote - before) % 2 == 1 then return quote end
  end
end

-- The first place from i on that is not white space, and its byte.
local function skip(s, i)
  local c = byte(s, i)
  while c == 32 or c == 10 or c == 13 or c == 9 do
    i = i + 1
    c = byte(s, i)
  end
  return i, c
end

local function after_digits(s, i)
  local c = byte(s, i)
  while c and c >= 48 and c <= 57 do
    i = i + 1
    c = byte(s, i)
  end
  return i, c
end

local function number_end(s, i, c)
  if c == 45 then
    i = i + 1
    c = byte(s, i)
  end
  local stop, n = after_digits(s, i)
  if stop == i or (c == 48 and stop > i + 1) then return nil end
  if n == 46 then
    i = stop + 1
    stop, n = after_digits(s, i)
    if stop == i then return nil end
  end
  if n == 101 or n == 69 then
    i = stop + 1
    n = byte(s, i)
    if n == 43 or n == 45 then i = i + 1 end
    stop = after_digits(s, i)
    if stop == i then return nil end
  end
  return stop - 1
end

-- The last character of the string, literal or number that starts at i with the byte c; nil when it is none of these.
local function scalar_end(s, i, c)
  if c == 34 then return string_end(s, i) end
  if c == 116 then return sub(s, i, i + 3) == "true" and i + 3 or nil end
  if c == 102 then return sub(s, i, i + 4) == "false" and i + 4 or nil end
  if c == 110 then return sub(s, i, i + 3) == "null" and i + 3 or nil end
  return number_end(s, i, c)
end

-- Whether the key between its quotes spells "model", escapes included, in capitals or not: some providers' JSON readers
-- make no difference there, so the gateway must not either.
local function is_model(s, first, last)
  local size = last - first + 1
  if size == 5 then return sub(s, first, last):lower() == "model" end
  if size < 10 or size > 30 then return false end
  local raw = sub(s, first, last)
  if not find(raw, "\\u00", 1, true) then return false end
  return raw:gsub("\\u00(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end):lower() == "model"
end

-- Whether the key between its quotes brings routing preferences along; as Plano's clients spell it, nothing else.
local function is_preferences(s, first, last)
  local size = last - first + 1
  if size == 19 then return sub(s, first, last) == "routing_preferences" end
  return size == 14 and sub(s, first, last) == "routing_policy"
end

-- First and last character of every top-level "model" value (flat: first, last, first, last), where the object opens,
-- and whether it has routing preferences; nil when the text is not one JSON object.
local function model_values(s)
  local i, c = skip(s, sub(s, 1, 3) == "\239\187\191" and 4 or 1)
  if c ~= 123 then return nil end
  local opening, spans, model_from, preferences, depth, kind = i, {}, nil, false, 0, 0
  while true do
    -- A value starts at i with the byte c.
    local opened = c == 123 or c == 91
    if opened then
      if depth == MAX_DEPTH then return nil end
      depth, kind = depth + 1, c
      open[depth] = c
      i, c = skip(s, i + 1)
    else
      i = scalar_end(s, i, c)
      if not i then return nil end
      if model_from and depth == 1 then
        spans[#spans + 1], spans[#spans + 2] = model_from, i
        model_from = nil
      end
      i, c = skip(s, i + 1)
    end
    -- Its container, or the container it opened empty, may end here; { and [ are two below their closing bytes.
    while c == kind + 2 do
      opened, depth = false, depth - 1
      if depth == 0 then
        i, c = skip(s, i + 1)
        if c then return nil end
        return spans, opening, preferences
      end
      if model_from and depth == 1 then
        spans[#spans + 1], spans[#spans + 2] = model_from, i
        model_from = nil
      end
      kind = open[depth]
      i, c = skip(s, i + 1)
    end
    if not opened then
      if c ~= 44 then return nil end
      i, c = skip(s, i + 1)
    end
    if kind == 123 then
      if c ~= 34 then return nil end
      local quote = string_end(s, i)
      if not quote then return nil end
      local names_model = depth == 1 and is_model(s, i + 1, quote - 1)
      if depth == 1 and is_preferences(s, i + 1, quote - 1) then preferences = true end
      i, c = skip(s, quote + 1)
      if c ~= 58 then return nil end
      i, c = skip(s, i + 1)
      if names_model then model_from = i end
    end
  end
end
