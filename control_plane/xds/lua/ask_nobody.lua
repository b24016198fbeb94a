-- Nothing on this listener needs a decision.
local function decided_key(_, _, key) return key end
