"""The sections of the page, a module each; the template of the same name shows it."""
