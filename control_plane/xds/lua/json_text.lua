-- The text a JSON string stands for: escapes decoded, and nothing in it that no JSON reader would accept.

local ESCAPED = {
  ['"'] = '"',
  ["\\"] = "\\",
  ["/"] = "/",
  b = "\b",
  f = "\f",
  n = "\n",
  r = "\r",
  t = "\t",
}
local SEQUENCES = {
  "^[\194-\223][\128-\191]",
  "^\224[\160-\191][\128-\191]",
  "^[\225-\236\238\239][\128-\191][\128-\191]",
  "^\237[\128-\159][\128-\191]",
  "^\240[\144-\191][\128-\191][\128-\191]",
  "^[\241-\243][\128-\191][\128-\191][\128-\191]",
  "^\244[\128-\143][\128-\191][\128-\191]",
}

local function code_at(s, i)
  local hex = s:match("^\\u(%x%x%x%x)", i)
  return hex and tonumber(hex, 16)
end

local function utf8(code)
  local char, floor = string.char, math.floor
  if code < 0x80 then return char(code) end
  if code < 0x800 then return char(0xC0 + floor(code / 64), 0x80 + code % 64) end
  local tail = char(0x80 + floor(code / 64) % 64, 0x80 + code % 64)
  if code < 0x10000 then return char(0xE0 + floor(code / 4096)) .. tail end
  return char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64) .. tail
end

-- The character an escape at i stands for, and where it ends; half a surrogate pair stands for none.
local function unescaped(s, i)
  local plain = ESCAPED[sub(s, i + 1, i + 1)]
  if plain then return plain, i + 1 end
  local code = code_at(s, i)
  if not code or (code >= 0xDC00 and code <= 0xDFFF) then return nil end
  if code < 0xD800 or code > 0xDBFF then return utf8(code), i + 5 end
  local low = code_at(s, i + 6)
  if not low or low < 0xDC00 or low > 0xDFFF then return nil end
  return utf8(0x10000 + (code - 0xD800) * 1024 + low - 0xDC00), i + 11
end

local function sequence_end(s, i)
  for _, pattern in ipairs(SEQUENCES) do
    local _, stop = find(s, pattern, i)
    if stop then return stop end
  end
end

local function is_simple(s)
  for i = 1, #s do
    local c = byte(s, i)
    if c < 32 or c == 92 or c > 126 then return false end
  end
  return true
end

-- `raw` is what stands between the quotes. nil when it is not text.
local function decoded(raw)
  if is_simple(raw) then return raw end
  local pieces, i = {}, 1
  while i <= #raw do
    local c, piece, stop = byte(raw, i), nil, i
    if c == 92 then
      piece, stop = unescaped(raw, i)
    elseif c >= 128 then
      stop = sequence_end(raw, i)
      piece = stop and sub(raw, i, stop)
    elseif c >= 32 then
      piece = sub(raw, i, i)
    end
    if not piece then return nil end
    pieces[#pieces + 1] = piece
    i = stop + 1
  end
  return table.concat(pieces)
end

-- The model a JSON object names: "" where it names none (absent, null, empty), and whether the object has routing
-- preferences. nil when the text is no JSON object, the
-- model is no text, or two members give it different values: the provider might read the other one.
local function json_model(s)
  local spans, _, preferences = model_values(s)
  if not spans then return nil end
  local model
  for k = 1, #spans, 2 do
    local first, last = spans[k], spans[k + 1]
    local value
    if byte(s, first) == 34 then value = decoded(sub(s, first + 1, last - 1)) end
    if sub(s, first, last) == "null" then value = "" end
    if not value or (model and model ~= value) then return nil end
    model = value
  end
  return model or "", preferences
end
