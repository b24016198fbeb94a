-- The model this attempt asks for: the route says it per cluster, or says which prefix to take off the client's name.
local function asked_model(handle)
  return handle:streamInfo():filterState():get("plano.model")
end

-- A decision names a model for each attempt in turn; the last one serves all that follow.
local function decided_model(handle)
  local metadata = handle:streamInfo():dynamicMetadata()
  local decision = metadata:get("plano.decision")
  local models = decision and decision["models"]
  if not models then return nil end
  local counted = metadata:get("plano.tried")
  local attempt = (counted and counted["attempts"] or 0) + 1
  metadata:set("plano.tried", "attempts", attempt)
  return models[math.min(attempt, #models)]
end

local function target_model(handle)
  local decided = decided_model(handle)
  if decided then return decided end
  local route = handle:metadata()
  local models = route:get("models")
  if models and models[CLUSTER] then return models[CLUSTER] end
  local strip = route:get("strip")
  local prefix = strip and strip[CLUSTER]
  local asked = prefix and asked_model(handle)
  if asked and asked:sub(1, #prefix) == prefix then return asked:sub(#prefix + 1) end
end
