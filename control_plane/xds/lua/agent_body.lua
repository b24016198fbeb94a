-- Several agents: the sidecar reads the body and says which one.
local function call_key(handle)
  local body = handle:body()
  return CALL, nil, body and body:getBytes(0, body:length()) or "", false
end
