"""The models that are there: what each is, what it needs, and how one comes, goes or gets another name."""
