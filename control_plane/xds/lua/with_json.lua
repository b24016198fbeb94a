local function with_model(text, _, model)
  return with_json_model(text, model)
end
