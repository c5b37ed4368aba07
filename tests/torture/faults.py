"""All faults, in the order of the table."""

from importlib import import_module

MODULES = (
    *("killed_steps", "killed_workers", "damaged_files", "damaged_records", "harmed_queues", "disks", "processes"),
    *("command_lines", "foreign_files", "addresses"),
)


def load_faults() -> None:
    """Register the faults of all modules."""
    for name in MODULES:
        import_module(f"tests.torture.{name}")
