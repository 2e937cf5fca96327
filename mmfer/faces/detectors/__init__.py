"""Face detectors by name; see ``docs/faces.md`` for what each needs and its licences."""
