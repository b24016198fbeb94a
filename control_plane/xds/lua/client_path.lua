-- The client's path, kept from before the first attempt: attempts share one header map.
local function client_path(handle)
  local metadata = handle:streamInfo():dynamicMetadata()
  local kept = metadata:get("plano.client_path")
  if kept then return kept["path"] end
  local path = handle:headers():get(":path")
  metadata:set("plano.client_path", "path", path)
  return path
end
