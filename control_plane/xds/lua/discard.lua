-- Lets a body pass without its bytes.
function envoy_on_request(handle)
  for chunk in handle:bodyChunks() do chunk:setBytes("") end
end
