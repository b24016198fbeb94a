-- The "model" part of a multipart/form-data body: audio and image uploads carry it there.

local function boundary_of(content_type)
  if not content_type or not content_type:lower():find("^%s*multipart/form%-data") then return nil end
  local from = select(2, content_type:lower():find(";%s*boundary="))
  if not from then return nil end
  return content_type:match('^"([^"]+)"', from + 1) or content_type:match("^([^;%s]+)", from + 1)
end

local function part_name(head)
  for line in head:gmatch("[^\r\n]+") do
    if line:lower():find("^content%-disposition%s*:") then
      return line:match(';%s*[nN][aA][mM][eE]="([^"]*)"') or line:match(';%s*[nN][aA][mM][eE]=([^;%s"]+)')
    end
  end
end

-- First and last character of every model part's content, and where the first part begins; nil without parts.
local function model_parts(s, boundary)
  local mark = "--" .. boundary
  local start = s:find(mark, 1, true)
  local opening, spans = start, {}
  while start do
    local head_from = select(2, s:find("^[ \t]*\r?\n", start + #mark))
    if not head_from then break end
    local stop = s:find("\r\n" .. mark, head_from, true)
    if not stop then break end
    local _, head_to = s:find("\r\n\r\n", head_from, true)
    if head_to and head_to < stop and part_name(s:sub(head_from + 1, head_to)) == "model" then
      spans[#spans + 1] = { head_to + 1, stop - 1 }
    end
    start = stop + 2
  end
  return opening and spans, opening
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
