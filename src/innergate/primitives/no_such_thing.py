"""What the operator named does not exist."""


class NoSuchThing(LookupError):
    """The message is for a person, and lists what there is. No KeyError or IndexError of our own is one."""
