"""The nouns: what users wrote, as frozen structs, one file per family.

A resource is a `Resource`: an envelope (`id`, `account`, `region`) and the fields of AWS's own document, which is what
`document()` gives. It says of itself which names must be unique, which other resources it holds on to (they cannot be deleted
while it exists) and under which values it wants to be found. Nothing here reads a clock or makes an id.
"""
