-- The "model" part of a multipart/form-data body: audio and image uploads carry it there.

-- Readers of forms differ over everything unusual, so a form is read strictly or not at all: the provider must not see
-- another model than the gateway.

-- The parameters after a header's first word, names in lower case; nil when they are not written the plain way.
local function parameters(text)
  local found = {}
  while text ~= "" do
    local name, value, rest = text:match('^[ \t]*;[ \t]*([%w%*_-]+)="([^"\\%c]*)"[ \t]*(.*)$')
    if not name then name, value, rest = text:match('^[ \t]*;[ \t]*([%w%*_-]+)=([^;,"\\%s%c]+)[ \t]*(.*)$') end
    if not name or found[name:lower()] then return nil end
    found[name:lower()], text = value, rest
  end
  return found
end

local function boundary_of(content_type)
  local kind, rest = (content_type or ""):match("^%s*([^;%s]+)%s*(.*)$")
  if not kind or kind:lower() ~= "multipart/form-data" then return nil end
  local found = parameters(rest)
  return found and not found["boundary*"] and found.boundary ~= "" and found.boundary or nil
end

-- What a part says of itself, header names in lower case; nil when a line is odd or given twice.
local function part_headers(head)
  local found = {}
  for line in (head .. "\r\n"):gmatch("(.-)\r\n") do
    local name, value = line:match("^([^%s:]+):[ \t]*(.-)[ \t]*$")
    if not name or value:find("%c") or found[name:lower()] then return nil end
    found[name:lower()] = value
  end
  return found
end

-- Whether the part with this head is the model; nil when it cannot be told for sure.
local function is_model_part(head)
  local headers = part_headers(head)
  local kind, rest = ((headers or {})["content-disposition"] or ""):match("^([%w-]+)[ \t]*(.*)$")
  local found = kind and kind:lower() == "form-data" and parameters(rest)
  if not found or not found.name or found["name*"] then return nil end
  if found.name:lower():gsub("%W", "") ~= "model" then return false end
  if found.name ~= "model" or found.filename or found["filename*"] then return nil end
  return not headers["content-transfer-encoding"] or nil
end

-- First and last character of every model part's content, and where the first part begins; nil when this is no form.
local function model_parts(s, boundary)
  local mark, spans = "--" .. boundary, {}
  if s:sub(1, #mark) ~= mark or s:find("\r" .. mark, 1, true) then return nil end
  local at = #mark + 1
  while s:sub(at, at + 1) == "\r\n" do
    local _, head_to = s:find("\r\n\r\n", at, true)
    local stop = s:find("\n" .. mark, at, true)
    if not head_to or not stop or stop - 1 <= head_to or s:sub(stop - 1, stop - 1) ~= "\r" then return nil end
    local is_model = is_model_part(s:sub(at + 2, head_to - 4))
    if is_model == nil then return nil end
    if is_model then spans[#spans + 1] = { head_to + 1, stop - 2 } end
    at = stop + 1 + #mark
  end
  if not s:find("^%-%-%s*$", at) then return nil end
  return spans, 1
end

-- The model a form names: "" where it names none, nil when this is no form or two parts name different models.
local function form_model(s, boundary)
  local spans = model_parts(s, boundary)
  if not spans then return nil end
  local model
  for _, span in ipairs(spans) do
    local value = s:sub(span[1], span[2])
    if model and model ~= value then return nil end
    model = value
  end
  return model or ""
end

-- The form with the model set, or nil when nothing has to change.
local function with_form_model(s, boundary, model)
  local spans, opening = model_parts(s, boundary)
  if not spans then return nil end
  if #spans == 0 then
    local part = "--" .. boundary .. '\r\nContent-Disposition: form-data; name="model"\r\n\r\n' .. model .. "\r\n"
    return s:sub(1, opening - 1) .. part .. s:sub(opening)
  end
  local pieces, at = {}, 1
  for _, span in ipairs(spans) do
    pieces[#pieces + 1] = s:sub(at, span[1] - 1)
    pieces[#pieces + 1] = model
    at = span[2] + 1
  end
  pieces[#pieces + 1] = s:sub(at)
  local changed = table.concat(pieces)
  return changed ~= s and changed or nil
end
