-- The caller's own key, in the header this provider reads.
local function pass_caller_key(handle)
  local client = handle:streamInfo():dynamicMetadata():get("plano.client")
  if not client then return end
  local bearer = client["authorization"] and client["authorization"]:match("^[Bb][Ee][Aa][Rr][Ee][Rr]%s+(.+)$")
  local key = bearer or client["authorization"] or client["x-api-key"] or client["x-goog-api-key"]
  if key then handle:headers():replace(KEY_HEADER, KEY_PREFIX .. key) end
end
