"""``make bench``: ratios against a floor that runs beside them, printed and kept in
``docs/benchmarks.md``. Absolute figures are only good on the machine that made them."""
