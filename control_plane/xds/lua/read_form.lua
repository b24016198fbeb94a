-- Downstream, multipart bodies only: the model of the form, where routing looks for it.
function envoy_on_request(handle)
  local boundary = boundary_of(handle:headers():get("content-type"))
  local body = boundary and handle:body()
  local model = body and form_model(body:getBytes(0, body:length()), boundary)
  handle:streamInfo():dynamicMetadata():set("ai.request", "model", model or "__missing__")
end
