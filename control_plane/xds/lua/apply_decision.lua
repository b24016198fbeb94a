-- What the sidecar decided becomes the key that routing looks up. Without an answer the listener's fallback holds:
-- FALLBACK, or with none the key of the request itself. The body is dropped: an answer may take long to stream.
function envoy_on_request(handle)
  local info = handle:streamInfo()
  local metadata, state = info:dynamicMetadata(), info:filterState()
  local request, decision = metadata:get("plano.request"), metadata:get("plano.decision")
  local key = decision and decision["key"]
  if not key then
    key = FALLBACK or request["key"]
    metadata:set("plano.decision", "why", "sidecar_failed")
    metadata:set("plano.decision", "choice", "-")
    metadata:set("plano.decision", "us", "0")
  end
  if decision and decision["retries"] then
    handle:headers():replace("x-envoy-max-retries", decision["retries"])
  end
  -- A body the sidecar replaced comes without its length, and not every server understands chunks.
  if decision and decision["bytes"] then handle:headers():replace("content-length", decision["bytes"]) end
  metadata:set("plano.request", "body", "")
  state:set("plano.key", "envoy.string", key)
  handle:clearRouteCache()
end
