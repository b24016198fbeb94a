-- The provider's own path.
local function encoded(text)
  return (text:gsub("[^%w%-%._~]", function(c) return string.format("%%%02X", c:byte()) end))
end

-- The provider's query first; then what the client sent under other names.
local function merged(own, sent)
  if own == "" then return sent end
  local taken, parts = {}, { own }
  for name in own:gmatch("([^&=]+)[^&]*") do taken[name] = true end
  for part in sent:gmatch("[^&]+") do
    if not taken[part:match("^[^=]*")] then parts[#parts + 1] = part end
  end
  return table.concat(parts, "&")
end

local function set_path(handle, model)
  local path, sent = client_path(handle):match("^([^?]*)%??(.*)$")
  local target = PATHS[path] or PATHS[handle:streamInfo():filterState():get("plano.path")]
  if not target then return end
  local text = target[1]:gsub("{model}", function() return encoded(model or "") end)
  local query = merged(target[2], sent)
  handle:headers():replace(":path", query == "" and text or text .. "?" .. query)
end
