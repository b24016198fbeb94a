-- Who calls: a known key or a token jwt_authn has accepted. Keys come from the environment, and a missing one stops
-- Envoy from starting: better closed than open.
local CALLERS = {}
for variable, caller in pairs(VARIABLES) do
  local key = os.getenv(variable)
  if not key or key == "" then error("the environment variable " .. variable .. " is not set") end
  CALLERS[key] = caller
end

local function bearer(value)
  return value and (value:match("^[Bb][Ee][Aa][Rr][Ee][Rr]%s+(.+)$") or value)
end

-- The caller whose key this header carries; the header goes no further.
local function by_key(headers, name)
  local caller = CALLERS[bearer(headers:get(name))]
  if caller then headers:remove(name) end
  return caller
end

local function by_token(handle)
  local accepted = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.jwt_authn")
  for name, claim in pairs(CLAIMS) do
    local token = accepted and accepted[name]
    if token then return tostring(token[claim[1]] or name), claim[2] end
  end
end

local function caller_of(handle)
  local headers = handle:headers()
  for _, name in ipairs(HEADERS) do
    local caller = by_key(headers, name)
    if caller then return caller end
  end
  return by_token(handle)
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local method, path = headers:get(":method"), headers:get(":path")
  if method == "OPTIONS" or path:match("^[^?]*") == "/healthz" then return end
  local caller, issuer = caller_of(handle)
  if not caller then
    handle:respond({ [":status"] = "401" }, "")
    return
  end
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set("plano.caller", "id", caller)
  metadata:set("plano.caller", "kind", issuer and "token:" .. issuer or "key:" .. caller)
end
