-- Sets the top-level "model" of a JSON object and leaves every other byte as it is.

local function quoted(text)
  local plain = text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", byte(c)) end)
  return '"' .. plain .. '"'
end

-- The body with the model set, or nil when nothing has to change or the body is not a JSON object.
local function with_json_model(s, model)
  local spans, opening = model_values(s)
  if not spans then return nil end
  local value = quoted(model)
  if #spans == 0 then
    local _, c = skip(s, opening + 1)
    return sub(s, 1, opening) .. '"model":' .. value .. (c ~= 125 and "," or "") .. sub(s, opening + 1)
  end
  local pieces, at = {}, 1
  for k = 1, #spans, 2 do
    pieces[#pieces + 1] = sub(s, at, spans[k] - 1)
    pieces[#pieces + 1] = value
    at = spans[k + 1] + 1
  end
  pieces[#pieces + 1] = sub(s, at)
  local changed = table.concat(pieces)
  return changed ~= s and changed or nil
end
