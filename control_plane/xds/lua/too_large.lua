-- In the place of the reader: there is no body to read, and those who look at the key see a refusal.
function envoy_on_request(handle)
  handle:streamInfo():filterState():set("plano.key", "envoy.string", KEY)
end
