-- What routing reads, in filter state: the path, one key to look up, and the model for the log. The first character of
-- a key says what it is, and clients only choose what comes after the MODEL mark.
local function unescaped_path(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The call whose path names its model, and the model: Gemini's clients send /v1beta/models/NAME:METHOD.
local function named_in_path(path)
  local model, method = path:match("^/v1[%w]*/models/(.+):(%a+)$")
  if not model then return nil end
  local template = "/v1beta/models/{model}:" .. method
  if TEMPLATES[template] then return template, unescaped_path(model) end
end

-- One row of the models page.
local function listed_key(path, state)
  local name = path:sub(1, #PAGE_OF_ONE) == PAGE_OF_ONE and unescaped_path(path:sub(#PAGE_OF_ONE + 1))
  if not name or name == "" then return UNKNOWN_PATH end
  state:set("plano.model", "envoy.string", name)
  local owner = OWNERS[name]
  if not owner then return UNKNOWN_MODEL end
  state:set("plano.owner", "envoy.string", owner)
  return PAGE_OF_ONE
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path") or ""
  local query = path:find("?", 1, true)
  if query then path = path:sub(1, query - 1) end
  local kind = PATHS[path]
  local key, model, text, preferences, named
  if not kind then
    local template
    template, named = named_in_path(path)
    if template then path, kind = template, "call" end
  end
  if kind == "call" then
    if headers:get(":method") == "POST" then
      key, model, text, preferences = call_key(handle, named)
      key = decided_key(handle, path, key, model, text, preferences)
    else
      key = WRONG_METHOD
    end
  end
  local state = handle:streamInfo():filterState()
  if not kind then key = listed_key(path, state) end
  state:set("plano.path", "envoy.string", path)
  if model then state:set("plano.model", "envoy.string", model) end
  state:set("plano.key", "envoy.string", key or path)
  handle:clearRouteCache()
end
