-- An attempt that the sidecar translates: told whom it is for and which model; the client's own path is put back, since
-- attempts share one header map.
local function address_sidecar(handle)
  local headers = handle:headers()
  headers:replace(ACCOUNT_HEADER, ACCOUNT)
  headers:replace(MODEL_HEADER, target_model(handle) or asked_model(handle) or "")
  local idle = handle:metadata():get("idle")
  if idle then headers:replace(IDLE_HEADER, idle) end
  headers:replace(":path", client_path(handle))
end
