-- Agents take any body as it is.
local function call_key()
  return CALL
end
