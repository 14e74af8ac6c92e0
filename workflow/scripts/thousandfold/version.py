"""Which release this is. In no recipe: a new number alone trains nothing again."""

VERSION = "0.2.0"
