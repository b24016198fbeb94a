"""How the encoder and the judgement of `router_model.embedded` were made. Never imported at run time; needs torch."""
