"""One package for each language an API speaks, as `chat.dialect` describes it. They know `chat` and `framing` only."""
