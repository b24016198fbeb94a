-- The provider's own interface, whose calls end with a colon and a method, takes the key in a header of its own.
function envoy_on_request(handle)
  local headers = handle:headers()
  if not headers:get(":path"):match("^[^?]*:%a+$") and not headers:get(":path"):match("^[^?]*:%a+%?") then return end
  local key = headers:get(KEY_HEADER)
  if not key then return end
  headers:remove(KEY_HEADER)
  headers:replace(OWN_HEADER, key:sub(1, #KEY_PREFIX) == KEY_PREFIX and key:sub(#KEY_PREFIX + 1) or key)
end
