"""How well a router chooses: data sets with frozen splits and seeds in, one report out. Not part of the product."""
