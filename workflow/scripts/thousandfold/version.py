"""Which release this is. It is in no recipe: a new number alone retrains nothing."""

VERSION = "0.2.0"
