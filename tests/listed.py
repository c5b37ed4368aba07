"""In tests, the contents of `few_images` count as listed, so that runs on them are called what users see."""

from engine.data.catalog import Contents, DatasetSpec

FEW_IMAGES = Contents("1d726982111b8242", "9c0d9de58a0cbe14")


def count_few_images_as_listed() -> None:
    """Change `DatasetSpec.is_listed` in this process."""
    is_listed = DatasetSpec.is_listed
    DatasetSpec.is_listed = lambda spec, found: found == FEW_IMAGES or is_listed(spec, found)
