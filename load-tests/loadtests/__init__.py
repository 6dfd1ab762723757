"""Load tests of Headrace: Python's standard library only, but for `peer`, which runs in a folder of its own."""
