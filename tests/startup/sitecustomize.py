"""Python runs this file at the start of every program that tests start."""

from tests.listed import count_few_images_as_listed

count_few_images_as_listed()
