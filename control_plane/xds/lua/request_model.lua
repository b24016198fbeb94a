-- The model of a request, whatever kind of body it has: "" where none is named, nil where the body cannot be read.
local function is_json(content_type)
  if not content_type or content_type == "application/json" then return true end
  -- Two headers of this name may arrive as one with a comma; then the provider might follow the other one.
  local kind, rest = content_type:lower():match("^%s*application/([%w%.%+%-]+)%s*([^,]*)$")
  return kind and (kind == "json" or kind:sub(-5) == "+json") and (rest == "" or rest:byte() == 59)
end

local function model_of(content_type, text)
  if is_json(content_type) then return json_model(text) end
  local boundary = boundary_of(content_type)
  return boundary and form_model(text, boundary)
end

-- What routing looks up for a call, the model as the client spelt it, the body, and whether it has routing preferences.
-- `named`: the model, where the path says it; what the body says then is the provider's business.
local function call_key(handle, named)
  local body = handle:body()
  local text = body and body:getBytes(0, body:length())
  -- Of two content types the provider might follow the other one.
  local plain = handle:headers():getNumValues("content-type") < 2
  local model, preferences
  if text and plain then model, preferences = model_of(handle:headers():get("content-type"), text) end
  if not model then return INVALID end
  if named then return MODEL .. named, named, text, false end
  if model == "" then return MISSING, nil, text, preferences end
  return MODEL .. model, model, text, preferences
end
