"""Tables as text."""

from .csv_export import to_csv
from .xml_export import to_xml

__all__ = ["to_csv", "to_xml"]
