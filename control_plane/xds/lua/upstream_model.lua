-- The model this attempt asks for: the route says it per cluster, or says which prefix to take off the client's name.
local function asked_model(handle)
  return handle:streamInfo():filterState():get("plano.model")
end

local function target_model(handle)
  local route = handle:metadata()
  local models = route:get("models")
  if models and models[CLUSTER] then return models[CLUSTER] end
  local strip = route:get("strip")
  local prefix = strip and strip[CLUSTER]
  local asked = prefix and asked_model(handle)
  if asked and asked:sub(1, #prefix) == prefix then return asked:sub(#prefix + 1) end
end
