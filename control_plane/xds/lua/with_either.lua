local function with_model(text, content_type, model)
  local boundary = boundary_of(content_type)
  if boundary then return with_form_model(text, boundary, model) end
  return with_json_model(text, model)
end
