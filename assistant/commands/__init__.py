"""The commands of `luciole`, one a file, loaded by name from `assistant.cli`: arguments in, events shown."""
