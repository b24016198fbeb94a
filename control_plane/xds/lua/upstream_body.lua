-- Where the path names the model, the body does not.
local function named_by_path(handle)
  local asked = handle:streamInfo():filterState():get("plano.path")
  return asked and asked:find("{model}", 1, true)
end

-- Every attempt starts from the body the client sent, so nothing of an earlier attempt is left in it.
local function set_model(handle, model)
  if not model or named_by_path(handle) then return end
  local body = handle:body()
  if not body then return end
  local text = body:getBytes(0, body:length())
  local changed = with_model(text, handle:headers():get("content-type"), model)
  if changed then handle:headers():replace("content-length", tostring(body:setBytes(changed))) end
end
